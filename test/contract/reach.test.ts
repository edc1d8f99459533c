import { COMMAND, CONTAINER, NETWORK } from "../unit/support/mocks";
import { commandOf } from "../unit/support/target";
import { AwsGraph } from "./support/aws-graph";
import { AWS, demoOn } from "./support/deployed";

/* Who reaches the databases: the same services and jobs on both targets, and nobody else. */

const image = (digit: string) => `registry.internal.corp/shop@sha256:${digit.repeat(64)}`;
const SHOP = {
    "quai:application": "custom",
    "quai:services": { site: { env: { CACHE: "${redis.host}:${redis.port}" } } },
    "quai:images": { api: image("1"), page: image("2") },
    "quai:custom": {
        name: "shop",
        databases: ["postgres", "redis"],
        services: {
            api: { port: 3000, user: 1000, command: ["serve"], env: { DATABASE_URL: "${database.url}" } },
            parts: {
                image: "api",
                port: 3001,
                user: 1000,
                command: ["parts"],
                env: { HOST: "${database.host}", PASSWORD_FILE: "${file:database.password}" },
            },
            page: { port: 8080, user: 101, env: { API: "${services.api.url}", NAME: "${database.name}" } },
            site: { image: "page", port: 8080, user: 101, command: ["site"] },
            queue: { kind: "worker", image: "api", user: 1000, command: ["work"], env: { QUEUE: "${redis.host}" } },
            beat: { kind: "scheduler", image: "api", user: 1000, command: ["beat"], env: { BROKER: "${redis.url}/1" } },
            idle: { kind: "scheduler", image: "api", user: 1000, command: ["idle"] },
        },
        jobs: {
            migrate: { image: "api", user: 1000, command: ["migrate"], env: { DATABASE_URL: "${migration.url}" } },
            greet: { image: "api", user: 1000, command: ["greet"] },
        },
        routes: [
            { path: "/api/", to: "api" },
            { path: "/", to: "page" },
        ],
    },
};
const SHOP_REACHES = ["api", "beat", "migrate", "parts", "queue", "site"];

/** Services and jobs of a stack on Docker whose containers are on the network of its databases. */
async function onDocker(settings: object): Promise<string[]> {
    const made = await demoOn({ kind: "docker" }, settings as Record<string, unknown>);
    const network = made.get(NETWORK, "data").inputs["name"] as string;
    const plain = (name: string) => name.replace(/-[0-9a-f]{8}(-\d+)?$/, "");
    const containers = made.of(CONTAINER).filter(({ inputs }) => {
        const labels = inputs["labels"] as { label: string; value: string }[];
        const role = labels.find(({ label }) => label === "io.quai.role")?.value ?? "";
        const networks = (inputs["networksAdvanced"] ?? []) as { name: string }[];
        return ["service", "worker", "scheduler"].includes(role) && networks.some(({ name }) => name === network);
    });
    const jobs = made.of(COMMAND).filter((each) => commandOf(each).script.includes(`docker network connect ${network} `));
    return [...new Set([...containers, ...jobs].map(({ name }) => plain(name)))].sort();
}

/** Those that a security group lets through to PostgreSQL or Redis. */
async function onAws(settings: object): Promise<string[]> {
    const graph = new AwsGraph(await demoOn(AWS, settings as Record<string, unknown>));
    const ways = graph.ways().flatMap((way) => /^(\S+) > (?:postgres|redis):\d+$/.exec(way)?.[1] ?? []);
    // Those that make the database and its logins are quai's own.
    return [...new Set(ways)].filter((name) => !name.startsWith("postgres-")).sort();
}

const cases: readonly (readonly [string, object, readonly string[]])[] = [
    ["the demonstration", {}, ["api", "migrate", "scheduler", "worker"]],
    ["a described application", SHOP, SHOP_REACHES],
];

test.each(cases)("R15, R111: %s", async (_, settings, expected) => {
    expect(await onDocker(settings)).toEqual(expected);
    expect(await onAws(settings)).toEqual(expected);
});
