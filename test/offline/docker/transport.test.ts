import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { closeEngines, EngineClient } from "../../../tools/offline/plugins/docker/engine/client";
import { parseEndpoint, resolveEndpoint } from "../../../tools/offline/plugins/docker/engine/endpoint";
import { SshStream } from "../../../tools/offline/plugins/docker/engine/ssh-stream";
import {
    BASE_IMAGE,
    calls,
    cleanUp,
    CONTAINER,
    context,
    engine,
    IMAGE,
    makeBaseImage,
    NETWORK,
    present,
    unique,
    VOLUME,
} from "./support/engine";
import { startSshd, type Sshd } from "./support/sshd";

jest.setTimeout(120_000);

let sshd: Sshd;

beforeAll(async () => {
    sshd = await startSshd();
    await makeBaseImage();
});

afterAll(async () => {
    closeEngines();
    await sshd.stop();
    await cleanUp();
    engine.close();
});

const configOf = (kind: string) => (kind === "ssh" ? { host: sshd.host, sshOpts: sshd.options } : { host: "unix:///var/run/docker.sock" });

describe.each(["unix", "ssh"])("docker plugin over %s", (kind) => {
    test("every resource is created, read and deleted", async () => {
        const config = configOf(kind);
        const [volume, network, image, container] = [VOLUME, NETWORK, IMAGE, CONTAINER].map((type) => calls(type, context(config, type)));
        const folder = mkdtempSync(join(tmpdir(), "quaitest-context-"));
        writeFileSync(join(folder, "Dockerfile"), `FROM ${BASE_IMAGE}\nCOPY file /file\nRUN cat /file\n`);
        writeFileSync(join(folder, "file"), "x".repeat(300_000));
        const names = { volume: unique("v"), network: unique("n"), container: unique("c"), image: `${unique("i")}:1` };

        const madeVolume = await present(volume).create({ name: names.volume });
        const madeNetwork = await present(network).create({ name: names.network });
        const madeImage = await present(image).create({ name: names.image, build: { context: folder } });
        const made = await present(container).create({
            name: names.container,
            image: madeImage.outputs.imageId,
            command: ["sh", "-c", "cat /data/f; exec sleep 60"],
            networksAdvanced: [{ name: names.network, aliases: ["api"] }],
            mounts: [{ type: "volume", source: names.volume, target: "/data" }],
            uploads: [{ file: "/data/f", content: "y".repeat(200_000) }],
            healthcheck: { tests: ["CMD", "cat", "/file"], interval: "300ms" },
            wait: true,
        });
        rmSync(folder, { recursive: true });

        expect(await present(container).read(made.id, {}, made.outputs)).toMatchObject({
            outputs: { name: names.container, mustRun: true },
        });
        await present(container).delete(made.id, made.outputs);
        await present(network).delete(madeNetwork.id, madeNetwork.outputs);
        await present(volume).delete(madeVolume.id, madeVolume.outputs);
        await present(image).delete(madeImage.id, madeImage.outputs);
        expect(await present(container).read(made.id, {}, made.outputs)).toBeUndefined();
        expect(await present(image).read(madeImage.id, {}, madeImage.outputs)).toBeUndefined();
    });

    test("a job's whole output comes back, however long", async () => {
        const { create } = calls(CONTAINER, context(configOf(kind)));
        const command = ["sh", "-c", "seq 1 20000; exit 3"];
        const { outputs } = await create({ name: unique("job"), image: BASE_IMAGE, command, mustRun: false, attach: true, logs: true });
        expect(outputs.exitCode).toBe(3);
        expect(String(outputs.containerLogs).trim().split("\n")).toHaveLength(20000);
    });

    test("many calls at once are all answered", async () => {
        const { create, delete: remove } = calls(VOLUME, context(configOf(kind), VOLUME));
        const made = await Promise.all(Array.from({ length: 30 }, () => create({ name: unique("many") })));
        expect(new Set(made.map(({ id }) => id)).size).toBe(30);
        await Promise.all(made.map(({ id, outputs }) => remove(id, outputs)));
    });
});

