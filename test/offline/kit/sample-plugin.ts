import { serve } from "../../../tools/offline/plugins/kit/server";
import { PartialFailure, type CallContext, type Plugin, type Properties } from "../../../tools/offline/plugins/kit/types";

/** A plugin that does nothing but show what the kit does. Started by the tests as `tsx sample-plugin.ts`. */
const plugin: Plugin = {
    name: "docker",
    version: "9.8.7",
    facts: {
        package: "docker",
        provider: {
            host: { type: "string" },
            sshOpts: { type: "list<string>" },
            check: { type: "boolean" },
            auth: { type: "list<Auth:Auth>" },
        },
        resources: {
            "docker:index/box:Box": {
                inputs: {
                    name: { type: "string", replaces: true },
                    size: { type: "integer", default: 3 },
                    token: { type: "string", secret: true },
                    mode: { type: "Mode:Mode" },
                    ports: { type: "list<Port:Port>", replaces: true },
                    labels: { type: "map<string>" },
                    fail: { type: "string" },
                    image: { type: "string", required: true },
                },
                outputs: {
                    name: { type: "string" },
                    address: { type: "string", required: true },
                    token: { type: "string", secret: true },
                    key: { type: "string", secret: true },
                },
            },
            "docker:index/frozen:Frozen": { inputs: { a: { type: "string" } }, outputs: { a: { type: "string" } } },
            "docker:index/other:Other": { inputs: {}, outputs: {} },
        },
        types: {
            "docker:index/Port:Port": { internal: { type: "integer", required: true }, protocol: { type: "string", default: "tcp" } },
            "docker:index/Auth:Auth": { address: { type: "string" }, password: { type: "string", secret: true } },
            "docker:index/Mode:Mode": ["fast", "slow"],
        },
    },
    checkConfig: (config) => (config["host"] === "nowhere" ? [{ property: "host", reason: "leads nowhere" }] : []),
    resources: {
        "docker:index/box:Box": {
            normalize: (inputs, previous, resource) => ({ name: previous?.["name"] ?? `${resource.name}-1`, ...inputs }),
            check: (inputs) => (inputs["size"] === 13 ? [{ property: "size", reason: "13 is no good (got 13)" }] : []),
            // A box that failed has no address yet: the next update makes a new one, as the real plugin does.
            diff(_id, previousInputs, previousOutputs, inputs) {
                if (previousOutputs["address"] === undefined)
                    return { changed: ["address"], replaces: ["address"], deleteBeforeReplace: true };
                const changed = Object.keys({ ...previousInputs, ...inputs }).filter(
                    (key) => JSON.stringify(previousInputs[key]) !== JSON.stringify(inputs[key]),
                );
                return { changed, replaces: changed.filter((key) => key === "name" || key === "ports") };
            },
            async create(inputs, context) {
                await misbehave(inputs, context);
                context.log("warning", `token is ${String(inputs["token"])}`);
                context.log("info", `config ${JSON.stringify(context.config)}`, true);
                return {
                    id: `id-of-${context.resource.name}`,
                    outputs: { ...inputs, address: `10.0.0.1?${String(inputs["token"])}`, key: "generated" },
                };
            },
            async read(id, inputs, outputs) {
                if (id === "gone") return undefined;
                return { id, inputs: { ...inputs, size: 99 }, outputs: { ...outputs, size: 99, imported: inputs === undefined } };
            },
            update: async (_id, _previousInputs, previousOutputs, inputs, context) => {
                await misbehave(inputs, context);
                return { ...previousOutputs, ...inputs };
            },
            delete: async (_id, inputs, outputs) => {
                if (inputs["fail"] === "delete") throw new Error(`can't delete with ${String(outputs["token"])}`);
            },
        },
        "docker:index/frozen:Frozen": { create: async (inputs) => ({ id: "f", outputs: inputs }), delete: async () => undefined },
    },
    close: async () => {
        if (process.env["QUAI_TEST_TELL"] !== undefined) process.stderr.write("closed\n");
    },
};

async function misbehave(inputs: Properties, context: CallContext): Promise<void> {
    const token = String(inputs["token"]);
    if (inputs["fail"] === "plainly") throw new Error(`no: ${token}, ${encodeURIComponent(token)} and ${JSON.stringify(token)}`);
    if (inputs["fail"] === "half") throw new PartialFailure("half-id", { ...inputs, key: "k" }, [`unhealthy: ${token}`, "exit code 1"]);
    if (inputs["fail"] !== "wait") return;
    context.log("info", "waiting");
    await new Promise((_resolve, reject) => context.signal.addEventListener("abort", () => reject(new Error("stopped"))));
}

serve(plugin);
