import { once } from "node:events";
import { createServer } from "node:net";
import { docker, objects, proxy, quai, STACK, STACK_ID, writeSettings } from "../support/checkout";
import { BASE } from "./changes";

interface Shown {
    readonly findings: readonly { readonly kind: string; readonly what: string }[];
}

const name = (part: string) => `${STACK_ID}-${part}`;
/** The first container of a service; its name carries the release. */
const first = (service: string) =>
    objects("container")
        .filter((each) => each.startsWith(name(`${service}-`)) && !each.includes("migrate"))
        .sort()[0] ?? "";
const image = (container: string) => docker("inspect", "--format", "{{.Image}}", container).trim();

/** A shell in a container of the proxy's image, with a volume at /files: what somebody with the run of the host could do. */
function edit(volume: string, program: string): void {
    const shell = ["--rm", "--network", "none", "--user", "0:0", "--volume", `${volume}:/files`, "--entrypoint", "/bin/sh"];
    docker("run", ...shell, image(proxy()), "-euc", program);
}

const stranger = (called: string, ...words: string[]) =>
    docker("run", "--detach", "--name", called, ...words, "--user", "0:0", "--entrypoint", "sleep", image(proxy()), "600");

/** By hand, behind the back of the state: what is done, and what the report must say of it. */
const CHANGES: readonly (readonly [what: string, make: () => unknown, finding: () => RegExp])[] = [
    ["a container is killed", () => docker("kill", first("web")), () => /container .*-web-\w+ is exited/],
    ["a container is removed", () => docker("rm", "--force", first("worker")), () => /container .*-worker-\w+ is gone/],
    ["a container is paused", () => docker("pause", name("scheduler")), () => /-scheduler is paused/],
    ["a container is renamed", () => docker("rename", first("api"), name("other")), () => /was renamed to .*-other/],
    [
        "a memory limit is raised",
        () => docker("update", "--memory", "400m", "--memory-swap", "400m", name("redis")),
        () => /-redis may use 400 MiB, not 128 MiB/,
    ],
    [
        "a restart policy is changed",
        () => docker("update", "--restart", "no", name("postgres")),
        () => /-postgres restarts no, not unless-stopped/,
    ],
    [
        "a container leaves a network",
        () => docker("network", "disconnect", name("data"), first("api")),
        () => /is no longer on network .*-data/,
    ],
    [
        "a container enters a network",
        () => docker("network", "connect", name("app"), name("redis")),
        () => /-redis is on network .*-app, too/,
    ],
    [
        "a stranger comes on the stack's network and opens a port",
        () => stranger(name("stranger"), "--network", name("app"), "--publish", "127.0.0.1:18219:80"),
        () => /-stranger is on the stack's network .*-app, publishing 127\.0\.0\.1:18219/,
    ],
    [
        "a container takes the stack's label",
        () => stranger(name("pretender"), "--label", `io.quai.stack=${STACK_ID}`, "--label", "io.quai.role=service"),
        () => /-pretender carries the stack's label/,
    ],
    [
        "a network takes the stack's label",
        () => docker("network", "create", "--label", `io.quai.stack=${STACK_ID}`, name("extra")),
        () => /network .*-extra carries/,
    ],
    [
        "a file of the proxy is edited",
        () => edit(name("proxy-config"), "echo '# mine' >> /files/current/nginx.conf"),
        () => /file current\/nginx\.conf .*was edited/,
    ],
    [
        "the certificate is replaced",
        () => edit(name("proxy-config"), "echo other > /files/current/certificate.pem"),
        () => /file current\/certificate\.pem .*was edited/,
    ],
    [
        "a secret's file is edited",
        () => edit(secretVolume(), "echo sqlite:// > /files/databaseUrl"),
        () => /file databaseUrl in volume .*-api-secrets-\w+ was edited/,
    ],
    ["a file is laid beside the secrets", () => edit(secretVolume(), "echo x > /files/extra"), () => /file extra in volume .* was added/],
    ["an image is retagged", () => docker("tag", image(name("redis")), apiImage()), () => /image quai\/.*\/api:\w+ means another image/],
];

function secretVolume(): string {
    return (
        docker("volume", "ls", "--quiet")
            .split("\n")
            .find((each) => each.startsWith(name("api-secrets-"))) ?? ""
    );
}

function apiImage(): string {
    return (
        docker("image", "ls", "--filter", `reference=quai/${STACK_ID}/api`, "--format", "{{.Repository}}:{{.Tag}}").trim().split("\n")[0] ??
        ""
    );
}

/** What was found, but for health: on a busy machine a check of a few seconds may fail. */
function withoutSlowness(json: string): string[] {
    const { findings } = JSON.parse(json) as Shown;
    return findings.map(({ what }) => what).filter((what) => !what.endsWith("is unhealthy"));
}

describe("R106: drift", () => {
    const strangers = ["container:stranger", "container:pretender", "network:extra"];
    afterAll(() => {
        for (const [kind = "", part = ""] of strangers.map((each) => each.split(":"))) {
            try {
                docker(kind, "rm", ...(kind === "container" ? ["--force"] : []), name(part));
            } catch {
                // The repair has removed it.
            }
        }
    });

    test("as it was left, nothing is found", async () => {
        writeSettings(BASE);
        await quai("up", STACK, "--yes");
        const result = await quai("drift", STACK, "--json");
        expect(withoutSlowness(result.stdout)).toEqual([]);
    });

    test("what was done by hand is found, all of it and nothing else", async () => {
        for (const [, make] of CHANGES) make();
        const result = await quai("drift", STACK, "--json");
        const texts = withoutSlowness(result.stdout);
        const missed = CHANGES.filter(([, , finding]) => !texts.some((text) => finding().test(text))).map(([what]) => what);
        expect([missed, texts]).toEqual([[], expect.any(Array)]);
        expect(texts.filter((text) => !CHANGES.some(([, , finding]) => finding().test(text)))).toEqual([]);
    });

    test("a repair puts all of it right, and no stranger is left on the network", async () => {
        await quai("drift", STACK, "--repair", "--yes");
        const left = await quai("drift", STACK, "--json");
        expect(withoutSlowness(left.stdout)).toEqual([]);
        const on = docker("network", "inspect", name("app"), "--format", "{{range .Containers}}{{.Name}} {{end}}");
        expect(on).not.toContain("stranger");
    });

    test("a volume that nobody declares is told, and never deleted", async () => {
        docker("volume", "create", name("forgotten"));
        const result = await quai("drift", STACK, "--repair", "--yes");
        expect(result.code).toBe(3);
        expect(result.text).toContain(`volume ${name("forgotten")} is nobody's; by hand: docker volume rm`);
        expect(docker("volume", "ls", "--quiet")).toContain(name("forgotten"));
        docker("volume", "rm", name("forgotten"));
    });

    test("a port that somebody opened on the machine is told; on a desk only where the settings say what belongs there", async () => {
        const server = createServer().listen(18217, "0.0.0.0");
        await once(server, "listening");
        try {
            expect(withoutSlowness((await quai("drift", STACK, "--json")).stdout).filter((what) => what.includes("18217"))).toEqual([]);
            writeSettings({ ...BASE, "quai:target": { kind: "docker", belongs: ["22/tcp"] } });
            const found = await quai("drift", STACK, "--json");
            expect([found.code, withoutSlowness(found.stdout)]).toEqual([
                3,
                expect.arrayContaining([expect.stringMatching(/^port 18217\/tcp is open on 0\.0\.0\.0/)]),
            ]);
        } finally {
            server.close();
            writeSettings(BASE);
        }
    });
});
