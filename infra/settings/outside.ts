import { spawnSync } from "node:child_process";
import { masksOf } from "../secrets/mask";
import { pathText } from "./problems";
import type { GivenSettings, OutsideSource, Settings } from "./types";
import { runCache } from "./run-cache";

/** Values of a secret from outside: the present one, and the one before where it still counts. */
export interface GivenValues {
    readonly value: string;
    readonly former?: string;
}

type Variables = Readonly<Record<string, string | undefined>>;

export interface OutsideOptions {
    /** Variables of whoever deploys. */
    readonly env: Variables;
    /** What commands say besides the value, without any secret. @default nobody hears it */
    readonly onNotice?: (line: string) => void;
}

/** A value that can't be read here. */
export interface Unread {
    /** `name`, or `name.former`. */
    readonly path: string;
    /** Begins with the path of the setting. */
    readonly problem: string;
}

/** What was read, by name, and what can't be. */
export interface Outside {
    readonly values: Readonly<Record<string, Partial<GivenValues>>>;
    readonly unread: readonly Unread[];
}

/** Secrets that can't be read, one line each. */
export class OutsideError extends Error {
    override readonly name = "OutsideError";
}

const WAIT_SECONDS = 30;

/** Reads what `quai:secrets` refers to, each once. */
export function readOutside(secrets: Settings["secrets"], options: OutsideOptions): Outside {
    const unread: Unread[] = [];
    const reader = new Reader(options, textsIn(secrets));
    const part = (path: readonly string[], from: string | OutsideSource): string | undefined => {
        if (typeof from === "string") return from;
        try {
            return reader.read(from);
        } catch (error) {
            if (!(error instanceof Unreadable)) throw error;
            unread.push({ path: path.join("."), problem: `${pathText(["secrets", ...path])}: ${error.message}` });
            return undefined;
        }
    };
    const values = Object.entries(secrets).map(([name, given]): [string, Partial<GivenValues>] => {
        const { former, ...present }: GivenSettings = typeof given === "string" ? { value: given } : given;
        const value = part([name], present.value ?? present);
        return [name, former === undefined ? { value } : { value, former: part([name, "former"], former) }];
    });
    return { values: Object.fromEntries(values), unread };
}

/** What goes for a value that can't be read here; undefined: nothing does. */
export type Instead = (unread: Unread) => string | undefined;

/** All the values. @throws OutsideError that lists everything that can't be read and that nothing goes for */
export function completed({ values, unread }: Outside, instead: Instead): Readonly<Record<string, GivenValues>> {
    const found = unread.map((each) => ({ ...each, value: instead(each) }));
    const missing = found.filter(({ value }) => value === undefined);
    if (missing.length > 0) throw new OutsideError(missing.map(({ problem }) => problem).join("\n"));
    const at = (path: string) => found.find((each) => each.path === path)?.value;
    return Object.fromEntries(
        Object.entries(values).map(([name, given]): [string, GivenValues] => {
            const value = given.value ?? at(name) ?? "";
            return [name, "former" in given ? { value, former: given.former ?? at(`${name}.former`) ?? "" } : { value }];
        }),
    );
}

/** Whether a vault is asked. */
export function runsCommands(secrets: Settings["secrets"]): boolean {
    return Object.values(secrets).some(
        (given) =>
            typeof given === "object" && [given, given.former].some((each) => typeof each === "object" && each.command !== undefined),
    );
}

/** The values that stand in the settings themselves. */
export function writtenValues(secrets: Settings["secrets"]): Record<string, string> {
    const texts = Object.entries(secrets).map(([name, given]) => [name, typeof given === "string" ? given : given.value] as const);
    return Object.fromEntries(texts.filter((each): each is [string, string] => each[1] !== undefined));
}

function textsIn(secrets: Settings["secrets"]): string[] {
    return Object.values(secrets)
        .flatMap((given) => (typeof given === "string" ? [given] : [given.value, given.former]))
        .filter((text) => typeof text === "string");
}

class Unreadable extends Error {}

class Reader {
    private readonly secret: string[];

    constructor(
        private readonly options: OutsideOptions,
        known: readonly string[],
    ) {
        this.secret = [...known];
    }

    read({ environment, command = [], timeout }: OutsideSource): string {
        const value = environment === undefined ? this.output(command, timeout ?? WAIT_SECONDS) : this.variable(environment);
        this.secret.push(value);
        return value;
    }

    private variable(name: string): string {
        const value = this.options.env[name];
        if (value === undefined) throw new Unreadable(`variable ${name} is not set: set it where you deploy`);
        if (value.trim() === "") throw new Unreadable(`variable ${name} is empty: set it where you deploy`);
        return value;
    }

    private output(command: readonly string[], seconds: number): string {
        const cache = runCache(this.options.env);
        const kept = cache.get(command);
        if (kept !== undefined) return kept;
        const value = this.run(command, seconds);
        cache.set(command, value);
        return value;
    }

    private run(command: readonly string[], seconds: number): string {
        const [program = "", ...words] = command;
        const shown = command.join(" ");
        const { error, status, signal, stdout, stderr } = spawnSync(program, words, {
            encoding: "utf8",
            timeout: seconds * 1000,
            killSignal: "SIGKILL",
            // It must not wait for somebody who isn't there.
            stdio: ["ignore", "pipe", "pipe"],
            env: this.options.env,
        });
        // Programs write one line break more than the value has.
        const value = stdout?.replace(/\r?\n$/, "") ?? "";
        const said = this.clean(stderr ?? "", value);
        const why = said === "" ? "" : `: ${said}`;
        const code = error !== undefined && "code" in error ? String(error.code) : undefined;
        if (code === "ENOENT") throw new Unreadable(`there is no command ${program} here: install it, or put it on PATH`);
        if (code === "ETIMEDOUT") {
            const hint = "it may wait for somebody to log in; log in first, or give it more time (timeout)";
            throw new Unreadable(`command ${shown} took longer than ${seconds} s and was ended${why}; ${hint}`);
        }
        if (error !== undefined) throw new Unreadable(`command ${shown} can't be run: ${code ?? error.message}`);
        if (status !== 0) throw new Unreadable(`command ${shown} ended with ${status ?? signal ?? "nothing"}${why}`);
        if (value.trim() === "") throw new Unreadable(`command ${shown} printed nothing${why}: look at the vault's entry`);
        if (said !== "") this.options.onNotice?.(`${program}: ${said}`);
        return value;
    }

    /** The last lines of what a command said, without any secret that is known. */
    private clean(text: string, value: string): string {
        const mask = masksOf([...this.secret, value]).all;
        return mask(text).trim().split("\n").slice(-3).join("\n");
    }
}
