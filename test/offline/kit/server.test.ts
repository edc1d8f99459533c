import { spawn } from "node:child_process";
import { join } from "node:path";
import * as grpc from "@grpc/grpc-js";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import * as proto from "@pulumi/pulumi/proto/provider_pb";
import { CallFailure, isSecret, PluginProcess, revealed, secret, UNKNOWN, until, urnOf } from "../harness";

// Processes are started for real, on a machine that may be busy.
jest.setTimeout(60_000);

const BOX = "docker:index/box:Box";
const FROZEN = "docker:index/frozen:Frozen";
const TOKEN = 'a "very" secret & long value';
const TSX = join(__dirname, "../../../node_modules/.bin/tsx");
const SAMPLE = join(__dirname, "sample-plugin.ts");

let plugin: PluginProcess;
beforeAll(async () => {
    plugin = await PluginProcess.start(TSX, [SAMPLE]);
});
afterAll(() => plugin.stop());

async function failureOf(call: Promise<unknown>): Promise<CallFailure> {
    const outcome = await call.then(
        () => undefined,
        (error: unknown) => error,
    );
    if (outcome instanceof CallFailure) return outcome;
    throw new Error("the call did not fail");
}

describe("check", () => {
    test("names every problem with its path, all at once", async () => {
        const { failures } = await plugin.check(BOX, {
            sise: 4,
            size: 4.5,
            mode: "quick",
            ports: [{ internal: 80 }, { internl: 80, protocol: 6 }],
            labels: { "a.b": 1 },
            name: ["x"],
        });
        expect(failures.sort()).toEqual([
            "image: required property of Box is missing",
            'labels["a.b"]: must be a string (got 1)',
            'mode: must be one of "fast", "slow" (got "quick")',
            'name: must be a string (got ["x"])',
            "ports[1].internal: required property of Port is missing",
            'ports[1].internl: unknown property of Port; did you mean "internal"?',
            "ports[1].protocol: must be a string (got 6)",
            'sise: unknown property of Box; did you mean "size"?',
            "size: must be a whole number (got 4.5)",
        ]);
    });

    test("lists the known names where none is near", async () => {
        const { failures } = await plugin.check(BOX, { image: "i", ports: [{ internal: 1, somethingElse: true }] });
        expect(failures).toEqual(["ports[0].somethingElse: unknown property of Port; it has: internal, protocol"]);
    });

    test("fills in defaults, nested ones too, then the handler's own, and runs its rules", async () => {
        const { inputs, failures } = await plugin.check(BOX, { image: "i", ports: [{ internal: 80 }] });
        expect(failures).toEqual([]);
        expect(inputs).toEqual({ image: "i", size: 3, name: "thing-1", ports: [{ internal: 80, protocol: "tcp" }] });
        expect((await plugin.check(BOX, { image: "i" }, { image: "i", name: "kept" })).inputs["name"]).toBe("kept");
        expect((await plugin.check(BOX, { image: "i", size: 13, extra: 1 })).failures).toEqual([
            "extra: unknown property of Box; it has: fail, image, labels, mode, name, ports, size, token",
            "size: 13 is no good (got 13)",
        ]);
    });

    test("lets unknown values pass for any type", async () => {
        const { inputs, failures } = await plugin.check(BOX, { image: UNKNOWN, size: UNKNOWN, ports: [{ internal: UNKNOWN }], mode: UNKNOWN });
        expect(failures).toEqual([]);
        expect(inputs).toMatchObject({ image: UNKNOWN, size: UNKNOWN });
    });

    test("keeps secrets secret: where they stand, where the schema says so, and in messages", async () => {
        const { inputs } = await plugin.check(BOX, { image: secret("i"), token: "plain", labels: { a: secret("x"), b: "y" } });
        expect(revealed(inputs["image"])).toBe("i");
        expect(revealed(inputs["token"])).toBe("plain");
        expect(inputs["labels"]).toEqual({ a: secret("x"), b: "y" });
        const { failures } = await plugin.check(BOX, { image: secret(["hidden-value"]) });
        expect(failures).toEqual(["image: must be a string (got a secret of another type)"]);
    });

    test("refuses an unknown type by name, with those it knows and the way out", async () => {
        const reason = [
            `docker:index/other:Other: the fallback plugin for "docker" doesn't know this type; it knows ${BOX}, ${FROZEN}.`,
            "For every other type install the official plugin: pulumi plugin install resource docker 9.8.7",
        ].join("\n");
        expect((await plugin.check("docker:index/other:Other", {})).failures).toEqual([reason]);
        await expect(plugin.create("docker:index/other:Other", {})).rejects.toThrow(reason);
    });
});

