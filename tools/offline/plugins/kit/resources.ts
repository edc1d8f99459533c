import type { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import * as proto from "@pulumi/pulumi/proto/provider_pb";
import { checkAgainstFacts } from "./check";
import { answerDiff, detailChanges, type DetailedChange, type DiffQuestion } from "./diff";
import { failed, initFailed, unsupported } from "./errors";
import { shortName } from "./property-types";
import { repeatedInputs, secretByFacts, secretOutputs, textsToHide, type Hidden } from "./secrecy";
import type { Session } from "./session";
import {
    PartialFailure,
    UNKNOWN,
    type CheckFailure,
    type Properties,
    type ResourceFacts,
    type ResourceHandler,
    type ResourceIdentity,
} from "./types";
import { decode, encode } from "./values";

interface Identified {
    getUrn(): string;
    getName(): string;
    getType(): string;
}

interface Subject {
    readonly resource: ResourceIdentity;
    readonly handler: ResourceHandler;
    readonly facts: ResourceFacts;
}

/** The calls of the provider protocol that are about one resource. */
export class ResourceCalls {
    constructor(private readonly session: Session) {}

    async check(request: proto.CheckRequest): Promise<proto.CheckResponse> {
        const resource = identify(request);
        if (this.session.plugin.resources[resource.type] === undefined)
            return refusal([{ property: "", reason: this.refuseType(resource.type) }]);
        const { handler, facts } = this.subject(request);
        const news = this.read(facts, request.getNews());
        const olds = this.read(facts, request.getOlds()).values;
        const owner = shortName(resource.type);
        const checked = checkAgainstFacts(this.session.plugin.facts, owner, facts.inputs, news.values, news.secretKeys);
        const previous = Object.keys(olds).length > 0 ? olds : undefined;
        const values = checked.wellFormed && handler.normalize ? handler.normalize(checked.values, previous, resource) : checked.values;
        const rules = checked.wellFormed ? (handler.check?.(values) ?? []) : [];
        const response = refusal([...checked.failures, ...rules].map((failure) => this.cleaned(failure)));
        response.setInputs(this.writeInputs(facts, values, news));
        return response;
    }

    async diff(request: proto.DiffRequest): Promise<proto.DiffResponse> {
        const { handler, facts } = this.subject(request);
        const before = this.read(facts, request.getOldInputs());
        const after = this.read(facts, request.getNews());
        const question: DiffQuestion = {
            id: request.getId(),
            handler,
            facts: facts.inputs,
            previousInputs: before.values,
            previousOutputs: this.read(facts, request.getOlds()).values,
            inputs: after.values,
        };
        const answer = answerDiff(question);
        const response = new proto.DiffResponse();
        const { DIFF_NONE, DIFF_SOME } = proto.DiffResponse.DiffChanges;
        response.setChanges(answer.changed.length > 0 ? DIFF_SOME : DIFF_NONE);
        response.setDiffsList([...answer.changed]);
        response.setReplacesList([...answer.replaces]);
        response.setDeletebeforereplace(answer.deleteBeforeReplace ?? false);
        response.setHasdetaileddiff(true);
        const secret = new Set([
            ...before.secretKeys,
            ...after.secretKeys,
            ...secretByFacts(facts.inputs, after.values, this.session.plugin.facts),
        ]);
        for (const change of detailChanges(question, answer, secret)) response.getDetaileddiffMap().set(change.path, propertyDiff(change));
        return response;
    }

    async create(request: proto.CreateRequest): Promise<proto.CreateResponse> {
        const { resource, handler, facts } = this.subject(request);
        const inputs = this.read(facts, request.getProperties());
        const response = new proto.CreateResponse();
        if (request.getPreview()) {
            const outputs = handler.previewCreate?.(inputs.values) ?? {};
            response.setProperties(this.write(facts, inputs, expected(facts, inputs.values, outputs)));
            return response;
        }
        const call = this.session.open(resource, request.getTimeout());
        const created = await call.run(() => this.partially(facts, inputs, () => handler.create(inputs.values, call.context)));
        if (created.id === "") throw failed(`${resource.name}: created without an id`);
        response.setId(created.id);
        response.setProperties(this.write(facts, inputs, created.outputs));
        return response;
    }

    async update(request: proto.UpdateRequest): Promise<proto.UpdateResponse> {
        const { resource, handler, facts } = this.subject(request);
        const [id, before] = [request.getId(), this.read(facts, request.getOldInputs()).values];
        const outputs = this.read(facts, request.getOlds()).values;
        const inputs = this.read(facts, request.getNews());
        const response = new proto.UpdateResponse();
        if (request.getPreview()) {
            const known = handler.previewUpdate?.(id, before, outputs, inputs.values) ?? {};
            response.setProperties(this.write(facts, inputs, expected(facts, inputs.values, known)));
            return response;
        }
        const call = this.session.open(resource, request.getTimeout());
        const update = handler.update?.bind(handler);
        if (update === undefined) throw failed(`${resource.name}: ${resource.type} can't be updated in place`);
        const updated = await call.run(() => this.partially(facts, inputs, () => update(id, before, outputs, inputs.values, call.context)));
        response.setProperties(this.write(facts, inputs, updated));
        return response;
    }

    async readResource(request: proto.ReadRequest): Promise<proto.ReadResponse> {
        const { resource, handler, facts } = this.subject(request);
        const response = new proto.ReadResponse();
        const inputs = this.read(facts, request.getInputs());
        const outputs = this.read(facts, request.getProperties());
        const importing = Object.keys(inputs.values).length === 0 && Object.keys(outputs.values).length === 0;
        const read = handler.read?.bind(handler);
        if (read === undefined) {
            if (importing) throw failed(`${resource.name}: ${resource.type} can't be imported`);
            response.setId(request.getId());
            response.setProperties(request.getProperties());
            response.setInputs(request.getInputs());
            return response;
        }
        const call = this.session.open(resource, request.getTimeout());
        const [given, recorded] = importing ? [undefined, undefined] : [inputs.values, outputs.values];
        const found = await call.run(() => read(request.getId(), given, recorded, call.context));
        if (found === undefined) return response;
        const kept = { ...inputs, secretKeys: new Set([...inputs.secretKeys, ...outputs.secretKeys]) };
        response.setId(found.id);
        response.setProperties(this.write(facts, kept, found.outputs));
        response.setInputs(this.writeInputs(facts, found.inputs, inputs));
        return response;
    }

    async delete(request: proto.DeleteRequest): Promise<Empty> {
        const { resource, handler, facts } = this.subject(request);
        const inputs = this.read(facts, request.getOldInputs()).values;
        const outputs = this.read(facts, request.getProperties()).values;
        const call = this.session.open(resource, request.getTimeout());
        await call.run(() => handler.delete(request.getId(), inputs, outputs, call.context));
        return new Empty();
    }

    private subject(request: Identified): Subject {
        const resource = identify(request);
        const handler = this.session.plugin.resources[resource.type];
        const facts = this.session.plugin.facts.resources[resource.type];
        if (handler === undefined || facts === undefined) throw unsupported(this.refuseType(resource.type));
        return { resource, handler, facts };
    }

    private refuseType(type: string): string {
        const { name, version, resources } = this.session.plugin;
        return [
            `${type}: the fallback plugin for "${name}" doesn't know this type; it knows ${Object.keys(resources).sort().join(", ")}.`,
            `For every other type install the official plugin: pulumi plugin install resource ${name} ${version}`,
        ].join("\n");
    }

    /** Takes a bag apart and remembers its secrets, so that no message shows them. */
    private read(facts: ResourceFacts, struct: Struct | undefined): Hidden {
        const decoded = decode(struct);
        const hidden = textsToHide({ ...facts.outputs, ...facts.inputs }, decoded, this.session.plugin.facts);
        this.session.scrubber.add(hidden);
        return { ...decoded, hidden };
    }

    private write(facts: ResourceFacts, inputs: Hidden, outputs: Properties): Struct {
        const whole = secretOutputs(facts.outputs, inputs, outputs, this.session.plugin.facts);
        return this.encodeInPlace(facts.outputs, whole, inputs, outputs);
    }

    private writeInputs(facts: ResourceFacts, values: Properties, given: Hidden): Struct {
        const whole = new Set([...given.secretKeys, ...secretByFacts(facts.inputs, values, this.session.plugin.facts)]);
        return this.encodeInPlace(facts.inputs, whole, given, values);
    }

    /** Secrets stand where they stood in what was given; `whole` are wrapped around that, unless they only repeat what was given. */
    private encodeInPlace(bag: ResourceFacts["inputs"], whole: ReadonlySet<string>, given: Hidden, values: Properties): Struct {
        const repeated = repeatedInputs(bag, given, values, this.session.plugin.facts);
        return encode(values, new Set([...whole].filter((key) => !repeated.has(key))), given.secretPaths);
    }

    private cleaned(failure: CheckFailure): CheckFailure {
        return { property: failure.property, reason: this.session.scrubber.clean(failure.reason) };
    }

    private async partially<T>(facts: ResourceFacts, inputs: Hidden, work: () => Promise<T>): Promise<T> {
        try {
            return await work();
        } catch (error) {
            if (!(error instanceof PartialFailure)) throw error;
            const reasons = error.reasons.map((reason) => this.session.scrubber.clean(reason));
            throw initFailed(error.id, this.write(facts, inputs, error.outputs), this.writeInputs(facts, inputs.values, inputs), reasons);
        }
    }
}

/** The outputs a preview can promise: the inputs, what the handler knows, and everything else unknown. */
function expected(facts: ResourceFacts, inputs: Properties, known: Properties): Properties {
    const open = Object.keys(facts.outputs).filter((name) => !(name in inputs) && !(name in known));
    return { ...inputs, ...known, ...Object.fromEntries(open.map((name) => [name, UNKNOWN])) };
}

function identify(request: Identified): ResourceIdentity {
    const urn = request.getUrn();
    const [, , types = "", ...names] = urn.split("::");
    const type = request.getType() || types.slice(types.lastIndexOf("$") + 1);
    return { urn, type, name: request.getName() || names.join("::") };
}

/**
 * The path of a failure goes into its text: given apart, the engine would show it together with the value of the top-level
 * property, whole and in Go's notation.
 */
export function refusal(failures: readonly CheckFailure[]): proto.CheckResponse {
    const response = new proto.CheckResponse();
    for (const { property, reason } of failures) {
        const failure = new proto.CheckFailure();
        failure.setReason(property === "" || reason.startsWith(`${property}:`) ? reason : `${property}: ${reason}`);
        response.addFailures(failure);
    }
    return response;
}

function propertyDiff(change: DetailedChange): proto.PropertyDiff {
    const { Kind } = proto.PropertyDiff;
    const kinds = {
        add: change.replace ? Kind.ADD_REPLACE : Kind.ADD,
        delete: change.replace ? Kind.DELETE_REPLACE : Kind.DELETE,
        update: change.replace ? Kind.UPDATE_REPLACE : Kind.UPDATE,
    };
    const diff = new proto.PropertyDiff();
    diff.setKind(kinds[change.kind]);
    diff.setInputdiff(change.input);
    return diff;
}
