/** Where a secret is read from when a stack is deployed or previewed. */
export interface OutsideSource {
    /** Variable of whoever deploys that holds the value. @default none @example "OPENAI_API_KEY" */
    readonly environment?: string;
    /** A vault's command whose output is the value, as a list of words; no shell reads it. It runs on the machine that deploys, must not ask anything, and runs once per `./quai` command. @default none @example ["op","read","op://prod/stripe/key"] */
    readonly command?: readonly string[];
    /** Time that the command may take, as a duration of at most 5m. @default 30s @example "1m" */
    readonly timeout?: number;
}

/** A secret from outside that is more than one encrypted text. One of `value`, `environment` and `command` says what it is. */
export interface GivenSettings extends OutsideSource {
    /** The value, encrypted, where `former` stands beside it. @default none @example {"secure":"v1:…"} */
    readonly value?: string;
    /** The value before, for as long as it counts: encrypted, or where to read it. Applications that accept one besides the present get it as `${former.<name>}`. @default none @example {"secure":"v1:…"} */
    readonly former?: string | OutsideSource;
}
