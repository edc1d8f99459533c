/**
 * Requests lost by `docker-compose up -d` on the same application under the same load as test/bench/releases.ts:
 *
 *     node -r ./tools/engine/typescript.cjs test/bench/compose.ts <stack> [requests per second] [releases]
 *
 * The stack (the demonstration, on this machine's engine) is deployed and left alone: its API runs once more, with the same image, settings, files
 * and networks, from a compose file, behind an nginx with a guide's configuration. A release is another value of a variable and `up -d`, then
 * `docker exec … nginx -s reload`, as the service may have another address. Needs Docker and, for docker-compose 1.29, Debian's packages.
 */
import { execFile } from "node:child_process";
import { officialImage } from "../../components/internal/images";
import { imagesFor } from "../../tools/offline/images";
import { constantLoad } from "./constant-load";
import { guideConfig } from "./guide-nginx";
import { certificate, conditions, table } from "./measure";

const PROJECT = "quai-bench-compose";
const PORT = 18499;
const HOST = "demo.localhost";

function run(words: readonly string[], input = ""): Promise<string> {
    return new Promise((done, fail) => {
        const child = execFile("docker", words, { maxBuffer: 1e8 }, (error, stdout) =>
            error === null ? done(stdout) : fail(new Error(`${error.message} (${error.code ?? error.signal})`)),
        );
        child.stdin?.on("error", () => undefined).end(input); // One that ends at once reads nothing.
    });
}

interface Inspected {
    readonly Config: { readonly Image: string; readonly Env: string[]; readonly Cmd: string[] | null; readonly User: string };
    readonly Mounts: readonly { readonly Type: string; readonly Name: string; readonly Destination: string; readonly RW: boolean }[];
    readonly HostConfig: { readonly Tmpfs?: Record<string, string>; readonly GroupAdd?: string[] };
    readonly NetworkSettings: { readonly Networks: Record<string, unknown> };
}

/** The API as it runs in the stack, once more, and nginx before it. */
async function composeFile(stack: string, nginx: string, version: string): Promise<string> {
    const filters = [`label=io.quai.stack=demo-${stack}`, "label=io.quai.service=api"].flatMap((each) => ["--filter", each]);
    const [id = ""] = (await run(["ps", "--quiet", ...filters])).trim().split("\n");
    const [api] = JSON.parse(await run(["inspect", id])) as Inspected[];
    if (api === undefined) throw new Error(`demo-${stack} has no API that runs`);
    const networks = Object.keys(api.NetworkSettings.Networks);
    const mounts = api.Mounts.filter(({ Type }) => Type === "volume");
    const external = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, { external: true }]));
    return JSON.stringify({
        version: "3.8",
        services: {
            api: {
                image: api.Config.Image,
                command: api.Config.Cmd ?? undefined,
                user: api.Config.User,
                // The application refuses WebSockets of other origins.
                environment: [
                    ...api.Config.Env.filter((each) => !/^(DEMO_VERSION|PUBLIC_URL)=/.test(each)),
                    ...[`DEMO_VERSION=${version}`, `PUBLIC_URL=https://${HOST}:${PORT}`],
                ],
                volumes: mounts.map(({ Name, Destination, RW }) => `${Name}:${Destination}${RW ? "" : ":ro"}`),
                tmpfs: Object.keys(api.HostConfig.Tmpfs ?? {}),
                networks: Object.fromEntries(networks.map((name) => [name, { aliases: ["bench-api"] }])),
                stop_grace_period: "30s",
                init: true,
            },
            nginx: {
                image: nginx,
                user: "101:101",
                entrypoint: ["nginx", "-p", "/conf/", "-c", "nginx.conf", "-g", "daemon off;"],
                ports: [`127.0.0.1:${PORT}:8443`],
                volumes: [`${PROJECT}-conf:/conf:ro`],
                tmpfs: ["/tmp"],
                networks,
                depends_on: ["api"],
            },
        },
        networks: external(networks),
        volumes: external([...mounts.map(({ Name }) => Name), `${PROJECT}-conf`]),
    });
}