describe("diff", () => {
    const old = { image: "i", size: 3, ports: [{ internal: 80 }, { internal: 81 }], labels: { a: "1", b: "2" } };
    const outputs = { ...old, address: "10.0.0.1" };

    test("names what changed, as deep as it goes", async () => {
        const news = { image: "i", size: 4, ports: [{ internal: 80 }, { internal: 82 }, { internal: 83 }], labels: { a: "1", c: "3" } };
        expect(await plugin.diff(BOX, old, outputs, news)).toEqual({
            changes: true,
            diffs: expect.arrayContaining(["size", "ports", "labels"]) as string[],
            replaces: ["ports"],
            deleteBeforeReplace: false,
            detailed: { size: "UPDATE", "ports[1].internal": "UPDATE_REPLACE", "ports[2]": "ADD_REPLACE", "labels.b": "DELETE", "labels.c": "ADD" },
        });
    });

    test("counts an unknown value as a change, and shows a secret one as a whole", async () => {
        expect((await plugin.diff(BOX, old, outputs, { ...old, ports: UNKNOWN })).replaces).toEqual(["ports"]);
        const hidden = await plugin.diff(BOX, old, outputs, { ...old, labels: secret({ a: "9" }) });
        expect(hidden.detailed).toEqual({ labels: "UPDATE" });
    });

    test("finds nothing in nothing: absent, empty and bridged providers' own keys", async () => {
        const bridged = { a: "1", __defaults: ["x"] };
        expect(await plugin.diff(FROZEN, bridged, {}, { a: "1" })).toMatchObject({ changes: false, diffs: [], detailed: {} });
    });

    test("replaces what can't be updated", async () => {
        expect((await plugin.diff(FROZEN, { a: "1" }, {}, { a: "2" })).replaces).toEqual(["a"]);
    });
});

describe("create, update and delete", () => {
    test("handlers see plain values; the secret ones come back secret", async () => {
        const { id, properties } = await plugin.create(BOX, { image: "i", token: secret(TOKEN), labels: { a: secret("inner secret"), b: "2" } });
        expect(id).toBe("id-of-thing");
        expect(revealed(properties["token"])).toBe(TOKEN);
        // As deep as it stood in the input, like the official plugins.
        expect(properties["labels"]).toEqual({ a: secret("inner secret"), b: "2" });
        expect(revealed(properties["key"])).toBe("generated");
        // An output of another name in which the secret turns up.
        expect(revealed(properties["address"])).toBe(`10.0.0.1?${TOKEN}`);
        expect(properties["image"]).toBe("i");
    });

    test("nothing that is logged or refused shows a secret, in whatever form", async () => {
        await plugin.create(BOX, { image: "i", token: secret(TOKEN) });
        expect(plugin.logs.filter(({ severity }) => severity === 2).at(-1)).toEqual({
            severity: 2,
            message: "token is [secret]",
            urn: urnOf(BOX),
            ephemeral: false,
        });
        const failure = await failureOf(plugin.create(BOX, { image: "i", token: secret(TOKEN), fail: "plainly" }));
        expect(failure).toMatchObject({ code: grpc.status.FAILED_PRECONDITION, initFailed: undefined });
        expect(failure.message).toBe('no: [secret], [secret] and "[secret]"');
        // Marked by the schema alone.
        expect((await failureOf(plugin.create(BOX, { image: "i", token: "only-the-schema-knows", fail: "plainly" }))).message).toContain("no: [secret],");
        const removal = await failureOf(plugin.delete(BOX, "id", { fail: "delete" }, { token: secret(TOKEN) }));
        expect(removal.message).toBe("can't delete with [secret]");
    });

    test("a resource that exists but isn't fit is kept, and is replaced next time", async () => {
        const inputs = { image: "i", token: secret(TOKEN), fail: "half" };
        for (const call of [plugin.create(BOX, inputs), plugin.update(BOX, "id", {}, {}, inputs)]) {
            const { message, initFailed } = await failureOf(call);
            expect(message).toBe("unhealthy: [secret]; exit code 1");
            expect(initFailed).toMatchObject({ id: "half-id", reasons: ["unhealthy: [secret]", "exit code 1"] });
            expect(initFailed?.properties).toMatchObject({ image: "i", token: secret(TOKEN), key: secret("k") });
        }
        const next = await plugin.diff(BOX, { image: "i" }, { image: "i", key: "k" }, { image: "i" });
        expect(next).toMatchObject({ replaces: ["address"], deleteBeforeReplace: true, detailed: { address: "ADD_REPLACE" } });
    });

    test("a preview calls no handler: inputs are known, the rest is not", async () => {
        const { id, properties } = await plugin.create(BOX, { image: "i", size: UNKNOWN, fail: "plainly" }, { preview: true });
        expect(id).toBe("");
        expect(properties).toMatchObject({ image: "i", size: UNKNOWN, address: UNKNOWN });
        expect(revealed(properties["key"])).toBe(UNKNOWN);
        expect(await plugin.update(BOX, "id", {}, { address: "old" }, { image: "i", fail: "plainly" }, true)).toMatchObject({ address: UNKNOWN });
    });
});

