import type * as grpc from "@grpc/grpc-js";
import { ErrorResourceInitFailed } from "@pulumi/pulumi/proto/provider_pb";
import * as proto from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import type { PluginProcess } from "./plugin-process";
import { fromStruct, isObject, markSecrets, reveal, toStruct, type Values } from "./wire";

/** A resource as the engine's state holds it. */
export interface Recorded {
    readonly id: string;
    readonly inputs: Values;
    readonly outputs: Values;
}

export interface CheckResult {
    readonly inputs: Values;
    readonly failures: readonly { readonly property: string; readonly reason: string }[];
}

export interface DiffResult {
    readonly changes: boolean;
    /** Names of top-level properties. */
    readonly diffs: readonly string[];
    readonly replaces: readonly string[];
    readonly deleteBeforeReplace: boolean;
}

/** A resource that exists but failed to initialise. */
export class Unfit extends Error {
    constructor(
        readonly recorded: Recorded,
        readonly reasons: readonly string[],
    ) {
        super(reasons.join("; "));
    }
}

/** Calls one plugin about one resource the way the engine does. */
export class PluginClient {
    private acceptsSecrets = true;

    constructor(
        readonly process: PluginProcess,
        readonly packageName: string,
    ) {}

    /** @throws Error that lists what CheckConfig refused. */
    async configure(config: Readonly<Record<string, string>>): Promise<void> {
        const client = this.process.client;
        const urn = `urn:pulumi:parity::parity::pulumi:providers:${this.packageName}::p`;
        await call<proto.ProviderHandshakeResponse>((done) => client.handshake(new proto.ProviderHandshakeRequest(), done)).catch(
            () => undefined,
        );
        const check = new proto.CheckRequest().setUrn(urn).setNews(toStruct(config));
        const checked = await call<proto.CheckResponse>((done) => client.checkConfig(check, done));
        const failures = checked.getFailuresList().map((failure) => `${failure.getProperty()}: ${failure.getReason()}`);
        if (failures.length > 0) throw new Error(failures.join("\n"));
        const request = new proto.ConfigureRequest()
            .setArgs(checked.getInputs() ?? toStruct(config))
            .setAcceptsecrets(true)
            .setAcceptresources(true);
        request.setSendsOldInputs(true).setSendsOldInputsToDelete(true);
        for (const [key, value] of Object.entries(config)) request.getVariablesMap().set(`${this.packageName}:config:${key}`, value);
        const answer = await call<proto.ConfigureResponse>((done) => client.configure(request, done));
        this.acceptsSecrets = answer.getAcceptsecrets();
    }

    private send(values: Values): ReturnType<typeof toStruct> {
        const plain = this.acceptsSecrets ? values : reveal(values);
        return toStruct(isObject(plain) ? plain : {});
    }

    private received(outputs: Values, inputs: Values): Values {
        return this.acceptsSecrets ? outputs : markSecrets(outputs, inputs);
    }

    async check(type: string, inputs: Values, previous: Values | undefined): Promise<CheckResult> {
        const request = new proto.CheckRequest().setUrn(urnOf(type)).setType(type).setName("r").setNews(this.send(inputs));
        request.setRandomseed(new Uint8Array(32));
        if (previous !== undefined) request.setOlds(this.send(previous));
        const answer = await call<proto.CheckResponse>((done) => this.process.client.check(request, done));
        const failures = answer.getFailuresList().map((failure) => ({ property: failure.getProperty(), reason: failure.getReason() }));
        return { inputs: this.received(fromStruct(answer.getInputs()), inputs), failures };
    }

    async diff(type: string, recorded: Recorded, inputs: Values): Promise<DiffResult> {
        const request = new proto.DiffRequest().setUrn(urnOf(type)).setType(type).setName("r").setId(recorded.id);
        request.setOlds(this.send(recorded.outputs)).setOldInputs(this.send(recorded.inputs)).setNews(this.send(inputs));
        const answer = await call<proto.DiffResponse>((done) => this.process.client.diff(request, done));
        const replacing: string[] = [];
        answer.getDetaileddiffMap().forEach((part, path) => {
            if (REPLACING.has(part.getKind())) replacing.push(path);
        });
        const replaces = topLevel([...answer.getReplacesList(), ...replacing]);
        const changes = answer.getChanges() === proto.DiffResponse.DiffChanges.DIFF_SOME;
        return { changes, diffs: topLevel(answer.getDiffsList()), replaces, deleteBeforeReplace: answer.getDeletebeforereplace() };
    }

