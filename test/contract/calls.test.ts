import type { Recording } from "../unit/support/mocks";
import { CONTAINER, shared } from "../unit/support/mocks";
import { AwsGraph } from "./support/aws-graph";
import type { Deployed } from "./support/deployed";
import { AWS, demoOn } from "./support/deployed";

/* Services of a stack that call each other: one description, and on each target an address that leads there. */

const image = (digit: string) => `registry.internal.corp/shop@sha256:${digit.repeat(64)}`;
const SHOP = {
    "quai:application": "custom",
    "quai:services": {},
    "quai:images": { front: image("1"), prices: image("2"), mail: image("3") },
    "quai:custom": {
        name: "shop",
        services: {
            front: { port: 3000, user: 1000, env: { PRICES_URL: "${services.prices.url}/v1" } },
            prices: { port: 4000, user: 1000, replicas: 2, env: { FRONT: "${services.front.host}:${services.front.port}" } },
            mail: { kind: "worker", user: 1000, command: ["mail", "--prices", "${services.prices.url}"] },
            quiet: { kind: "worker", like: "mail", command: ["wait"] },
        },
        jobs: { warm: { like: "mail", command: ["warm", "${services.prices.host}"] } },
        routes: [{ path: "/", to: "front" }],
    },
};

const onDocker = shared(() => demoOn({ kind: "docker" }, SHOP));
const onAws = shared(async () => new AwsGraph(await demoOn(AWS, SHOP)));

/** The names that a container of Docker answers to, in the network that all share. */
function names(made: Recording<Deployed>, service: string): string[] {
    const { networksAdvanced } = made.get(CONTAINER, new RegExp(`^${service}-[0-9a-f]{8}$`)).inputs as {
        networksAdvanced: { name: string; aliases?: string[] }[];
    };
    return networksAdvanced.flatMap(({ aliases = [] }) => aliases);
}

/** Host and port that each was given. */
const told = (variables: Readonly<Record<string, string>>, command: readonly string[]) => ({
    ...Object.fromEntries(Object.entries(variables).filter(([name]) => ["PRICES_URL", "FRONT"].includes(name))),
    ...(command.length > 0 ? { command: command.join(" ") } : {}),
});

test("on a Docker host an address is the service's name, which its containers answer to", async () => {
    const made = await onDocker();
    const of = (service: string) => {
        const { envs, command = [] } = made.get(CONTAINER, new RegExp(`^${service}-[0-9a-f]{8}$`)).inputs as {
            envs: string[];
            command?: string[];
        };
        return told(Object.fromEntries(envs.map((line) => line.split("=") as [string, string])), command);
    };
    expect([of("front"), of("prices"), of("mail")]).toEqual([
        { PRICES_URL: "http://prices:4000/v1" },
        { FRONT: "front:3000" },
        { command: "mail --prices http://prices:4000" },
    ]);
    expect(names(made, "prices")).toContain("prices");
    expect(names(made, "front")).toContain("front");
});

test("on AWS it is a name in the stack's zone, under which ECS writes down the tasks", async () => {
    const graph = await onAws();
    const of = (service: string) => {
        const main = graph.containers(`${service}-task`).find(({ name }) => name === service);
        return told(Object.fromEntries((main?.environment ?? []).map(({ name, value }) => [name, value])), main?.command ?? []);
    };
    expect([of("front"), of("prices"), of("mail")]).toEqual([
        { PRICES_URL: "http://prices.shop-prod.internal:4000/v1" },
        { FRONT: "front.shop-prod.internal:3000" },
        { command: "mail --prices http://prices.shop-prod.internal:4000" },
    ]);
    const zone = graph.get("servicediscovery/privateDnsNamespace", "services");
    expect(zone.inputs).toMatchObject({ name: "shop-prod.internal", vpc: graph.idOf("ec2/vpc", "network") });
    for (const name of ["front", "prices"]) {
        expect(graph.get("servicediscovery/service", name).inputs).toMatchObject({
            name,
            dnsConfig: {
                namespaceId: graph.idOf("servicediscovery/privateDnsNamespace", "services"),
                dnsRecords: [{ type: "A", ttl: 10 }],
            },
        });
        expect(graph.get("ecs/service", name).inputs["serviceRegistries"]).toEqual({
            registryArn: graph.arnOf("servicediscovery/service", name),
        });
    }
    // What nobody calls has no name.
    expect(
        graph
            .of("servicediscovery/service")
            .map(({ name }) => name)
            .sort(),
    ).toEqual(["front", "prices"]);
    expect(graph.get("ecs/service", "mail").inputs["serviceRegistries"]).toBeUndefined();
    // A grace period is for whom a balancer asks; AWS refuses it elsewhere.
    const grace = (name: string) => graph.get("ecs/service", name).inputs["healthCheckGracePeriodSeconds"];
    expect([grace("front"), grace("prices"), grace("mail")]).toEqual([30, undefined, undefined]);
});

test("R111: who has an address may go there, by that port, and nobody else", async () => {
    const graph = await onAws();
    const inside = ["front > prices:4000", "mail > prices:4000", "prices > front:3000", "proxy > front:3000", "warm > prices:4000"];
    expect(graph.ways().filter((way) => !way.startsWith("world"))).toEqual(inside);
    expect(graph.waysOut().filter((way) => !way.includes("> internet"))).toEqual(inside);
    // They are open before the task starts.
    expect(graph.get("ecs/service", "front").after).toEqual(expect.arrayContaining(["front-to-prices", "prices-from-front"]));
});

test("without such addresses nothing of it is made; a folder of files has none", async () => {
    expect(new AwsGraph(await demoOn(AWS)).of("servicediscovery/privateDnsNamespace")).toEqual([]);
    await expect(demoOn({ ...AWS, cdn: true, sites: { front: "examples/demo/web" } }, SHOP)).rejects.toThrow(
        "quai:target.sites.front: a folder of files has no address inside, and prices calls it",
    );
});
