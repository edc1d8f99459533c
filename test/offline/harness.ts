import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import * as grpc from "@grpc/grpc-js";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { EngineService } from "@pulumi/pulumi/proto/engine_grpc_pb";
import type { LogRequest } from "@pulumi/pulumi/proto/engine_pb";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as proto from "@pulumi/pulumi/proto/provider_pb";
import { installFallbackPlugin, type FallbackPlugin } from "../../tools/offline/plugins/install";
import { bag, unary, type Bag } from "./wire";

export * from "./wire";

export interface LogLine {
    readonly severity: number;
    readonly message: string;
    readonly urn: string;
    readonly ephemeral: boolean;
}

export interface Diff {
    readonly changes: boolean;
    readonly diffs: string[];
    readonly replaces: string[];
    readonly deleteBeforeReplace: boolean;
    /** Path → kind, e.g. `UPDATE_REPLACE`. */
    readonly detailed: Record<string, string>;
}

/** A temporary folder that goes with the test. */
export function temporaryFolder(): { readonly path: string; remove(): void } {
    const path = mkdtempSync(join(tmpdir(), "quai-test-"));
    return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Waits for something to come true, ten seconds at most. */
export async function until(holds: () => boolean): Promise<void> {
    for (const end = Date.now() + 10_000; !holds();) {
        if (Date.now() > end) throw new Error(`not within ten seconds: ${holds.toString()}`);
        await sleep(50);
    }
}

/** Bundles and installs a plugin as a user would get it, and starts it as the engine would. */
export async function startInstalled(name: FallbackPlugin): Promise<PluginProcess> {
    const home = temporaryFolder();
    const { folder } = await installFallbackPlugin(name, { pulumiHome: join(home.path, "home"), cacheDir: join(home.path, "cache") });
    return PluginProcess.start(join(folder, `pulumi-resource-${name}`), [], () => home.remove());
}

/** A plugin's process and the engine's side of the protocol: its calls, and the log service it writes to. */
export class PluginProcess {
    private constructor(
        readonly child: ChildProcess,
        /** What the plugin wrote to the engine's log, in order. */
        readonly logs: LogLine[],
        readonly calls: ResourceProviderClient,
        private readonly release: () => void,
    ) {}

    static async start(file: string, args: readonly string[] = [], cleanUp: () => void = () => undefined): Promise<PluginProcess> {
        const engine = new grpc.Server();
        const logs: LogLine[] = [];
        const log = (call: { request: LogRequest }, callback: grpc.sendUnaryData<Empty>): void => {
            const { request } = call;
            logs.push({
                severity: request.getSeverity(),
                message: request.getMessage(),
                urn: request.getUrn(),
                ephemeral: request.getEphemeral(),
            });
            callback(null, new Empty());
        };
        const unused = (_call: unknown, callback: grpc.sendUnaryData<Empty>): void => callback({ code: grpc.status.UNIMPLEMENTED });
        const service = { log, getRootResource: unused, setRootResource: unused, startDebugging: unused, requirePulumiVersion: unused };
        engine.addService(EngineService, service);
        const port = await new Promise<number>((resolve, reject) => {
            engine.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
                error ? reject(error) : resolve(bound),
            );
        });
        const child = spawn(file, [...args, `127.0.0.1:${port}`], { stdio: ["pipe", "pipe", "inherit"] });
        const line = await new Promise<string>((resolve, reject) => {
            child.stdout.once("data", (data: Buffer) => resolve(data.toString()));
            child.once("error", reject);
            child.once("exit", (code) => reject(new Error(`the plugin ended with ${code} before it gave its port`)));
        });
        const calls = new ResourceProviderClient(`127.0.0.1:${line.trim()}`, grpc.credentials.createInsecure());
        const plugin = new PluginProcess(child, logs, calls, () => {
            calls.close();
            engine.forceShutdown();
            cleanUp();
        });
        await plugin.configure({});
        return plugin;
    }

    /** Ends the plugin as the engine does: cancellation, then an interrupt. Answers its exit code. */
    async stop(): Promise<number | null> {
        const ended = new Promise<number | null>((resolve) => this.child.once("exit", resolve));
        if (this.child.exitCode === null && this.child.signalCode === null) {
            this.child.kill("SIGINT");
            await ended;
        }
        this.release();
        return this.child.exitCode;
    }

    async configure(config: Bag): Promise<void> {
        await unary((done) => this.calls.configure(new proto.ConfigureRequest().setArgs(Struct.fromJavaScript(config)), done));
    }

    async checkConfig(news: Bag): Promise<string[]> {
        const request = new proto.CheckRequest().setUrn("urn:pulumi:t::t::pulumi:providers:x::p").setNews(Struct.fromJavaScript(news));
        const response = await unary<proto.CheckResponse>((done) => this.calls.checkConfig(request, done));
        return response.getFailuresList().map((failure) => failure.getReason());
    }

    async check(type: string, news: Bag, olds: Bag = {}): Promise<{ inputs: Bag; failures: string[] }> {
        const request = identified(new proto.CheckRequest(), type)
            .setOlds(Struct.fromJavaScript(olds))
            .setNews(Struct.fromJavaScript(news));
        const response = await unary<proto.CheckResponse>((done) => this.calls.check(request, done));
        return { inputs: bag(response.getInputs()), failures: response.getFailuresList().map((failure) => failure.getReason()) };
    }

    async diff(type: string, oldInputs: Bag, olds: Bag, news: Bag, id = "id"): Promise<Diff> {
        const request = identified(new proto.DiffRequest(), type)
            .setId(id)
            .setOldInputs(Struct.fromJavaScript(oldInputs))
            .setOlds(Struct.fromJavaScript(olds))
            .setNews(Struct.fromJavaScript(news));
        const response = await unary<proto.DiffResponse>((done) => this.calls.diff(request, done));
        const kinds = Object.entries(proto.PropertyDiff.Kind);
        const detailed = response
            .getDetaileddiffMap()
            .getEntryList()
            .map(([path]): [string, string] => {
                const kind = response.getDetaileddiffMap().get(path)?.getKind();
                return [path, kinds.find(([, value]) => value === kind)?.[0] ?? "?"];
            });
        return {
            changes: response.getChanges() === proto.DiffResponse.DiffChanges.DIFF_SOME,
            diffs: response.getDiffsList(),
            replaces: response.getReplacesList(),
            deleteBeforeReplace: response.getDeletebeforereplace(),
            detailed: Object.fromEntries(detailed),
        };
    }

    async create(
        type: string,
        inputs: Bag,
        options: { preview?: boolean; timeout?: number } = {},
    ): Promise<{ id: string; properties: Bag }> {
        const request = identified(new proto.CreateRequest(), type)
            .setProperties(Struct.fromJavaScript(inputs))
            .setPreview(options.preview ?? false)
            .setTimeout(options.timeout ?? 0);
        const response = await unary<proto.CreateResponse>((done) => this.calls.create(request, done));
        return { id: response.getId(), properties: bag(response.getProperties()) };
    }

    /** With neither inputs nor properties: an import. */
    async read(type: string, id: string, inputs?: Bag, properties?: Bag): Promise<{ id: string; inputs: Bag; properties: Bag }> {
        const request = identified(new proto.ReadRequest(), type)
            .setId(id)
            .setProperties(Struct.fromJavaScript(properties ?? {}));
        if (inputs !== undefined) request.setInputs(Struct.fromJavaScript(inputs));
        const response = await unary<proto.ReadResponse>((done) => this.calls.read(request, done));
        return { id: response.getId(), inputs: bag(response.getInputs()), properties: bag(response.getProperties()) };
    }

    async update(type: string, id: string, oldInputs: Bag, olds: Bag, news: Bag, preview = false): Promise<Bag> {
        const request = identified(new proto.UpdateRequest(), type)
            .setId(id)
            .setOldInputs(Struct.fromJavaScript(oldInputs))
            .setOlds(Struct.fromJavaScript(olds))
            .setNews(Struct.fromJavaScript(news))
            .setPreview(preview);
        return bag((await unary<proto.UpdateResponse>((done) => this.calls.update(request, done))).getProperties());
    }

    async delete(type: string, id: string, inputs: Bag, properties: Bag): Promise<void> {
        const request = identified(new proto.DeleteRequest(), type)
            .setId(id)
            .setOldInputs(Struct.fromJavaScript(inputs))
            .setProperties(Struct.fromJavaScript(properties));
        await unary<Empty>((done) => this.calls.delete(request, done));
    }

    async cancel(): Promise<void> {
        await unary<Empty>((done) => this.calls.cancel(new Empty(), done));
    }
}

export function urnOf(type: string, name = "thing"): string {
    return `urn:pulumi:test::tests::${type}::${name}`;
}

function identified<T extends { setUrn(urn: string): T; setType(type: string): T; setName(name: string): T }>(request: T, type: string): T {
    return request.setUrn(urnOf(type)).setType(type).setName("thing");
}
