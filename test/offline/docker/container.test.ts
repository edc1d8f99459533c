import { PartialFailure } from "../../../tools/offline/plugins/kit/types";
import { closeEngines } from "../../../tools/offline/plugins/docker/engine/client";
import type { InspectedContainer } from "../../../tools/offline/plugins/docker/container/inspect";
import {
    BASE_IMAGE,
    calls,
    cleanUp,
    CONTAINER,
    context,
    engine,
    exec,
    inspect,
    makeBaseImage,
    NETWORK,
    present,
    unique,
    VOLUME,
    anyNumber,
    matching,
    containing,
} from "./support/engine";

jest.setTimeout(120_000);

const SLEEP = ["sleep", "600"];
const container = calls(CONTAINER);

beforeAll(() => makeBaseImage());

afterAll(async () => {
    closeEngines();
    await cleanUp();
    engine.close();
});

/** Creates and answers the inputs as check leaves them, the id and the outputs. */
async function make(inputs: Record<string, unknown>) {
    const checked = container.normalize({ name: unique("c"), image: BASE_IMAGE, command: SLEEP, ...inputs });
    expect(container.check(checked)).toEqual([]);
    const created = await container.create(checked);
    return { inputs: checked, ...created };
}

const found = (id: string) => inspect<InspectedContainer>("containers", id);