describe("ssh", () => {
    test("all calls share one login", async () => {
        const client = new EngineClient(parseEndpoint(sshd.host, sshd.options));
        const before = accepted();
        await Promise.all(Array.from({ length: 20 }, () => client.json("GET", "/info")));
        client.close();
        expect(accepted() - before).toBe(1);
    });

    test("a dead connection is made anew", async () => {
        const client = new EngineClient(parseEndpoint(sshd.host, sshd.options));
        await client.json("GET", "/info");
        client.close();
        await expect(client.json("GET", "/info")).resolves.toMatchObject({ OSType: "linux" });
        client.close();
    });

    test("a refused key is one clear error", async () => {
        const options = sshd.options.map((option) => (option.endsWith("/user") ? "/dev/null" : option));
        const { create } = calls(VOLUME, context({ host: sshd.host, sshOpts: options }));
        await expect(create({ name: unique("v") })).rejects.toThrow(/^docker:host: can't reach Docker over ssh:\/\/.*Permission denied/);
    });

    test("a closed port is one clear error", async () => {
        const { create } = calls(VOLUME, context({ host: "ssh://nobody@127.0.0.1:1", sshOpts: sshd.options }));
        await expect(create({ name: unique("v") })).rejects.toThrow(/^docker:host: can't reach Docker over .*Connection refused/);
    });

    const accepted = () =>
        sshd
            .log()
            .split("\n")
            .filter((line) => line.startsWith("Accepted publickey")).length;
});

describe("a connection over ssh that is lost, and comes back", () => {
    /** An ssh whose connections last for a second, and end badly unless told; as many as one says fail before that. */
    function unsteady(end = "exec timeout --signal KILL 1 docker system dial-stdio") {
        const folder = mkdtempSync(join(tmpdir(), "quaitest-ssh-"));
        const failures = join(folder, "failures");
        const lines = [
            "#!/bin/sh",
            `left=$(cat ${failures})`,
            `if [ "$left" -gt 0 ]; then echo $((left - 1)) >${failures}; exit 255; fi`,
            end,
        ];
        writeFileSync(join(folder, "ssh"), `${lines.join("\n")}\n`, { mode: 0o755 });
        process.env["PATH"] = `${folder}:${path}`;
        const client = new EngineClient(parseEndpoint("ssh://me@nowhere", ["-o", "ControlPath=none"]));
        const fail = (times: number) => writeFileSync(failures, `${times}\n`);
        fail(0);
        return { client, fail, left: () => Number(readFileSync(failures, "utf8")) };
    }
    const path = process.env["PATH"];
    afterEach(() => void (process.env["PATH"] = path));

    test("what changes nothing is asked again, and so is what changes nothing the second time", async () => {
        const { client, fail, left } = unsteady();
        await client.json("GET", "/info");
        await sleep(1500);
        fail(2);
        await expect(client.json("GET", "/info")).resolves.toMatchObject({ OSType: "linux" });
        expect(left()).toBe(0);
        await sleep(1500);
        fail(1);
        const start = client.send("POST", `/containers/${unique("none")}/start`, { repeatable: true });
        await expect(start).rejects.toThrow("No such container");
        expect(left()).toBe(0);
        client.close();
    });

    test("a connection that ended well while nobody used it is made anew, whatever is asked", async () => {
        const { client } = unsteady("timeout 1 docker system dial-stdio; exit 0");
        await client.json("GET", "/info");
        await sleep(1500);
        const start = client.send("POST", `/containers/${unique("none")}/start`);
        await expect(start).rejects.toThrow("No such container");
        client.close();
    });

    test("what would be done twice is not: one clear error", async () => {
        const { client, fail } = unsteady();
        await client.json("GET", "/info");
        await sleep(1500);
        fail(1);
        await expect(client.json("POST", "/volumes/create", { json: { Name: unique("lost") } })).rejects.toThrow(
            /^docker:host: can't reach Docker over ssh:\/\/me@nowhere: ssh ended with code 255/,
        );
        client.close();
    });
});

describe("an ssh that has just ended, which nobody knows yet", () => {
    const failureOf = (stream: SshStream) => new Promise<Error>((resolve) => stream.once("error", resolve));

    test("of a connection that was used, another one is asked for", async () => {
        const child = spawn("cat");
        const stream = new SshStream(child, "ssh://me@host");
        stream.write("hello");
        await once(stream, "data");
        child.stdin.destroy();
        stream.write("again");
        expect(await failureOf(stream)).toMatchObject({ code: "ECONNRESET" });
    });

    test("of a new one, what ssh said is told", async () => {
        const child = spawn("sh", ["-c", "sleep 0.2; echo 'Permission denied (publickey).' >&2; exit 255"]);
        const stream = new SshStream(child, "ssh://me@host");
        child.stdin.destroy();
        stream.write("hello");
        expect((await failureOf(stream)).message).toContain("Permission denied (publickey)");
    });
});

describe("provider configuration", () => {
    test("nothing listens: one clear error that names the socket", async () => {
        const { create } = calls(VOLUME, context({ host: "unix:///nonexistent/docker.sock" }));
        await expect(create({ name: "x" })).rejects.toThrow(
            "docker:host: no Docker engine answers at unix:///nonexistent/docker.sock (ENOENT); start it, or set docker:host",
        );
    });

    test.each([
        [
            "tcp://10.0.0.1:2376",
            /^docker:host: the offline docker plugin speaks unix:\/\/ and ssh:\/\/ only \(got "tcp:\/\/10.0.0.1:2376"\)/,
        ],
        ["ssh://me:hunter22@host", /^docker:host: a password in an ssh:\/\/ address isn't supported/],
        ["ssh://-oProxyCommand=x@host", /^docker:host: must be ssh:\/\/user@host/],
        ["ssh://", /^docker:host: must be ssh:\/\/user@host/],
    ])("%s is refused", (host, message) => {
        expect(() => parseEndpoint(host, [])).toThrow(message);
        expect(() => parseEndpoint(host, [])).not.toThrow("hunter22");
    });

    test("host: the provider's, else DOCKER_HOST, else a context, else the usual socket", () => {
        const folder = mkdtempSync(join(tmpdir(), "quaitest-config-"));
        const withContext = { DOCKER_CONFIG: folder };
        expect(resolveEndpoint({}, withContext)).toMatchObject({ kind: "unix", socket: "/var/run/docker.sock" });
        writeContext(folder, "far", "ssh://me@far:2222");
        expect(resolveEndpoint({ context: "far" }, withContext)).toMatchObject({ kind: "ssh", host: "far", user: "me", port: "2222" });
        writeFileSync(join(folder, "config.json"), JSON.stringify({ currentContext: "far" }));
        expect(resolveEndpoint({}, withContext)).toMatchObject({ kind: "ssh", host: "far" });
        expect(resolveEndpoint({}, { ...withContext, DOCKER_HOST: "unix:///other.sock" })).toMatchObject({ socket: "/other.sock" });
        expect(resolveEndpoint({ host: "ssh://x/run/d.sock" }, withContext)).toMatchObject({ host: "x", socket: "/run/d.sock" });
        expect(() => resolveEndpoint({ context: "near" }, withContext)).toThrow('docker:context: no docker context is called "near"');
        rmSync(folder, { recursive: true });
    });
});

function writeContext(folder: string, name: string, host: string): void {
    const meta = join(folder, "contexts", "meta", "abc");
    rmSync(meta, { recursive: true, force: true });
    mkdirSync(meta, { recursive: true });
    writeFileSync(join(meta, "meta.json"), JSON.stringify({ Name: name, Endpoints: { docker: { Host: host } } }));
}
