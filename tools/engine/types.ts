/** What the engine set-up says while it works; the command line's terminal is one. */
export interface Reporter {
    info(text: string): void;
    warn(text: string): void;
    /** A step that takes time: shown at once, updated in place on a terminal, ended by `done` or `fail`. */
    step(title: string): Step;
}

export interface Step {
    /** Replaces the detail after the title, e.g. "412 of 1686 packages". */
    update(detail: string): void;
    done(detail?: string): void;
    fail(detail?: string): void;
}

/** Says nothing: for tests and for commands whose output is read by a program. */
export const silent: Reporter = {
    info: () => undefined,
    warn: () => undefined,
    step: () => ({ update: () => undefined, done: () => undefined, fail: () => undefined }),
};

/** Where an engine or a plugin came from. */
export type EngineSource = "installed" | "downloaded" | "built";

/** An engine's two programs, wherever they came from. */
export interface EngineFiles {
    readonly source: EngineSource;
    /** Absolute path of the `pulumi` program. */
    readonly pulumi: string;
    /** Version of `pulumi`, without the leading v. */
    readonly version: string;
    /** Absolute path of `pulumi-language-nodejs`. */
    readonly languageHost: string;
}

export interface Engine extends EngineFiles {
    /** The checkout it works in. */
    readonly checkout: string;
    /** The engine's own folder (PULUMI_HOME): plugins, workspaces. */
    readonly home: string;
    /** Complete environment for every run of the engine. Holds a passphrase only if the caller's own environment did. */
    readonly env: Readonly<Record<string, string>>;
}

/** An error whose message is all that the user needs: what, which value, and the fix. Shown without a stack. */
export class SetupError extends Error {
    override readonly name = "SetupError";
    constructor(
        message: string,
        /** 1: it failed; 2: the way it was called, or a setting, is wrong. */
        readonly exitCode: 1 | 2 = 1,
    ) {
        super(message);
    }
}

/** What an error says, whatever was thrown. */
export function messageOf(error: unknown): string {
    return typeof error === "object" && error !== null && "message" in error ? String(error.message) : String(error);
}
