import type { Values } from "./wire";

/** What happens to the real thing behind the plugin's back, before a refresh. */
export interface Tampering {
    readonly name: string;
    apply(id: string): Promise<void>;
}

/** A change of inputs: these properties take these values; `undefined` takes one away. */
export interface Change {
    readonly name: string;
    readonly set: Values;
    /** Also done for real, by an update in place, where both plugins say so. @default false */
    readonly apply?: boolean;
}

/** One resource's life, told once to each plugin. */
export interface Case {
    readonly name: string;
    readonly plugin: "docker" | "command" | "random" | "tls";
    readonly type: string;
    /** Asked anew for each plugin, so that both get the same inputs and the second finds nothing of the first. */
    inputs(): Values;
    readonly changes?: readonly Change[];
    readonly tampering?: readonly Tampering[];
    /** Outputs whose values differ by nature (ids, addresses, random values): only their shape is compared. */
    readonly volatile?: readonly string[];
    /** Runs before the create and after the delete. */
    prepare?(): Promise<void>;
    cleanUp?(): Promise<void>;
    /** Facts about the real thing after the create, which must be the same. */
    inspect?(id: string, outputs: Values): Promise<unknown>;
}

/** Inputs that a plugin should refuse, and the property it should name. */
export interface Refusal {
    readonly name: string;
    readonly plugin: Case["plugin"];
    readonly type: string;
    readonly inputs: Values;
}