describe("create", () => {
    test("all that a service of this project sets arrives in the engine, and a second look finds no difference", async () => {
        const [network, second, volume] = [unique("n"), unique("n"), unique("v")];
        await calls(NETWORK).create({ name: network });
        await calls(NETWORK).create({ name: second });
        await calls(VOLUME).create({ name: volume });
        const made = await make({
            capabilities: { adds: ["CAP_CHOWN"], drops: ["ALL"] },
            cpus: "0.5",
            destroyGraceSeconds: 2,
            dns: ["10.0.0.2", "10.0.0.1"],
            envs: ["B=2", "A=1"],
            groupAdds: ["1001"],
            healthcheck: { tests: ["CMD", "true"], interval: "10s", timeout: "1m0s", startPeriod: "500ms", retries: 3 },
            hostname: "api",
            hosts: [{ host: "gate", ip: "host-gateway" }],
            init: true,
            labels: [{ label: "io.quai.stack", value: "t" }],
            logDriver: "json-file",
            logOpts: { "max-size": "10m", "max-file": "3" },
            memory: 64,
            memorySwap: 128,
            mounts: [
                { type: "volume", source: volume, target: "/data" },
                { type: "tmpfs", target: "/scratch", tmpfsOptions: { sizeBytes: 1_000_000, mode: 448 } },
            ],
            networksAdvanced: [{ name: second }, { name: network, aliases: ["api", "backend"] }],
            ports: [{ internal: 8080, ip: "127.0.0.1" }],
            restart: "unless-stopped",
            securityOpts: ["no-new-privileges:true"],
            shmSize: 32,
            stopSignal: "SIGINT",
            stopTimeout: 7,
            sysctls: { "net.core.somaxconn": "512" },
            tmpfs: { "/tmp": "size=1m" },
            ulimits: [{ name: "nofile", soft: 1000, hard: 2000 }],
            uploads: [
                { file: "/etc/app/a.conf", content: "é=1\n" },
                { file: "/usr/local/bin/run", contentBase64: Buffer.from("#!/bin/sh\n").toString("base64"), executable: true },
                { file: "/secret", content: "s", permissions: "0400" },
            ],
            user: "65534:65534",
            workingDir: "/tmp",
        });
        const { Config: config, HostConfig: host, NetworkSettings: net, State: state } = await found(made.id);
        expect(config).toMatchObject({
            Hostname: "api",
            User: "65534:65534",
            WorkingDir: "/tmp",
            StopSignal: "SIGINT",
            StopTimeout: 7,
            Cmd: SLEEP,
        });
        expect(config.Env).toEqual(["A=1", "B=2", "FROM_IMAGE=yes"]);
        expect(config.Labels).toEqual({ "io.quai.stack": "t", from: "image" });
        expect(config.Healthcheck).toEqual({ Test: ["CMD", "true"], Interval: 10e9, Timeout: 60e9, StartPeriod: 0.5e9, Retries: 3 });
        expect(host).toMatchObject({
            CapDrop: ["ALL"],
            Dns: containing(["10.0.0.1", "10.0.0.2"]),
            ExtraHosts: ["gate:host-gateway"],
            GroupAdd: ["1001"],
            Init: true,
            LogConfig: { Type: "json-file", Config: { "max-size": "10m", "max-file": "3" } },
            Memory: 64 * 1024 * 1024,
            MemorySwap: 128 * 1024 * 1024,
            NanoCpus: 5e8,
            NetworkMode: "bridge",
            RestartPolicy: { Name: "unless-stopped", MaximumRetryCount: 0 },
            SecurityOpt: ["no-new-privileges:true"],
            ShmSize: 32 * 1024 * 1024,
            Sysctls: { "net.core.somaxconn": "512" },
            Tmpfs: { "/tmp": "size=1m" },
            Ulimits: [{ Name: "nofile", Soft: 1000, Hard: 2000 }],
        });
        expect(Object.keys(present(net.Networks)).sort()).toEqual([network, second].sort());
        expect(present(net.Networks)[network]?.Aliases).toEqual(expect.arrayContaining(["api", "backend"]));
        expect(state.Running).toBe(true);
        expect(await exec(made.id, "cat", "/etc/app/a.conf")).toBe("é=1");
        expect(await exec(made.id, "stat", "-c", "%a %u", "/usr/local/bin/run", "/secret", "/etc/app")).toBe("744 0\r\n400 0\r\n755 0");

        expect(container.diff(made.outputs, made.inputs)).toMatchObject({ changed: [], replaces: [] });
        const again = present(await container.read(made.id, made.inputs, made.outputs));
        expect(again.inputs).toEqual(made.inputs);
        expect(again.outputs).toEqual(made.outputs);
        expect(made.outputs.ports).toEqual([{ internal: 8080, external: anyNumber, ip: "127.0.0.1", protocol: "tcp" }]);
        expect(made.outputs.networkDatas).toMatchObject([{ networkName: network < second ? network : second }, {}]);
        await container.delete(made.id, made.outputs);
    });

    test("without a name it gets the logical one and seven digits, and keeps it", () => {
        const first = container.normalize({ image: "x" });
        expect(first.name).toMatch(/^thing-[0-9a-f]{7}$/);
        expect(container.normalize({ image: "y" }, first).name).toBe(first.name);
    });

    test("a name in use: the error names the container in the way, its labels, and the way out", async () => {
        const made = await make({ labels: [{ label: "io.quai.stack", value: "other" }] });
        const name = String(made.outputs.name);
        const error = await container.create({ name, image: BASE_IMAGE, command: SLEEP }).catch((caught: unknown) => caught);
        expect(error).not.toBeInstanceOf(PartialFailure);
        expect(String(error)).toContain(`container "${name}": the name is already in use by container ${made.id.slice(0, 12)}`);
        expect(String(error)).toContain("labels from=image, io.quai.stack=other");
        expect(String(error)).toContain(`docker rm -f ${name}`);
    });

    test("start: false only creates", async () => {
        const made = await make({ start: false });
        expect((await found(made.id)).State.Status).toBe("created");
    });

    test("mustRun and the end comes at once: no error, but the state says mustRun: false, so the next update starts it", async () => {
        const made = await make({ command: ["false"] });
        const later = await settled(made.id, made);
        expect(later.outputs).toMatchObject({ mustRun: false, exitCode: 1 });
        expect(container.diff(later.outputs, made.inputs)).toMatchObject({ changed: ["mustRun"], replaces: [] });
    });

    test("a job: attach waits for its end, and a non-zero exit code is no error", async () => {
        const command = ["sh", "-c", "echo out; echo err >&2; exit 7"];
        const { outputs, inputs } = await make({ command, attach: true, logs: true, mustRun: false });
        expect(outputs).toMatchObject({ exitCode: 7, mustRun: false });
        expect(String(outputs.containerLogs).split("\n").sort()).toEqual(["", "err", "out"]);
        expect(container.diff(outputs, inputs).changed).toEqual([]);
    });

    test("an image that isn't there: an error that names it, and no container", async () => {
        const name = unique("c");
        await expect(container.create({ name, image: "127.0.0.1:1/nothing:1" })).rejects.toThrow(
            /^image 127.0.0.1:1\/nothing:1: can't pull it: .*refused/,
        );
        await expect(found(name)).rejects.toThrow("No such container");
    });
});

async function settled(id: string, made: { inputs: Record<string, unknown> | object; outputs: object }) {
    for (;;) {
        const now = present(await container.read(id, { ...made.inputs }, { ...made.outputs }));
        if (now.outputs.mustRun === false) return now;
    }
}