    /** @throws Unfit where the resource was made but failed to initialise. */
    async create(type: string, inputs: Values, preview = false): Promise<Recorded> {
        const request = new proto.CreateRequest()
            .setUrn(urnOf(type))
            .setType(type)
            .setName("r")
            .setProperties(this.send(inputs))
            .setPreview(preview);
        const answer = await call<proto.CreateResponse>((done) => this.process.client.create(request, done), inputs);
        return { id: answer.getId(), inputs, outputs: this.received(fromStruct(answer.getProperties()), inputs) };
    }

    /** Undefined: the resource is gone. */
    async read(type: string, recorded: Recorded): Promise<Recorded | undefined> {
        const request = new proto.ReadRequest().setUrn(urnOf(type)).setType(type).setName("r").setId(recorded.id);
        request.setProperties(this.send(recorded.outputs)).setInputs(this.send(recorded.inputs));
        const answer = await call<proto.ReadResponse>((done) => this.process.client.read(request, done), recorded.inputs).catch(
            unimplemented,
        );
        if (answer === undefined) return recorded;
        if (answer.getId() === "") return undefined;
        const inputs = answer.hasInputs() ? this.received(fromStruct(answer.getInputs()), recorded.inputs) : recorded.inputs;
        return { id: answer.getId(), inputs, outputs: this.received(fromStruct(answer.getProperties()), recorded.outputs) };
    }

    /** @throws Unfit where the resource failed to initialise. */
    async update(type: string, recorded: Recorded, inputs: Values): Promise<Recorded> {
        const request = new proto.UpdateRequest().setUrn(urnOf(type)).setType(type).setName("r").setId(recorded.id);
        request.setOlds(this.send(recorded.outputs)).setOldInputs(this.send(recorded.inputs)).setNews(this.send(inputs));
        const answer = await call<proto.UpdateResponse>((done) => this.process.client.update(request, done), inputs);
        return { id: recorded.id, inputs, outputs: this.received(fromStruct(answer.getProperties()), inputs) };
    }

    async delete(type: string, recorded: Recorded): Promise<void> {
        const request = new proto.DeleteRequest().setUrn(urnOf(type)).setType(type).setName("r").setId(recorded.id);
        request.setProperties(this.send(recorded.outputs)).setOldInputs(this.send(recorded.inputs));
        await call<unknown>((done) => this.process.client.delete(request, done));
    }
}

const { ADD_REPLACE, DELETE_REPLACE, UPDATE_REPLACE } = proto.PropertyDiff.Kind;
const REPLACING: ReadonlySet<number> = new Set([ADD_REPLACE, DELETE_REPLACE, UPDATE_REPLACE]);

function urnOf(type: string): string {
    return `urn:pulumi:parity::parity::${type}::r`;
}

function topLevel(paths: readonly string[]): string[] {
    const names = paths.map((path) => /^[^.[]+/.exec(path)?.[0] ?? path).filter((name) => !name.startsWith("__"));
    return [...new Set(names)].sort();
}

type Callback<T> = (error: grpc.ServiceError | null, response: T) => void;

function call<T>(run: (done: Callback<T>) => unknown, inputs: Values = {}): Promise<T> {
    return new Promise((resolve, reject) => {
        run((error, response) => {
            if (error === null) resolve(response);
            else reject(unfit(error, inputs) ?? new Error(error.details));
        });
    });
}

function unfit(error: grpc.ServiceError, inputs: Values): Unfit | undefined {
    const [bytes] = error.metadata.get("grpc-status-details-bin");
    if (!(bytes instanceof Buffer)) return undefined;
    for (const any of Status.deserializeBinary(bytes).getDetailsList()) {
        if (any.getTypeName() !== "pulumirpc.ErrorResourceInitFailed") continue;
        const detail = ErrorResourceInitFailed.deserializeBinary(any.getValue_asU8());
        return new Unfit({ id: detail.getId(), inputs, outputs: fromStruct(detail.getProperties()) }, detail.getReasonsList());
    }
    return undefined;
}

/** A plugin without Read: the engine keeps what it has. */
function unimplemented(error: unknown): undefined {
    if (error instanceof Error && !(error instanceof Unfit) && /unimplemented|not implemented|does not support/i.test(error.message))
        return undefined;
    throw error;
}
