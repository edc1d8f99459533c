import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { InspectedContainer } from "../../../tools/offline/plugins/docker/container/inspect";
import { BASE_IMAGE, cleanUp, engine, exec, inspect, makeBaseImage, PREFIX } from "./support/engine";
import { PulumiStack, type Run } from "./support/pulumi";
import { startSshd, type Sshd } from "./support/sshd";

jest.setTimeout(240_000);

const SECRET = "wX9-secret-of-the-test";

describe.each(["unix", "ssh"])("the real engine and the npm SDK, over %s", (kind) => {
    const prefix = `${PREFIX}-${kind}`;
    let stack: PulumiStack;
    let sshd: Sshd | undefined;
    let context: string;
    const outputs: string[] = [];

    beforeAll(async () => {
        await makeBaseImage();
        sshd = kind === "ssh" ? await startSshd() : undefined;
        context = mkdtempSync(join(tmpdir(), "quaitest-context-"));
        writeFileSync(join(context, "Dockerfile"), "ARG BASE\nFROM $BASE\nARG RELEASE\nRUN echo $RELEASE > /release\n");
        stack = await PulumiStack.open();
    });
    afterAll(async () => {
        await sshd?.stop();
        stack.close();
        rmSync(context, { recursive: true, force: true });
        await cleanUp();
        if (kind === "ssh") engine.close();
    });

    const provider = () => (sshd === undefined ? { host: "unix:///var/run/docker.sock" } : { host: sshd.host, sshOpts: sshd.options });

    async function pulumi(args: readonly string[], stage: object): Promise<Run> {
        const run = await stack.run(args, { prefix, secret: SECRET, baseImage: BASE_IMAGE, context, provider: provider(), ...stage });
        outputs.push(run.output);
        return run;
    }

    async function up(stage: object): Promise<string> {
        const { code, output } = await pulumi(["up", "--yes", "--skip-preview"], stage);
        if (code !== 0) throw new Error(output);
        return output;
    }

    const service = (release: string) => inspect<InspectedContainer>("containers", `${prefix}-service-${release}`);

    test("up deploys everything; what the container got is what the program said", async () => {
        expect(await up({ release: "1" })).toMatch(/\+ 7 created/);
        expect((await service("1")).State.Health?.Status).toBe("healthy");
        expect(await exec(`${prefix}-service-1`, "cat", "/release", "/etc/app/token")).toContain(`1\r\n${SECRET}`);
    });

    test("a second up, a refresh and a preview after it find nothing to do", async () => {
        expect(await up({ release: "1" })).toMatch(/7 unchanged/);
        const refresh = await pulumi(["refresh", "--yes", "--skip-preview", "--expect-no-changes"], { release: "1" });
        expect(refresh).toMatchObject({ code: 0 });
        expect(await pulumi(["preview", "--expect-no-changes"], { release: "1" })).toMatchObject({ code: 0 });
    });

    // The rest is about the plugin, whatever the way to the engine.
    if (kind === "unix") {
        test("a restart policy changes in place", async () => {
            const before = await inspect<InspectedContainer>("containers", `${prefix}-swapped-1`);
            expect(await up({ release: "1", restart: "always" })).toMatch(/~ 1 updated/);
            const after = await inspect<InspectedContainer>("containers", `${prefix}-swapped-1`);
            expect([after.Id, after.HostConfig.RestartPolicy.Name]).toEqual([before.Id, "always"]);
        });

        test("a release that never gets healthy: the update fails and says why, the old one keeps running", async () => {
            const { code, output } = await pulumi(["up", "--yes", "--skip-preview"], { release: "2", broken: true });
            expect(code).not.toBe(0);
            expect(output).toContain("failed to be in healthy state within waitTimeout (2 s)");
            expect(output).toMatch(/last healthcheck \(exit code 1\): it is \[secret\]/);
            expect(output).toContain("token is [secret]");
            expect((await service("1")).State).toMatchObject({ Running: true, Health: { Status: "healthy" } });
            expect((await service("2")).State.Running).toBe(true);
            expect(JSON.parse(stack.state())).toMatchObject({ checkpoint: { latest: { resources: expect.anything() as unknown } } });
        });

        test("the same again: the bad one is replaced and judged again", async () => {
            const bad = await service("2");
            const { code, output } = await pulumi(["up", "--yes", "--skip-preview"], { release: "2", broken: true });
            expect(code).not.toBe(0);
            expect(output).toMatch(/service-2.*replac/);
            expect((await service("2")).Id).not.toBe(bad.Id);
            expect((await service("1")).State.Running).toBe(true);
        });

        test("the next good release: both others go, and `swapped` was created before the old one was deleted", async () => {
            const output = await up({ release: "3" });
            const order = output.split("\n").filter((line) => /swapped (created|deleted)/.test(line));
            // Two old ones: the failed release had made one, too.
            expect(order.map((line) => /created|deleted/.exec(line)?.[0])).toEqual(["created", "deleted", "deleted"]);
            const names = await engine.json<{ Names: string[] }[]>("GET", "/containers/json", { query: { all: true } });
            const mine = names.flatMap((container) => container.Names).filter((name) => name.startsWith(`/${prefix}`));
            expect(mine.sort()).toEqual([`/${prefix}-service-3`, `/${prefix}-swapped-3`]);
        });

        test("drift: a container removed by hand is found by a refresh and made anew", async () => {
            await engine.send("DELETE", `/containers/${prefix}-service-3`, { query: { force: true } });
            const { code, output } = await pulumi(["up", "--refresh", "--yes", "--skip-preview"], { release: "3" });
            expect([code, output]).toEqual([0, expect.stringMatching(/\+ 1 created/)]);
            expect((await service("3")).State.Running).toBe(true);
        });

        test("a preview of a new release knows what will happen without touching anything", async () => {
            const { code, output } = await pulumi(["preview"], { release: "4" });
            expect([code, output]).toEqual([0, expect.stringMatching(/service-4.*create/)]);
            await expect(service("4")).rejects.toThrow("No such container");
        });

        test.each([
            [{ gpus: "all" }, "gpus: the offline docker plugin doesn't support gpus"],
            [
                { mounts: [{ type: "tmpfs", target: "/t", raedOnly: true }] },
                'mounts[0].raedOnly: unknown property of ContainerMount; did you mean "readOnly"?',
            ],
        ])("%j is refused by name", async (extra, message) => {
            const { code, output } = await pulumi(["preview"], { release: "3", extra });
            expect([code, output]).toEqual([1, expect.stringContaining(message)]);
        });

        test("a tcp:// host is refused", async () => {
            const { code, output } = await pulumi(["preview"], { release: "3", provider: { host: "tcp://127.0.0.1:2375" } });
            expect([code, output]).toEqual([1, expect.stringContaining("the offline docker plugin speaks unix:// and ssh:// only")]);
        });
    }

    test("no secret stands in the state or in any output", () => {
        expect(stack.state()).toContain("ciphertext");
        expect(stack.state()).not.toContain(SECRET);
        expect(outputs.join("\n")).not.toContain(SECRET);
    });

    test("destroy leaves nothing", async () => {
        const { code } = await pulumi(["destroy", "--yes", "--skip-preview"], { release: "1" });
        expect(code).toBe(0);
        const [containers, networks, volumes] = await Promise.all([
            engine.json<{ Names: string[] }[]>("GET", "/containers/json", { query: { all: true } }),
            engine.json<{ Name: string }[]>("GET", "/networks"),
            engine.json<{ Volumes: { Labels: Record<string, string> | null }[] | null }>("GET", "/volumes"),
        ]);
        expect(containers.filter(({ Names }) => Names[0]?.startsWith(`/${prefix}`))).toEqual([]);
        expect(networks.filter(({ Name }) => Name.startsWith(prefix))).toEqual([]);
        expect((volumes.Volumes ?? []).filter(({ Labels }) => Labels?.["io.quai.stack"] === prefix)).toEqual([]);
    });
});