describe("partial failure", () => {
    const failure = async (inputs: Record<string, unknown>) => {
        const checked = container.normalize({ name: unique("bad"), image: BASE_IMAGE, command: SLEEP, ...inputs });
        const error = await container.create(checked).catch((caught: unknown) => caught);
        if (!(error instanceof PartialFailure)) throw error;
        return { error, checked };
    };

    test("never healthy: kept and recorded as failed, with the check's last words and the last lines of output", async () => {
        const healthcheck = { tests: ["CMD-SHELL", "echo not yet; exit 1"], interval: "300ms", retries: 2 };
        const { error, checked } = await failure({
            command: ["sh", "-c", "echo starting up; sleep 600"],
            healthcheck,
            wait: true,
            waitTimeout: 3,
        });
        expect(error.reasons.join("\n")).toMatch(
            /^container ".*" failed to be in healthy state within waitTimeout \(3 s\): running, unhealthy after \d+ failed checks in a row\nlast healthcheck \(exit code 1\): not yet\nlast lines of its output:\nstarting up$/,
        );
        expect((await found(error.id)).State.Running).toBe(true);
        expect(container.diff(error.outputs, checked)).toMatchObject({
            changed: containing(["entrypoints", "networkDatas"]),
            replaces: containing(["entrypoints", "networkDatas"]),
            deleteBeforeReplace: true,
        });
        const refreshed = present(await container.read(error.id, checked, error.outputs));
        expect(container.diff(refreshed.outputs, checked).replaces).toEqual(expect.arrayContaining(["networkDatas"]));
    });

    test("ended before it was healthy: fails at once instead of after waitTimeout", async () => {
        const started = Date.now();
        const healthcheck = { tests: ["CMD", "true"], interval: "30s" };
        const { error } = await failure({ command: ["sh", "-c", "echo no database; exit 4"], healthcheck, wait: true, waitTimeout: 60 });
        expect(error.message).toMatch(/ended before it was healthy: exited, exit code 4/);
        expect(error.message).toContain("no database");
        expect(Date.now() - started).toBeLessThan(30_000);
    });

    test("wait without any healthcheck", async () => {
        const { error } = await failure({ wait: true });
        expect(error.message).toMatch(/wait needs a healthcheck/);
    });

    test.each([
        ["an unknown network", { networksAdvanced: [{ name: "quaitest-no-such-network" }] }, /network quaitest-no-such-network not found/],
        ["a program that isn't there", { command: ["/nothing"] }, /^container ".*": can't start it: .*nothing/],
        ["uploads into a read-only container", { readOnly: true, uploads: [{ file: "/x", content: "1" }] }, /read-only/],
    ])("%s", async (_title, inputs, message) => {
        const { error, checked } = await failure(inputs);
        expect(error.message).toMatch(message);
        expect(container.diff(error.outputs, checked).replaces).toContain("networkDatas");
        await container.delete(error.id, error.outputs);
    });

    test("cancelling stops the wait", async () => {
        const mine = calls(CONTAINER, context());
        const running = mine.create({
            name: unique("c"),
            image: BASE_IMAGE,
            command: SLEEP,
            healthcheck: { tests: ["CMD", "false"], interval: "60s" },
            wait: true,
            waitTimeout: 600,
        });
        setTimeout(() => mine.context.controller.abort(), 1500);
        await expect(running).rejects.toThrow("cancelled");
    });
});

describe("read", () => {
    test("gone: undefined", async () => {
        const made = await make({});
        await container.delete(made.id, made.outputs);
        expect(await container.read(made.id, made.inputs, made.outputs)).toBeUndefined();
    });

    test("drift: a restart policy changed by hand shows, and the update puts it back in place", async () => {
        const made = await make({ restart: "no" });
        await engine.send("POST", `/containers/${made.id}/update`, { json: { RestartPolicy: { Name: "always" } } });
        const now = present(await container.read(made.id, made.inputs, made.outputs));
        expect(now.inputs.restart).toBe("always");
        expect(container.diff(now.outputs, made.inputs)).toMatchObject({ changed: ["restart"], replaces: [] });
        await container.update(made.id, now.outputs, made.inputs);
        expect((await found(made.id)).HostConfig.RestartPolicy.Name).toBe("no");
    });

    test("drift: stopped by hand, without ports: mustRun, and the same container is started again", async () => {
        const made = await make({});
        await engine.send("POST", `/containers/${made.id}/stop`, { query: { t: 0 } });
        const now = present(await container.read(made.id, made.inputs, made.outputs));
        expect(now.outputs).toMatchObject({ mustRun: false, exitCode: 137 });
        expect(container.diff(now.outputs, made.inputs)).toMatchObject({ changed: ["mustRun"], replaces: [] });
        const outputs = await container.update(made.id, now.outputs, made.inputs);
        expect((await found(made.id)).State.Running).toBe(true);
        expect(outputs).toMatchObject({ mustRun: true, networkDatas: [{ ipAddress: matching(/^\d/) }] });
    });

    test("drift: stopped by hand, with ports: replaced, as by the official plugin", async () => {
        const made = await make({ ports: [{ internal: 80, ip: "127.0.0.1" }] });
        await engine.send("POST", `/containers/${made.id}/stop`, { query: { t: 0 } });
        const now = present(await container.read(made.id, made.inputs, made.outputs));
        expect(container.diff(now.outputs, made.inputs)).toMatchObject({ changed: ["ports", "mustRun"], replaces: ["ports"] });
    });

    test("mustRun: false, and it ended: no drift", async () => {
        const made = await make({ mustRun: false, ports: [{ internal: 80, ip: "127.0.0.1" }] });
        await engine.send("POST", `/containers/${made.id}/stop`, { query: { t: 0 } });
        const now = present(await container.read(made.id, made.inputs, made.outputs));
        expect(container.diff(now.outputs, made.inputs).changed).toEqual([]);
    });

    test("an image by id stays an id, by name a name", async () => {
        const { Id: id } = await inspect<{ Id: string }>("images", BASE_IMAGE);
        const [byId, byName] = [await make({ image: id }), await make({})];
        expect([byId.outputs.image, byName.outputs.image]).toEqual([id, BASE_IMAGE]);
    });

    test("import by id or name: the inputs describe the container, without what its image adds", async () => {
        const volume = unique("v");
        const made = await make({
            envs: ["A=1"],
            labels: [{ label: "l", value: "v" }],
            volumes: [{ volumeName: volume, containerPath: "/data" }],
            restart: "always",
            memory: 32,
            memorySwap: 64,
        });
        for (const id of [made.id, String(made.outputs.name)]) {
            const imported = present(await container.read(id));
            expect(imported.id).toBe(made.id);
            expect(imported.inputs).toMatchObject({
                name: made.outputs.name,
                image: BASE_IMAGE,
                envs: ["A=1"],
                restart: "always",
                memory: 32,
            });
            expect(imported.inputs.labels).toEqual([{ label: "l", value: "v" }]);
            expect(container.diff(imported.outputs, made.inputs).replaces).toEqual([]);
        }
        expect(await container.read("no-such-container")).toBeUndefined();
    });
});

describe("update", () => {
    test("limits and the restart policy are changed in the running container", async () => {
        const made = await make({ memory: 64, memorySwap: 128 });
        const inputs = {
            ...made.inputs,
            memory: 32,
            memorySwap: 64,
            memoryReservation: 16,
            cpuShares: 512,
            restart: "on-failure",
            maxRetryCount: 3,
        };
        expect(container.diff(made.outputs, inputs).replaces).toEqual([]);
        const outputs = await container.update(made.id, made.outputs, inputs);
        expect((await found(made.id)).HostConfig).toMatchObject({
            Memory: 32 * 1024 * 1024,
            MemorySwap: 64 * 1024 * 1024,
            MemoryReservation: 16 * 1024 * 1024,
            CpuShares: 512,
            RestartPolicy: { Name: "on-failure", MaximumRetryCount: 3 },
        });
        expect(container.diff(outputs, inputs).changed).toEqual([]);
        expect((await found(made.id)).State.Running).toBe(true);
    });

    test("memory above the swap limit: the error says what to set", async () => {
        const made = await make({ memory: 32, memorySwap: 32 });
        const inputs = { ...made.inputs, memory: 64, memorySwap: undefined };
        await expect(container.update(made.id, made.outputs, inputs)).rejects.toThrow(/set memorySwap beside memory/);
    });
});

describe("delete", () => {
    test("with grace: SIGTERM first, and removeVolumes takes anonymous volumes along", async () => {
        const command = ["sh", "-c", "trap 'echo bye > /log/out; exit 0' TERM; touch /log/ready; while true; do sleep 0.1; done"];
        const log = unique("v");
        const made = await make({
            command,
            destroyGraceSeconds: 10,
            healthcheck: { tests: ["CMD", "cat", "/log/ready"], interval: "200ms" },
            wait: true,
            volumes: [{ containerPath: "/anonymous" }, { volumeName: log, containerPath: "/log" }],
        });
        const anonymous = (await inspect<{ Mounts: { Name: string; Destination: string }[] }>("containers", made.id)).Mounts.find(
            (mount) => mount.Destination === "/anonymous",
        );
        await container.delete(made.id, made.outputs);
        await expect(inspect("volumes", present(anonymous).Name)).rejects.toThrow(/no such volume/i);
        const job = await make({
            command: ["cat", "/log/out"],
            volumes: [{ volumeName: log, containerPath: "/log" }],
            attach: true,
            logs: true,
            mustRun: false,
        });
        expect(job.outputs.containerLogs).toBe("bye\n");
    });

    test("without grace it is killed at once, as by the official plugin; deleting twice is fine", async () => {
        const made = await make({ command: ["sh", "-c", "trap '' TERM; while true; do sleep 0.1; done"] });
        const started = Date.now();
        await container.delete(made.id, made.outputs);
        expect(Date.now() - started).toBeLessThan(9000);
        await container.delete(made.id, made.outputs);
    });
});
