import { rateOf } from "../../components/tls-proxy/firewall-aws";
import { MIB } from "../unit/support/target";
import { commandOf, filesIn } from "../unit/support/target";
import type { Recording, Registered } from "../unit/support/mocks";
import { COMMAND, CONTAINER, shared } from "../unit/support/mocks";
import { AwsGraph } from "./support/aws-graph";
import type { Deployed } from "./support/deployed";
import { AWS, demoOn } from "./support/deployed";

/* One stack, two targets, the same promises: read from what each declares, in terms that know of neither. */

const onDocker = shared(() => demoOn({ kind: "docker" }));
const onAws = shared(() => demoOn(AWS));

const SERVICES = ["api", "web", "worker", "scheduler"];

interface ServicePromise {
    readonly health: {
        readonly interval: number;
        readonly timeout: number;
        readonly retries: number;
        readonly startPeriod: number;
        readonly command: readonly string[];
    };
    readonly copies: number;
    readonly stopGrace: number;
    readonly user: string;
    readonly writableRoot: boolean;
    readonly secretFiles: readonly string[];
    readonly environment: Readonly<Record<string, string>>;
    readonly folders: readonly string[];
}

const seconds = (text: string) =>
    [...text.matchAll(/(\d+)([hms])/g)].reduce(
        (sum, [, n = "0", unit = "s"]) => sum + Number(n) * { h: 3600, m: 60, s: 1 }[unit as "h" | "m" | "s"],
        0,
    );
const withoutRelease = ({ RELEASE: _, ...rest }: Record<string, string>) => rest;

function promisedByDocker(made: Recording<Deployed>, service: string): ServicePromise {
    const copies = made
        .of(CONTAINER)
        .filter(({ inputs }) =>
            (inputs["labels"] as { label: string; value: string }[]).some(
                ({ label, value }) => label === "io.quai.service" && value === service,
            ),
        );
    const { inputs } = copies[0] as Registered;
    const check = inputs["healthcheck"] as { tests: string[]; interval: string; timeout: string; retries: number; startPeriod: string };
    // A container that is well is left alone by waiting inside of the check: the pause belongs to the interval.
    const waits = check.tests.some((word) => word.includes("/tmp/.healthy"));
    const pause = waits ? Number(check.tests[4]) : 0;
    const secrets = made.resources.find(({ type, name }) => type === COMMAND && name.startsWith(`${service}-secrets-`));
    const mounts = inputs["mounts"] as { source: string; target: string; readOnly: boolean }[];
    return {
        health: {
            command: ["CMD", ...check.tests.slice(waits ? 5 : 1)],
            interval: seconds(check.interval) + pause,
            timeout: seconds(check.timeout) - pause,
            retries: check.retries,
            startPeriod: seconds(check.startPeriod),
        },
        copies: copies.length,
        stopGrace: Number(inputs["stopTimeout"]),
        user: String(inputs["user"]),
        writableRoot: inputs["readOnly"] !== true,
        secretFiles: secrets === undefined ? [] : Object.keys(filesIn(commandOf(secrets).data)).sort(),
        environment: withoutRelease(
            Object.fromEntries(
                (inputs["envs"] as string[]).map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
            ),
        ),
        folders: mounts
            .filter(({ target }) => target !== "/run/secrets")
            .map(({ target, readOnly }) => `${target} ${readOnly ? "read" : "write"}`),
    };
}

function promisedByAws(made: Recording<Deployed>, service: string): ServicePromise {
    const graph = new AwsGraph(made);
    const containers = graph.containers(`${service}-task`);
    const main = containers.find(({ name }) => name === service);
    if (main?.healthCheck === undefined) throw new Error(`${service} has no health check`);
    const { interval, timeout, retries, startPeriod, command } = main.healthCheck;
    const script = containers.find(({ name }) => name === "prepare")?.command?.[0] ?? "";
    return {
        health: {
            command,
            interval: Number(interval),
            timeout: Number(timeout),
            retries: Number(retries),
            startPeriod: Number(startPeriod),
        },
        copies: Number(graph.get("ecs/service", service).inputs["desiredCount"]),
        stopGrace: main.stopTimeout ?? 0,
        user: main.user ?? "",
        writableRoot: main.readonlyRootFilesystem !== true,
        secretFiles: [...script.matchAll(/> \/prepare\/secrets\/(\S+)/g)].map(([, name = ""]) => name).sort(),
        environment: withoutRelease(Object.fromEntries(main.environment.map(({ name, value }) => [name, value]))),
        folders: main.mountPoints
            .filter(({ sourceVolume }) => sourceVolume !== "secrets" && !sourceVolume.startsWith("temporary-"))
            .map(({ containerPath, readOnly }) => `${containerPath} ${readOnly ? "read" : "write"}`),
    };
}

