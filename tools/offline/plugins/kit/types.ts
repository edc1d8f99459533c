/**
 * What a fallback plugin is made of. A plugin is a table of resource handlers; the kit (server.ts) turns the table into the gRPC
 * server that the engine starts. Handlers see plain values: the kit strips the engine's secret envelopes before it calls them,
 * and puts them back on every output whose input was secret or whose facts say `secret`.
 */

/** A property as the published schema describes it (the shape of `facts/*.json`). */
export interface PropertyFacts {
    readonly type: string;
    readonly required?: boolean;
    readonly replaces?: boolean;
    readonly default?: unknown;
    readonly secret?: boolean;
}

export interface ResourceFacts {
    readonly inputs: Readonly<Record<string, PropertyFacts>>;
    readonly outputs: Readonly<Record<string, PropertyFacts>>;
}

export interface PluginFacts {
    readonly package: string;
    readonly provider: Readonly<Record<string, PropertyFacts>>;
    readonly resources: Readonly<Record<string, ResourceFacts>>;
    /** Nested types: type name → property → facts. An enumeration is the list of its values. */
    readonly types: Readonly<Record<string, Readonly<Record<string, PropertyFacts>> | readonly string[]>>;
}

/** Property values without secret envelopes. An unknown value (only during previews) is the symbol `UNKNOWN`. */
export type Properties = Readonly<Record<string, unknown>>;

export const UNKNOWN: unique symbol = Symbol("unknown");

/** What is known of the resource that a call is about. */
export interface ResourceIdentity {
    readonly urn: string;
    /** Type token, e.g. `docker:index/container:Container`. */
    readonly type: string;
    /** The logical name given in the program. */
    readonly name: string;
}

export interface CallContext {
    /** The provider's own configuration (host, sshOpts, …), already checked. */
    readonly config: Properties;
    readonly resource: ResourceIdentity;
    /** Writes a line the user sees under the resource while it runs (`ephemeral`: replaced by the next one). */
    log(severity: "debug" | "info" | "warning" | "error", text: string, ephemeral?: boolean): void;
    /** Aborted when the engine cancels (Ctrl-C) or goes away, and when the resource's `customTimeouts` have run out. */
    readonly signal: AbortSignal;
}

export interface CheckFailure {
    readonly property: string;
    readonly reason: string;
}

export interface DiffAnswer {
    /** Top-level properties that changed. Empty: nothing to do. */
    readonly changed: readonly string[];
    /** Those of them that need a new resource. */
    readonly replaces: readonly string[];
    readonly deleteBeforeReplace?: boolean;
}

export interface Created {
    readonly id: string;
    readonly outputs: Properties;
}

export interface ReadResult extends Created {
    readonly inputs: Properties;
}

/**
 * Thrown by create or update when the resource exists but is not fit for use (a container that never became healthy): the engine
 * keeps it in the state with these outputs and reasons, and asks for a diff next time.
 */
export class PartialFailure extends Error {
    constructor(
        readonly id: string,
        readonly outputs: Properties,
        readonly reasons: readonly string[],
    ) {
        super(reasons.join("; "));
    }
}

export interface ResourceHandler {
    /** Rules beyond what the facts say (type, required, unknown names). `inputs` has defaults applied. May contain UNKNOWN. */
    check?(inputs: Properties): readonly CheckFailure[];
    /** Computes defaults that depend on other values. Called before `check`; `previous` are the inputs of the last update. */
    normalize?(inputs: Properties, previous: Properties | undefined, resource: ResourceIdentity): Properties;
    /** Default (absent): compares inputs with the previous inputs, property by property, `replaces` taken from the facts. */
    diff?(id: string, previousInputs: Properties, previousOutputs: Properties, inputs: Properties): DiffAnswer;
    /** Outputs known already in a preview (absent: inputs, everything else unknown). */
    previewCreate?(inputs: Properties): Properties;
    /** Outputs known already in the preview of an update in place (absent: inputs, everything else unknown). */
    previewUpdate?(id: string, previousInputs: Properties, previousOutputs: Properties, inputs: Properties): Properties;
    create(inputs: Properties, context: CallContext): Promise<Created>;
    /**
     * The resource as it is now, or undefined when it is gone. With only an id (import): `inputs` and `outputs` are undefined.
     * Absent: a refresh keeps what is recorded, and an import is refused.
     */
    read?(
        id: string,
        inputs: Properties | undefined,
        outputs: Properties | undefined,
        context: CallContext,
    ): Promise<ReadResult | undefined>;
    /** Absent: every change replaces the resource. Answers the outputs. */
    update?(
        id: string,
        previousInputs: Properties,
        previousOutputs: Properties,
        inputs: Properties,
        context: CallContext,
    ): Promise<Properties>;
    delete(id: string, inputs: Properties, outputs: Properties, context: CallContext): Promise<void>;
}

export interface Plugin {
    readonly name: "docker" | "command" | "random" | "tls" | "aws";
    /** The version of the npm SDK package it stands in for. */
    readonly version: string;
    readonly facts: PluginFacts;
    /** Type token → handler. Only the types this project uses; any other is refused by name. */
    readonly resources: Readonly<Record<string, ResourceHandler>>;
    /** Functions by token: what they answer to their arguments. @default none */
    readonly functions?: Readonly<Record<string, (args: Properties) => Properties>>;
    /** Problems of the provider's configuration. */
    checkConfig?(config: Properties): readonly CheckFailure[];
    /** Lets go of what the plugin keeps open between calls (connections). Called once, before the process ends. */
    close?(): Promise<void>;
}
