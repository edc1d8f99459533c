/** What encrypts a state instead of a passphrase: a key that somebody else keeps. */
export interface Sealing {
    /** As the stack file names it. */
    readonly provider: string;
    /** Starts a server with such a key. */
    start(): Promise<KeyServer>;
}

export interface KeyServer {
    /** Variables of whoever may use the key. */
    readonly allowed: Readonly<Record<string, string>>;
    /** Variables of whoever may not, or can't reach it. */
    readonly refused: Readonly<Record<string, string>>;
    /** What the engine says then. */
    readonly refusal: RegExp;
    stop(): void;
}