test.each(SERVICES)(
    "R18, R19: %s is the same container on both targets: health, copies, time to stop, user, secrets, variables, files",
    async (service) => {
        expect(promisedByAws(await onAws(), service)).toEqual(promisedByDocker(await onDocker(), service));
    },
);

/** Whether a resource waits, perhaps through others, for another one. */
function waits(made: Recording<Deployed>, later: RegExp, earlier: RegExp): boolean {
    const byName = new Map<string, string[]>();
    for (const { name, after } of made.resources) byName.set(name, [...(byName.get(name) ?? []), ...after]);
    const seen = new Set<string>();
    const queue = [...byName.keys()].filter((name) => later.test(name));
    if (queue.length === 0) throw new Error(`nothing is named like ${String(later)}`);
    while (queue.length > 0) {
        for (const name of byName.get(queue.pop() ?? "") ?? []) {
            if (earlier.test(name)) return true;
            if (!seen.has(name)) queue.push(name);
            seen.add(name);
        }
    }
    return false;
}

describe.each([
    ["docker", onDocker],
    ["aws", onAws],
] as const)("the order of a release on %s", (_, make) => {
    test.each([
        ["R17: the database's logins come after the server", /^postgres-login-demo.migrate/, /^postgres$/],
        ["R17, R100: the migration comes after the logins", /^migrate-[0-9a-f]{8}$/, /^postgres-login-demo.migrate/],
        ["R100: the application comes after the migration", /^api-[0-9a-f]{8}$/, /^migrate-[0-9a-f]{8}$/],
        ["R101: the public check comes after the application is healthy", /^proxy-routes$/, /^api-[0-9a-f]{8}$/],
        ["R12: the scheduler comes last", /^scheduler$/, /^proxy-routes$/],
    ])("%s", async (_title, later, earlier) => {
        const made = await make();
        expect([waits(made, later, earlier), waits(made, earlier, later)]).toEqual([true, false]);
    });
});

test("R12: only the scheduler's old task ends before the new one starts; the others overlap, and are put back when they don't get healthy", async () => {
    const graph = new AwsGraph(await onAws());
    const figures = Object.fromEntries(
        graph
            .of("ecs/service")
            .map(({ name, inputs }) => [name, [inputs["deploymentMinimumHealthyPercent"], inputs["deploymentMaximumPercent"]]]),
    );
    expect(figures).toEqual({ api: [100, 200], web: [100, 200], worker: [100, 200], scheduler: [0, 100] });
    for (const { inputs } of graph.of("ecs/service")) {
        expect(inputs["deploymentCircuitBreaker"]).toEqual({ enable: true, rollback: true });
        expect(inputs["waitForSteadyState"]).toBe(true);
    }
});

