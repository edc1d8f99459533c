import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isRunning } from "./running";

/**
 * What commands of vaults have said, for one run. `./quai up` runs the program twice, and nobody wants to touch a key twice: so the run
 * hands its programs a folder and a key, by a variable. Without that (plain `pulumi`) a process remembers for itself. Files hold nothing
 * that is of use without the key, which no file has.
 */
export interface RunCache {
    get(command: readonly string[]): string | undefined;
    set(command: readonly string[], value: string): void;
}

const VARIABLE = "QUAI_RUN_CACHE";

/** Opens a cache for the programs that this process starts; it ends with this process. @returns the variable to start them with */
export function openRunCache(): Readonly<Record<string, string>> {
    removeLeftovers();
    const folder = mkdtempSync(join(tmpdir(), `quai-run-${process.pid}-`));
    process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
    return { [VARIABLE]: `${randomBytes(32).toString("hex")}:${folder}` };
}

/** Those of runs that were killed. Without their keys they tell nothing, but nobody else removes them. */
function removeLeftovers(): void {
    for (const name of readdirSync(tmpdir())) {
        const pid = Number(/^quai-run-(\d+)-/.exec(name)?.[1]);
        if (!(pid > 0) || isRunning(pid)) continue;
        try {
            rmSync(join(tmpdir(), name), { recursive: true, force: true });
        } catch {
            // It is somebody else's.
        }
    }
}

const remembered = new Map<string, string>();

export function runCache(env: Readonly<Record<string, string | undefined>>): RunCache {
    const [, hex, folder] = /^([0-9a-f]{64}):(.+)$/.exec(env[VARIABLE] ?? "") ?? [];
    const nameOf = (command: readonly string[]) => createHash("sha256").update(JSON.stringify(command)).digest("hex");
    if (hex === undefined || folder === undefined) {
        return {
            get: (command) => remembered.get(nameOf(command)),
            set: (command, value) => void remembered.set(nameOf(command), value),
        };
    }
    const key = Buffer.from(hex, "hex");
    return {
        get: (command) => opened(key, join(folder, nameOf(command))),
        set: (command, value) => writeFileSync(join(folder, nameOf(command)), closed(key, value), { mode: 0o600 }),
    };
}

function closed(key: Buffer, value: string): Buffer {
    const nonce = randomBytes(12);
    const cipher = createCipheriv("aes-256-gcm", key, nonce);
    return Buffer.concat([nonce, cipher.update(value, "utf8"), cipher.final(), cipher.getAuthTag()]);
}

function opened(key: Buffer, file: string): string | undefined {
    try {
        const bytes = readFileSync(file);
        const opener = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, 12));
        opener.setAuthTag(bytes.subarray(-16));
        return Buffer.concat([opener.update(bytes.subarray(12, -16)), opener.final()]).toString("utf8");
    } catch {
        return undefined;
    }
}