describe("read", () => {
    test("a refresh answers what is there, with inputs, and keeps secrets", async () => {
        const found = await plugin.read(BOX, "id", { image: "i", size: 3 }, { image: "i", size: 3, name: secret("hidden") });
        expect(found).toMatchObject({ id: "id", inputs: { image: "i", size: 99 }, properties: { size: 99, imported: false } });
        expect(revealed(found.properties["name"])).toBe("hidden");
    });

    test("what is gone has no id, an import has nothing but the id", async () => {
        expect((await plugin.read(BOX, "gone", { image: "i" }, { image: "i" })).id).toBe("");
        expect((await plugin.read(BOX, "there")).properties).toEqual({ size: 99, imported: true });
        await expect(plugin.read(FROZEN, "x")).rejects.toThrow(`thing: ${FROZEN} can't be imported`);
    });
});

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
        const request = new proto.DiffRequest().setOldInputs(Struct.fromJavaScript({ host: "a" })).setNews(Struct.fromJavaScript({ host: "b" }));
        const response = await new Promise<proto.DiffResponse>((resolve, reject) => plugin.calls.diffConfig(request, (error, answer) => (error ? reject(error) : resolve(answer))));
        expect([response.getChanges(), response.getDiffsList(), response.getReplacesList()]).toEqual([proto.DiffResponse.DiffChanges.DIFF_SOME, ["host"], []]);
    });

    test("handlers get it, and its secrets are hidden as well", async () => {
        const fresh = await PluginProcess.start(TSX, [SAMPLE]);
        try {
            await fresh.configure({ host: "ssh://h", auth: JSON.stringify([{ address: "r", password: "registry-password" }]) });
            await fresh.create(BOX, { image: "i", token: "t" });
            expect(fresh.logs.at(-1)?.message).toBe('config {"auth":[{"address":"r","password":"[secret]"}],"host":"ssh://h"}');
        } finally {
            await fresh.stop();
        }
    });

    test("it tells its version and a schema of what it knows", async () => {
        const info = await new Promise<string>((resolve, reject) => plugin.calls.getPluginInfo(new Empty(), (error, answer) => (error ? reject(error) : resolve(answer.getVersion()))));
        expect(info).toBe("9.8.7");
        const text = await new Promise<string>((resolve, reject) =>
            plugin.calls.getSchema(new proto.GetSchemaRequest(), (error, answer) => (error ? reject(error) : resolve(answer.getSchema()))),
        );
        const schema = JSON.parse(text) as { resources: Record<string, { requiredInputs: string[]; inputProperties: Record<string, unknown> }>; types: Record<string, unknown> };
        expect(Object.keys(schema.resources)).toEqual([BOX, FROZEN]);
        expect(schema.resources[BOX]?.requiredInputs).toEqual(["image"]);
        expect(schema.resources[BOX]?.inputProperties["ports"]).toEqual({ type: "array", items: { $ref: "#/types/docker:index/Port:Port" }, willReplaceOnChanges: true });
        expect(schema.types["docker:index/Mode:Mode"]).toEqual({ type: "string", enum: [{ value: "fast" }, { value: "slow" }] });
    });

    test("functions and components are refused by name", async () => {
        const request = new proto.InvokeRequest().setTok("docker:index/getNetwork:getNetwork");
        const call = new Promise((resolve, reject) => plugin.calls.invoke(request, (error, answer) => (error ? reject(error) : resolve(answer))));
        await expect(call).rejects.toThrow('docker:index/getNetwork:getNetwork: the fallback plugin for "docker" has resources only');
    });
});

describe("the end", () => {
    test("cancellation stops what runs, and refuses what comes later", async () => {
        const fresh = await PluginProcess.start(TSX, [SAMPLE]);
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

test("a secret of one or two letters hides only where it stands alone", async () => {
    const failure = await failureOf(plugin.create(BOX, { image: "i", token: secret("no"), fail: "plainly" }));
    expect(failure.message).toBe('[secret]: [secret], [secret] and "[secret]"');
    expect(isSecret((await plugin.create(BOX, { image: "nothing", token: secret("no") })).properties["image"])).toBe(false);
});
