import { execFileSync } from "node:child_process";
import { resolve } from "node:path";
import { runInNewContext } from "node:vm";
import { MAINTENANCE_PAGE } from "../../components/tls-proxy/maintenance";
import { COMMAND, shared } from "../unit/support/mocks";
import { commandOf, filesIn } from "../unit/support/target";
import { AwsGraph } from "./support/aws-graph";
import { AWS, demoOn } from "./support/deployed";

/* What everybody is told while quai:maintenance is true: the same on a Docker host, at a load balancer, and at CloudFront's edge. */

const CLOSED = { "quai:maintenance": true };
const docker = shared(() => demoOn({ kind: "docker" }, CLOSED));
const aws = shared(async () => new AwsGraph(await demoOn({ ...AWS, alarmEmail: "ops@quai.dev" }, CLOSED)));
const open = shared(async () => new AwsGraph(await demoOn({ ...AWS, alarmEmail: "ops@quai.dev" })));
const cdn = shared(async () => new AwsGraph(await demoOn({ ...AWS, cdn: true }, CLOSED)));

interface Told {
    readonly status: number;
    readonly retryAfter: string | undefined;
    readonly html: boolean;
    readonly page: string;
}

const PROMISED: Told = { status: 503, retryAfter: "120", html: true, page: MAINTENANCE_PAGE };

function byNginx(text: string): Told {
    const [, status, page = ""] = /location @maintenance \{[^{}]*\{\} default_type text\/html; return (\d+) "([^"]*)"; \}/.exec(text) ?? [];
    return {
        status: Number(status),
        retryAfter: /map \$maintenance \$retry_after \{ default ""; on (\d+); \}/.exec(text)?.[1],
        html: text.includes("set $maintenance 'on';") && text.includes("if ($maintenance) { return 503; }"),
        page,
    };
}

/** The function itself, with what its resource gives it. */
function byBalancer(graph: AwsGraph): Told {
    const { environment } = graph.get("lambda/function", "proxy-maintenance").inputs as {
        environment: { variables: Record<string, string> };
    };
    const folder = resolve(__dirname, "../../components/tls-proxy/maintenance-function");
    const script = "import json, index; print(json.dumps(index.handler({}, None)))";
    const text = execFileSync("python3", ["-B", "-c", script], {
        cwd: folder,
        encoding: "utf8",
        env: { PATH: process.env["PATH"], ...environment.variables },
    });
    const answer = JSON.parse(text) as { statusCode: number; headers: Record<string, string>; body: string };
    return {
        status: answer.statusCode,
        retryAfter: answer.headers["Retry-After"],
        html: answer.headers["Content-Type"]?.startsWith("text/html") === true,
        page: answer.body,
    };
}

function byEdge(graph: AwsGraph): Told {
    const code = String(graph.get("cloudfront/function", "proxy-maintenance").inputs["code"]);
    const answer = runInNewContext(`${code}; handler({ request: { uri: "/" } })`) as {
        statusCode: number;
        headers: Record<string, { value: string }>;
        body: { encoding: string; data: string };
    };
    return {
        status: answer.statusCode,
        retryAfter: answer.headers["retry-after"]?.value,
        html: answer.headers["content-type"]?.value.startsWith("text/html") === true,
        page: answer.body.data,
    };
}

test("the same answer on every target", async () => {
    const text = filesIn(commandOf((await docker()).get(COMMAND, "proxy-routes")).data)["nginx.conf"] ?? "";
    expect(byNginx(text)).toEqual(PROMISED);
    expect(byBalancer(await aws())).toEqual(PROMISED);
    expect(byEdge(await cdn())).toEqual(PROMISED);
});

test("the balancer's rule comes before every route and takes everything; the routes and their health checks stay as they are", async () => {
    const [closed, serving] = [await aws(), await open()];
    const rules = (graph: AwsGraph) =>
        graph.of("lb/listenerRule").map(({ name, inputs }) => ({ name, priority: Number(inputs["priority"]), inputs }));
    const [first, ...rest] = rules(closed).sort((a, b) => a.priority - b.priority);
    expect(first).toMatchObject({
        name: "proxy-maintenance",
        priority: 1,
        inputs: {
            conditions: [{ pathPattern: { values: ["/*"] } }],
            actions: [{ type: "forward", targetGroupArn: closed.arnOf("lb/targetGroup", "proxy-maintenance") }],
        },
    });
    expect(rest).toEqual(rules(serving).sort((a, b) => a.priority - b.priority));
    const checks = (graph: AwsGraph) =>
        graph
            .of("lb/targetGroup")
            .filter(({ name }) => name !== "proxy-maintenance")
            .map(({ name, inputs }) => [name, inputs]);
    expect(checks(closed)).toEqual(checks(serving));
    expect(closed.get("lambda/permission", "proxy-maintenance").inputs).toMatchObject({
        principal: "elasticloadbalancing.amazonaws.com",
        sourceArn: closed.arnOf("lb/targetGroup", "proxy-maintenance"),
    });
});

test("CloudFront answers by itself for every path, and nothing of it is left when it's over", async () => {
    const graph = await cdn();
    const { defaultCacheBehavior, orderedCacheBehaviors } = graph.get("cloudfront/distribution", "proxy").inputs as unknown as Record<
        string,
        object | object[]
    >;
    const functionArn = graph.outputOf("cloudfront/function", "proxy-maintenance", "arn");
    for (const behavior of [defaultCacheBehavior, orderedCacheBehaviors].flat()) {
        expect(behavior).toMatchObject({ functionAssociations: [{ eventType: "viewer-request", functionArn }] });
    }
    const left = (await open()).recording.list().filter((name) => name.includes("maintenance"));
    expect(left).toEqual([]);
});

test("a release in maintenance: its routes wait for the page, and the last step asks for 503; errors that are meant are told to nobody", async () => {
    const [closed, serving] = [await aws(), await open()];
    const asked = (graph: AwsGraph) => JSON.parse(String(graph.get("lambda/invocation", "proxy-routes").inputs["input"])) as object;
    expect([asked(closed), asked(serving)]).toEqual([{ ...asked(serving), maintenance: true }, asked(serving)]);
    expect(closed.get("ecs/service", "api").after).toContain("proxy-maintenance");
    const told = (graph: AwsGraph) =>
        graph
            .of("cloudwatch/metricAlarm")
            .filter(({ inputs }) => inputs["actionsEnabled"] === false)
            .map(({ name }) => name);
    expect([told(closed), told(serving)]).toEqual([["proxy-5xx"], []]);
});
