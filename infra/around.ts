import { createDecipheriv, createHmac, pbkdf2Sync, randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import type { Around, OtherStack } from "../policies";
import { isMapping } from "./settings/problems";

type Variables = Readonly<Record<string, string | undefined>>;
type Mapping = Readonly<Record<string, unknown>>;

export interface Surroundings {
    readonly checkout: string;
    readonly stack: string;
    readonly env: Variables;
    /** This stack's own secrets, where they are known already. @default what the passphrase opens */
    readonly secrets?: Readonly<Record<string, string>>;
}

/** What the other stack files of the checkout say, and where the state is. What can't be read or opened is left out. */
export function aroundStack({ checkout, stack, env, secrets }: Surroundings): Around {
    const files = readdirSync(checkout).flatMap((file) => /^Pulumi\.(.+)\.ya?ml$/.exec(file)?.[1] ?? []);
    const passphrase = passphraseOf(env);
    // Thrown away with this process: a fingerprint tells nothing but that two texts are the same.
    const key = randomBytes(32);
    const own = stackFile(checkout, stack);
    const ownSecrets = { ...openSecrets(own, passphrase), ...secrets };
    const fingerprints = fingerprintsOf(key, own, ownSecrets);
    // Opening a file takes a third of a second: not where there is nothing to compare.
    const compare = Object.keys(fingerprints).length > 0;
    const others = files
        .filter((name) => name !== stack)
        .map((name): OtherStack => {
            const file = stackFile(checkout, name);
            return {
                stack: name,
                environment: textOf(setting(file, "environment")) ?? "unknown",
                hosts: hostsOf(file),
                fingerprints: compare ? fingerprintsOf(key, file, openSecrets(file, passphrase)) : {},
            };
        });
    return { others, fingerprints, ...(env["PULUMI_BACKEND_URL"] ? { backend: env["PULUMI_BACKEND_URL"] } : {}) };
}

function stackFile(checkout: string, stack: string): Mapping {
    try {
        const content: unknown = parse(readFileSync(join(checkout, `Pulumi.${stack}.yaml`), "utf8"));
        return isMapping(content) ? content : {};
    } catch {
        return {};
    }
}

function setting(file: Mapping, name: string): unknown {
    const config = file["config"];
    return isMapping(config) ? config[`quai:${name}`] : undefined;
}

function hostsOf(file: Mapping): string[] {
    const [aliases, hosts] = [setting(file, "aliases"), setting(file, "hosts")];
    const all: unknown[] = [
        setting(file, "domain"),
        ...((Array.isArray(aliases) ? aliases : []) as unknown[]),
        ...(isMapping(hosts) ? Object.values(hosts) : []),
    ];
    return all.flatMap((host) => textOf(host) ?? []);
}

/** Of each secret: its value, where that is known, and what stands in the file: a copied line, or a reference to the same vault entry. */
function fingerprintsOf(key: Buffer, file: Mapping, values: Readonly<Record<string, string>>): Record<string, readonly string[]> {
    const secrets = setting(file, "secrets");
    const written = isMapping(secrets) ? secrets : {};
    const print = (kind: string, text: string) => createHmac("sha256", key).update(`${kind}\0${text}`).digest("hex");
    const names = [...new Set([...Object.keys(written), ...Object.keys(values)])];
    return Object.fromEntries(
        names.map((name) => {
            const [value, text] = [values[name], written[name]];
            return [
                name,
                [
                    ...(value === undefined ? [] : [print("value", value)]),
                    // Everybody may call a variable by the same name; the same entry of a vault is the same secret.
                    ...(isMapping(text) && text["environment"] === undefined ? [print("written", JSON.stringify(text))] : []),
                ],
            ];
        }),
    );
}

function passphraseOf(env: Variables): string | undefined {
    if (env["PULUMI_CONFIG_PASSPHRASE"] !== undefined) return env["PULUMI_CONFIG_PASSPHRASE"];
    try {
        return env["PULUMI_CONFIG_PASSPHRASE_FILE"] ? readFileSync(env["PULUMI_CONFIG_PASSPHRASE_FILE"], "utf8").trim() : undefined;
    } catch {
        return undefined;
    }
}

/** The engine's own way to encrypt with a passphrase: a key by PBKDF2, then AES-256-GCM. */
const ROUNDS = 1_000_000;

/** The encrypted secrets of a stack file that the passphrase opens; those of another passphrase or provider stay closed. */
function openSecrets(file: Mapping, passphrase: string | undefined): Record<string, string> {
    const secrets = setting(file, "secrets");
    const closed = Object.entries(isMapping(secrets) ? secrets : {}).flatMap(([name, value]) => {
        const given = isMapping(value) && isMapping(value["value"]) ? value["value"] : value;
        const text = isMapping(given) ? textOf(given["secure"]) : undefined;
        return text === undefined ? [] : [[name, text] as const];
    });
    const [, salt, ...proof] = textOf(file["encryptionsalt"])?.split(":") ?? [];
    if (passphrase === undefined || salt === undefined || closed.length === 0) return {};
    const key = pbkdf2Sync(passphrase, Buffer.from(salt, "base64"), ROUNDS, 32, "sha256");
    if (decrypted(key, proof.join(":")) === undefined) return {};
    return Object.fromEntries(
        closed.flatMap(([name, text]) => {
            const value = decrypted(key, text);
            return value === undefined ? [] : [[name, value]];
        }),
    );
}

/** `v1:<nonce>:<text and tag>`; undefined: it wasn't this key. */
function decrypted(key: Buffer, text: string): string | undefined {
    const [version, nonce, body] = text.split(":");
    if (version !== "v1" || nonce === undefined || body === undefined) return undefined;
    try {
        const bytes = Buffer.from(body, "base64");
        const opener = createDecipheriv("aes-256-gcm", key, Buffer.from(nonce, "base64"));
        opener.setAuthTag(bytes.subarray(-16));
        return Buffer.concat([opener.update(bytes.subarray(0, -16)), opener.final()]).toString("utf8");
    } catch {
        return undefined;
    }
}

function textOf(value: unknown): string | undefined {
    return typeof value === "string" && value !== "" ? value : undefined;
}