const compose = (file: string, ...words: string[]) =>
    run(
        [
            ...["run", "--rm", "--interactive", "--volume", "/var/run/docker.sock:/var/run/docker.sock", "--network", "none", PROJECT],
            ...["docker-compose", "--project-name", PROJECT, "--file", "-", ...words],
        ],
        file,
    );

async function prepare(nginx: string, debian: string): Promise<void> {
    const text = `FROM ${debian}\nRUN apt-get update && apt-get install -y --no-install-recommends docker-compose\n`;
    await run(["build", "--network", "host", "--quiet", "--tag", PROJECT, "-"], text);
    await run(["volume", "create", `${PROJECT}-conf`]);
    const { pem, key } = certificate(HOST);
    // A guide says nothing of WebSockets here; without them half of the load would be refused from the start.
    const upgrade =
        'proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade"; proxy_read_timeout 3600s;';
    const text2 = guideConfig(HOST, 8443, "1.1")
        .replace("service:8080", "bench-api:8000")
        .replace(
            "location /api/ {",
            `location /api/ws { proxy_pass http://backend; ${upgrade} proxy_set_header Host $http_host; }\n        location /api/ {`,
        );
    for (const [name, content] of Object.entries({ "nginx.conf": text2, "certificate.pem": pem, "key.pem": key })) {
        const write = ["-c", 'cat > "$0" && chmod 0444 "$0"', `/files/${name}`];
        await run(
            ["run", "--rm", "-i", "--user", "0:0", "-v", `${PROJECT}-conf:/files`, "--entrypoint", "/bin/sh", nginx, ...write],
            content,
        );
    }
}

async function main(stack: string, rate: number, releases: number): Promise<void> {
    console.log(conditions());
    const official = { nginx: officialImage("nginx"), debian: officialImage("debian") };
    const { imageMirror } = await imagesFor(Object.values(official).map((reference) => ({ reference })));
    const image = (reference: string) => imageMirror[reference] ?? reference;
    await prepare(image(official.nginx), image(official.debian));
    const wait = (seconds: number) => new Promise((done) => setTimeout(done, seconds * 1000));
    const file = (version: string) => composeFile(stack, image(official.nginx), version);
    try {
        await compose(await file("first"), "up", "-d");
        await wait(10);
        const load = constantLoad({ port: PORT, host: HOST, rate });
        await wait(10);
        const quiet = load.count();
        for (let i = 1; i <= releases; i++) {
            const text = await file(`release-${i}`);
            await compose(text, "up", "-d");
            await run(["exec", `${PROJECT}_nginx_1`, "nginx", "-p", "/conf/", "-c", "nginx.conf", "-s", "reload"]);
            await wait(10);
        }
        const { requests, failed, slow, failures, sockets } = await load.stop();
        console.log(
            table(
                ["what", "times", "requests", "of these 5 s long", "failed"],
                [
                    ["nothing, for 10 s", 1, quiet.requests, quiet.slow, quiet.failed],
                    ["up -d", releases, requests - quiet.requests, slow - quiet.slow, failed - quiet.failed],
                ].map((row) => row.map(String)),
            ),
        );
        console.log(`WebSockets: ${sockets.opened} opened, closed by ${JSON.stringify(sockets.codes)}`);
        for (const [what, count] of failures) console.log(`${count} × ${what}`);
    } finally {
        await compose(await file("last"), "down").catch(() => undefined);
        await run(["volume", "rm", `${PROJECT}-conf`]).catch(() => undefined);
        await run(["image", "rm", PROJECT]).catch(() => undefined);
    }
}

const [stack = "releases", rate = "100", releases = "3"] = process.argv.slice(2);
main(stack, Number(rate), Number(releases)).catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : String(error));
    process.exit(1); // The load goes on otherwise.
});
