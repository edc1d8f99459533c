import { spawn } from "node:child_process";
import * as grpc from "@grpc/grpc-js";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import * as proto from "@pulumi/pulumi/proto/provider_pb";
import { type PluginProcess, until } from "../harness";
import { BOX, FROZEN, SAMPLE, TSX, failureOf, startSample } from "./sample";

// Processes are started for real, on a machine that may be busy.
jest.setTimeout(60_000);

let plugin: PluginProcess;
beforeAll(async () => {
    plugin = await startSample();
});
afterAll(() => plugin.stop());

describe("the provider itself", () => {
    test("its configuration is checked like a resource, lists and switches being JSON texts", async () => {
        expect(await plugin.checkConfig({ version: "9.8.7", host: "ssh://h", sshOpts: '["-v"]', check: "true" })).toEqual([]);
        expect((await plugin.checkConfig({ hots: "x", sshOpts: "-v", check: "yes" })).sort()).toEqual([
            'check: must be a boolean (got "yes")',
            'hots: unknown property of the docker provider; did you mean "host"?',
            'sshOpts: must be a list (got "-v")',
        ]);
        expect(await plugin.checkConfig({ host: "nowhere" })).toEqual(["host: leads nowhere"]);
    });

    test("a change of it replaces nothing", async () => {
        const request = new proto.DiffRequest()
            .setOldInputs(Struct.fromJavaScript({ host: "a" }))
            .setNews(Struct.fromJavaScript({ host: "b" }));
        const response = await new Promise<proto.DiffResponse>((resolve, reject) =>
            plugin.calls.diffConfig(request, (error, answer) => (error ? reject(error) : resolve(answer))),
        );
        expect([response.getChanges(), response.getDiffsList(), response.getReplacesList()]).toEqual([
            proto.DiffResponse.DiffChanges.DIFF_SOME,
            ["host"],
            [],
        ]);
    });

    test("handlers get it, and its secrets are hidden as well", async () => {
        const fresh = await startSample();
        try {
            await fresh.configure({ host: "ssh://h", auth: JSON.stringify([{ address: "r", password: "registry-password" }]) });
            await fresh.create(BOX, { image: "i", token: "t" });
            expect(fresh.logs.at(-1)?.message).toBe('config {"auth":[{"address":"r","password":"[secret]"}],"host":"ssh://h"}');
        } finally {
            await fresh.stop();
        }
    });

    test("it tells its version and a schema of what it knows", async () => {
        const info = await new Promise<string>((resolve, reject) =>
            plugin.calls.getPluginInfo(new Empty(), (error, answer) => (error ? reject(error) : resolve(answer.getVersion()))),
        );
        expect(info).toBe("9.8.7");
        const text = await new Promise<string>((resolve, reject) =>
            plugin.calls.getSchema(new proto.GetSchemaRequest(), (error, answer) => (error ? reject(error) : resolve(answer.getSchema()))),
        );
        const schema = JSON.parse(text) as {
            resources: Record<string, { requiredInputs: string[]; inputProperties: Record<string, unknown> }>;
            types: Record<string, unknown>;
        };
        expect(Object.keys(schema.resources)).toEqual([BOX, FROZEN]);
        expect(schema.resources[BOX]?.requiredInputs).toEqual(["image"]);
        expect(schema.resources[BOX]?.inputProperties["ports"]).toEqual({
            type: "array",
            items: { $ref: "#/types/docker:index/Port:Port" },
            willReplaceOnChanges: true,
        });
        expect(schema.types["docker:index/Mode:Mode"]).toEqual({ type: "string", enum: [{ value: "fast" }, { value: "slow" }] });
    });

    test("functions and components are refused by name", async () => {
        const request = new proto.InvokeRequest().setTok("docker:index/getNetwork:getNetwork");
        const call = new Promise((resolve, reject) =>
            plugin.calls.invoke(request, (error, answer) => (error ? reject(error) : resolve(answer))),
        );
        await expect(call).rejects.toThrow('docker:index/getNetwork:getNetwork: the fallback plugin for "docker" has resources only');
    });
});

describe("the end", () => {
    test("cancellation stops what runs, and refuses what comes later", async () => {
        const fresh = await startSample();
        try {
            const running = failureOf(fresh.create(BOX, { image: "i", fail: "wait" }));
            await until(() => fresh.logs.some(({ message }) => message === "waiting"));
            await fresh.cancel();
            expect(await running).toMatchObject({ code: grpc.status.CANCELLED, message: "thing: cancelled (stopped)" });
            await expect(fresh.create(BOX, { image: "i" })).rejects.toThrow("thing: cancelled");
        } finally {
            expect(await fresh.stop()).toBe(0);
        }
    });

    test("a timeout stops one call only", async () => {
        const late = await failureOf(plugin.create(BOX, { image: "i", fail: "wait" }, { timeout: 0.2 }));
        expect(late.message).toBe("thing: timed out after 0.2 s (customTimeouts of the resource) (stopped)");
        expect((await plugin.create(BOX, { image: "i" })).id).toBe("id-of-thing");
    });

    test("the plugin ends, and closes what it holds, when the engine goes away", async () => {
        const child = spawn(TSX, [SAMPLE], { stdio: ["pipe", "pipe", "pipe"], env: { ...process.env, QUAI_TEST_TELL: "1" } });
        const errors: string[] = [];
        child.stderr.on("data", (data: Buffer) => errors.push(data.toString()));
        await new Promise((resolve) => child.stdout.once("data", resolve));
        const ended = new Promise((resolve) => child.once("exit", resolve));
        child.stdin.end();
        expect(await ended).toBe(0);
        expect(errors.join("")).toContain("closed");
    });
});