test("R55: backups at the same time, kept as long", async () => {
    const docker = JSON.parse(
        filesIn(commandOf((await onDocker()).resources.find(({ name }) => name.startsWith("backup-files-")) as Registered).data)[
            "backup.json"
        ] ?? "{}",
    ) as {
        at: string;
        timeZone: string;
        keep: { daily: number; weekly: number; monthly: number };
    };
    const rules = new AwsGraph(await onAws()).get("backup/plan", "backup").inputs["rules"] as {
        ruleName: string;
        schedule: string;
        scheduleExpressionTimezone: string;
        lifecycle: { deleteAfter: number };
    }[];
    const kept = (name: string, days: number) => (rules.find(({ ruleName }) => ruleName === name)?.lifecycle.deleteAfter ?? 0) / days;
    expect({ daily: kept("daily", 1), weekly: kept("weekly", 7), monthly: kept("monthly", 31) }).toEqual({
        daily: docker.keep.daily,
        weekly: docker.keep.weekly,
        monthly: docker.keep.monthly,
    });
    const [, minutes = "", hours = ""] = /^cron\((\d+) (\d+) /.exec(rules[0]?.schedule ?? "") ?? [];
    expect(`${hours.padStart(2, "0")}:${minutes.padStart(2, "0")} ${rules[0]?.scheduleExpressionTimezone ?? ""}`).toBe(
        `${docker.at} ${docker.timeZone}`,
    );
});

describe("the front door", () => {
    const nginx = async () => {
        const routes = (await onDocker()).get(COMMAND, "proxy-routes");
        return filesIn(commandOf(routes).data)["nginx.conf"] ?? "";
    };

    test("R72, R73: the same routes lead to the same services", async () => {
        // A location that keeps former files asks another one for the rest; both are the same route.
        const text = (await nginx()).replace(/try_files \$uri @\S+;\s*\}\s*location @\S+ \{/g, "");
        const docker = [...text.matchAll(/location (= |\^~ |)(\S+) \{[^}]*proxy_pass http:\/\/([a-z]+)-/g)].map(
            ([, how = "", path = "", service = ""]) => `${path}${how === "= " ? "" : "*"} ${service}`,
        );
        const graph = new AwsGraph(await onAws());
        const services = new Map(
            graph.of("lb/targetGroup").map(({ name }) => [graph.arnOf("lb/targetGroup", name), name.replace(/-targets$/, "")]),
        );
        const aws = graph.of("lb/listenerRule").map(({ inputs }) => {
            const [hosts, paths] = inputs["conditions"] as [{ hostHeader: { values: string[] } }, { pathPattern: { values: string[] } }];
            const [action] = inputs["actions"] as { targetGroupArn: string }[];
            expect(hosts.hostHeader.values).toEqual(["demo.quai.dev"]);
            return `${paths.pathPattern.values.join()} ${services.get(action?.targetGroupArn ?? "") ?? "?"}`;
        });
        expect(aws.sort()).toEqual(docker.sort());
    });

    test("R78, R79: the same limits, as far as a firewall counts them; more are answered 429", async () => {
        const text = await nginx();
        const zones = [...text.matchAll(/zone=(\w+):10m rate=(\d+)r\/([sm])/g)].map(([, name = "", requests = "", per = ""]) => {
            const burst = Number(new RegExp(`zone=${name} burst=(\\d+)`).exec(text)?.[1]);
            return [
                `rate-${name}`,
                rateOf({ name, rate: { requests: Number(requests), per: per === "s" ? "second" : "minute" }, burst }),
            ] as const;
        });
        const rules = JSON.parse(String(new AwsGraph(await onAws()).get("wafv2/webAcl", "proxy").inputs["ruleJson"])) as {
            Name: string;
            Statement: { RateBasedStatement?: { Limit: number; EvaluationWindowSec: number } };
            Action?: { Block: { CustomResponse: { ResponseCode: number } } };
        }[];
        const limits = rules.filter(({ Name }) => Name.startsWith("rate-"));
        const counted = limits.map(({ Name, Statement }) => [
            Name,
            { limit: Statement.RateBasedStatement?.Limit, window: Statement.RateBasedStatement?.EvaluationWindowSec },
        ]);
        expect(Object.fromEntries(counted)).toEqual(Object.fromEntries(zones));
        expect(limits.map(({ Action }) => Action?.Block.CustomResponse.ResponseCode)).toEqual(limits.map(() => 429));
        expect(rules.map(({ Name }) => Name)).toContain(`body-${50 * MIB}`);
    });

    test("R69, R82: https only, and the security headers that a load balancer can send", async () => {
        const text = await nginx();
        const listener = new AwsGraph(await onAws()).get("lb/listener", "proxy-https").inputs;
        const header = (name: string) => new RegExp(`add_header ${name} "?([^";]+(?:; [^";]+)*)"? always`).exec(text)?.[1];
        expect(listener["routingHttpResponseStrictTransportSecurityHeaderValue"]).toBe(header("Strict-Transport-Security"));
        expect(listener["routingHttpResponseXContentTypeOptionsHeaderValue"]).toBe(header("X-Content-Type-Options"));
        expect(listener["routingHttpResponseXFrameOptionsHeaderValue"]).toBe(header("X-Frame-Options"));
        expect(new AwsGraph(await onAws()).get("lb/listener", "proxy-http").inputs["defaultActions"]).toMatchObject([
            { type: "redirect", redirect: { protocol: "HTTPS", statusCode: "HTTP_301" } },
        ]);
    });
});

test("the outputs are the same, whatever the target", async () => {
    const [docker, aws] = [(await onDocker()).result, (await onAws()).result];
    expect(Object.keys(aws).sort()).toEqual(Object.keys(docker).sort());
    expect(aws.urls).toEqual(docker.urls);
    expect(aws.services.map(({ name, kind }) => [name, kind])).toEqual(docker.services.map(({ name, kind }) => [name, kind]));
    // RDS has certificates of its own; on a Docker host an authority of the stack's makes them.
    expect(aws.secrets).toEqual(docker.secrets.filter(({ name }) => name !== "localAuthority"));
    expect(docker.secrets.map(({ name }) => name)).toContain("localAuthority");
    expect(SERVICES.length).toBe(aws.services.length);
});
