/** What the settings can't know by themselves. */
export interface Context {
    /** Name of the Pulumi stack. */
    readonly stack: string;
    /** Names of the files of stacks/. @default any well-formed name is accepted */
    readonly applications?: readonly string[];
    /**
     * Keys (without `quai:`) that hold something encrypted in the stack file; only `secrets` may, and it must. Values of these keys, and of
     * `secrets` in any case, are never shown. @default not known: nothing is said about what is encrypted
     */
    readonly secretKeys?: readonly string[];
    /** The moment that "not in the future" refers to. @default now */
    readonly now?: Date;
}
