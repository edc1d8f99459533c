import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CallFailure, isSecret, secret, startInstalled, temporaryFolder, type PluginProcess } from "../harness";
import { BASE_IMAGE, cleanUp, CONTAINER, engine, IMAGE, makeBaseImage, unique, VOLUME } from "./support/engine";
import { startSshd, type Sshd } from "./support/sshd";

jest.setTimeout(120_000);

let sshd: Sshd;
let plugin: PluginProcess;

beforeAll(async () => {
    sshd = await startSshd();
    await makeBaseImage();
});
beforeEach(async () => {
    plugin = await startInstalled("docker");
});
afterEach(() => plugin.stop());
afterAll(async () => {
    await sshd.stop();
    await cleanUp();
    engine.close();
});

/** ssh processes that talk to this test's server. */
function sshProcesses(): number {
    const port = sshd.host.split(":").at(-1) ?? "";
    return readdirSync("/proc")
        .filter((entry) => /^\d+$/.test(entry))
        .filter((pid) => {
            try {
                const line = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
                return line[0] === "ssh" && line.includes(port) && line.includes("dial-stdio");
            } catch {
                return false;
            }
        }).length;
}

/** All of a value that isn't marked as secret. */
function readable(value: unknown): string {
    return JSON.stringify(value, (_key, part: unknown) => (isSecret(part) ? "secret" : part));
}

async function untilGone(): Promise<number> {
    for (let attempt = 0; attempt < 100 && sshProcesses() > 0; attempt += 1) await sleep(100);
    return sshProcesses();
}

describe("as a process", () => {
    test.each(["SIGINT", "SIGKILL"] as const)("after %s no ssh connection is left", async (signal) => {
        await plugin.configure({ host: sshd.host, sshOpts: JSON.stringify(sshd.options) });
        await plugin.create(VOLUME, { name: unique("v") });
        expect(sshProcesses()).toBeGreaterThan(0);
        plugin.child.kill(signal);
        expect(await untilGone()).toBe(0);
    });

    test("secrets in envs and uploads stay secret in what is recorded of a failed container, and no text shows them", async () => {
        await plugin.configure({ host: "unix:///var/run/docker.sock" });
        const { inputs, failures } = await plugin.check(CONTAINER, {
            name: unique("c"),
            image: BASE_IMAGE,
            command: ["sh", "-c", "echo $PASSWORD; sleep 600"],
            envs: ["A=1", secret("PASSWORD=hunter22-of-this-test")],
            uploads: [{ file: "/f", content: secret("content-of-this-test") }],
            healthcheck: { tests: ["CMD-SHELL", "cat /f; false"], interval: "200ms" },
            wait: true,
            waitTimeout: 2,
        });
        expect(failures).toEqual([]);
        const failure = await plugin.create(CONTAINER, inputs).catch((error: unknown) => error);
        if (!(failure instanceof CallFailure) || failure.initFailed === undefined) throw failure;
        expect(readable(failure.initFailed.properties)).toContain("/f");
        expect(readable(failure.initFailed.properties)).not.toMatch(/hunter22|content-of-this-test/);
        const texts = [failure.message, ...failure.initFailed.reasons, JSON.stringify(plugin.logs)].join("\n");
        expect(texts).toContain("[secret]");
        expect(texts).not.toMatch(/hunter22|content-of-this-test/);
        const { diffs, replaces } = await plugin.diff(CONTAINER, inputs, failure.initFailed.properties, inputs);
        expect([diffs, replaces]).toEqual([
            ["entrypoints", "networkDatas"],
            ["entrypoints", "networkDatas"],
        ]);
        await plugin.delete(CONTAINER, failure.initFailed.id, inputs, failure.initFailed.properties);
    });

    test("secret build arguments don't show in a build's output", async () => {
        const folder = temporaryFolder();
        writeFileSync(join(folder.path, "Dockerfile"), `FROM ${BASE_IMAGE}\nARG TOKEN\nRUN echo token is $TOKEN; exit 3\n`);
        await plugin.configure({ host: "unix:///var/run/docker.sock" });
        const build = { context: folder.path, buildArgs: { TOKEN: secret("argument-of-this-test") } };
        const { inputs } = await plugin.check(IMAGE, { name: unique("i"), build });
        const failure = String(await plugin.create(IMAGE, inputs).catch((error: unknown) => error));
        folder.remove();
        const texts = [failure, JSON.stringify(plugin.logs)].join("\n");
        expect(texts).toContain("token is [secret]");
        expect(texts).not.toContain("argument-of-this-test");
    });

    test("a type that isn't offered is refused by name", async () => {
        const { failures } = await plugin.check("docker:index/service:Service", { name: "x" });
        expect(failures.join()).toMatch(/docker:index\/service:Service: the fallback plugin for "docker" doesn't know this type/);
    });

    test("the provider's configuration is checked", async () => {
        const failures = await plugin.checkConfig({
            host: "tcp://1.2.3.4:2375",
            certPath: "/certs",
            registryAuth: JSON.stringify([{ address: "" }]),
        });
        expect(failures).toEqual([
            "certPath: the offline docker plugin doesn't support certPath; leave it out, or install the official plugin: pulumi plugin install resource docker",
            'host: the offline docker plugin speaks unix:// and ssh:// only (got "tcp://1.2.3.4:2375"); use ssh://user@host, or install the official plugin: pulumi plugin install resource docker',
            'registryAuth[0].address: must name the registry, e.g. "registry.example.com"',
        ]);
    });
});
