import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { runPulumi } from "../../engine";
import type { Session } from "../stack/session";
import { isRecord } from "./values";

/** Longer texts are scripts and configurations; the secrets in them are looked for by themselves. */
const LONGEST = 8_192;

/**
 * Every secret of the stack, from its settings and its state, so that none of them shows in a report, in whatever text it stands. They stay in this
 * process's memory. Where they can't be decrypted (no passphrase), there are none.
 */
export async function knownSecrets(session: Session): Promise<readonly string[]> {
    const { checkout, engine, stack, configFile } = session;
    const run = async (...words: string[]): Promise<unknown> => {
        const lines: string[] = [];
        const onLine = (line: string, stream: "stdout" | "stderr") => void (stream === "stdout" && lines.push(line));
        const { code } = await runPulumi(engine, [...words, "--stack", stack, "--show-secrets", "--non-interactive"], { onLine });
        return code === 0 ? (JSON.parse(lines.join("\n")) as unknown) : undefined;
    };
    // Each run of the engine costs half a second of the processor.
    const encrypted = /\bsecure\b/.test(readFileSync(resolve(checkout, configFile), "utf8"));
    const [settings, state] = await Promise.all([
        encrypted ? run("config", "--json", "--config-file", configFile) : undefined,
        run("stack", "export"),
    ]);
    return [...new Set([...settingSecrets(settings), ...stateSecrets(state)])].filter((text) => text.length <= LONGEST);
}

function settingSecrets(settings: unknown): string[] {
    if (!isRecord(settings)) return [];
    return Object.values(settings).flatMap((entry) =>
        isRecord(entry) && entry["secret"] === true ? texts(withoutPlaces(entry["objectValue"] ?? entry["value"])) : [],
    );
}

/** Where a secret comes from is none: a variable's name, the words of a command. */
function withoutPlaces(value: unknown): unknown {
    if (!isRecord(value)) return value;
    const { environment: _environment, command: _command, timeout: _timeout, ...rest } = value;
    return Object.fromEntries(Object.entries(rest).map(([name, member]) => [name, withoutPlaces(member)]));
}

/** What the state holds encrypted: `{ …, plaintext: "<JSON>" }`. */
export function stateSecrets(value: unknown): string[] {
    if (Array.isArray(value)) return value.flatMap(stateSecrets);
    if (!isRecord(value)) return [];
    const plaintext = value["plaintext"];
    if (typeof plaintext !== "string") return Object.values(value).flatMap(stateSecrets);
    return texts(JSON.parse(plaintext)).flatMap((text) => [text, ...filesIn(text)]);
}

function texts(value: unknown): string[] {
    if (typeof value === "string") return [value];
    if (Array.isArray(value)) return value.flatMap(texts);
    return isRecord(value) ? Object.values(value).flatMap(texts) : [];
}

/** Files that a step writes into a volume: `name mode base64` on its standard input (components/internal/docker/file-volume.ts). */
function filesIn(text: string): string[] {
    return [...text.matchAll(/^\S+ 0\d{3} ([A-Za-z0-9+/]+=*)$/gm)].map(([, data]) => Buffer.from(data ?? "", "base64").toString("utf8"));
}
