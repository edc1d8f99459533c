/** A file of stacks/*.yaml: an application that is described and not programmed. */
export interface Preset {
    /** What it says of `quai:` settings, without that prefix; what the stack file says comes first. */
    readonly settings: Readonly<Record<string, unknown>>;
    /** What stands in `quai:custom`. */
    readonly application: Readonly<Record<string, unknown>>;
}

/** What the settings can't know by themselves. */
export interface Context {
    /** Name of the Pulumi stack. */
    readonly stack: string;
    /** What `quai:application` may name. @default any well-formed name is accepted */
    readonly applications?: readonly string[];
    /** The description of an application that has one in stacks/*.yaml. @default none has */
    readonly preset?: (application: string) => Preset | undefined;
    /**
     * Keys (without `quai:`) that hold something encrypted in the stack file; only `secrets` may, and it must. Values of these keys, and of
     * `secrets` in any case, are never shown. @default not known: nothing is said about what is encrypted
     */
    readonly secretKeys?: readonly string[];
    /** The moment that "not in the future" refers to. @default now */
    readonly now?: Date;
}
