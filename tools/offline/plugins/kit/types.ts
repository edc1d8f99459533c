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
    /** Nested types: type name → property → facts. */
    readonly types: Readonly<Record<string, Readonly<Record<string, PropertyFacts>>>>;
}

/** Property values without secret envelopes. An unknown value (only during previews) is the symbol `UNKNOWN`. */
export type Properties = Readonly<Record<string, unknown>>;

export const UNKNOWN: unique symbol = Symbol("unknown");

export interface CallContext {
    /** The provider's own configuration (host, sshOpts, …), already checked. */
    readonly config: Properties;
    /** Writes a line the user sees under the resource while it runs (`ephemeral`: replaced by the next one). */
    log(severity: "debug" | "info" | "warning" | "error", text: string, ephemeral?: boolean): void;
    /** Aborted when the engine cancels (Ctrl-C) or goes away. */
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
    /** Computes defaults that depend on other values. Called before `check`. */
    normalize?(inputs: Properties, previous: Properties | undefined): Properties;
    /** Default (absent): compares inputs with the previous inputs, property by property, `replaces` taken from the facts. */
    diff?(id: string, previousInputs: Properties, previousOutputs: Properties, inputs: Properties): DiffAnswer;
    /** Outputs known already in a preview (absent: inputs, everything else unknown). */
    previewCreate?(inputs: Properties): Properties;
    create(inputs: Properties, context: CallContext): Promise<Created>;
    /** The resource as it is now, or undefined when it is gone. With only an id (import): `outputs` is undefined. */
    read?(id: string, inputs: Properties | undefined, outputs: Properties | undefined, context: CallContext): Promise<ReadResult | undefined>;
    update?(id: string, previousInputs: Properties, previousOutputs: Properties, inputs: Properties, context: CallContext): Promise<Properties>;
    delete(id: string, inputs: Properties, outputs: Properties, context: CallContext): Promise<void>;
}

export interface Plugin {
    readonly name: "docker" | "command" | "random" | "tls";
    /** The version of the npm SDK package it stands in for. */
    readonly version: string;
    readonly facts: PluginFacts;
    /** Type token → handler. Only the types this project uses; any other is refused by name. */
    readonly resources: Readonly<Record<string, ResourceHandler>>;
    /** Problems of the provider's configuration. */
    checkConfig?(config: Properties): readonly CheckFailure[];
}
