import * as pulumi from "@pulumi/pulumi";
import { createHash, hkdfSync } from "node:crypto";
import * as random from "@pulumi/random";
import * as tls from "@pulumi/tls";
import type { Target } from "../targets";
import type { SecretRef, SecretsBundleArgs } from "./args";
import type { SecretSpec } from "./spec";
import { resolveSecrets } from "./spec";
import { dayOf } from "./versions";

export type { Generated, GivenSecret, SecretRef, SecretsBundleArgs } from "./args";
export type { Renewals } from "./versions";

/**
 * The secrets of a stack. A generated one is made once and stays (R24); its rotation date is part of its logical name, so another date
 * makes the new value beside the old, lets everything that uses it move, and removes the old last.
 *
 * The values stand only in the state (encrypted) and where the target keeps secrets: files on a Docker host, Secrets Manager on AWS.
 */
export class SecretsBundle extends pulumi.ComponentResource {
    private readonly refs = new Map<string, SecretRef>();
    private readonly formerRefs = new Map<string, SecretRef>();
    /** Names, dates, and how long a former value counts (seconds), for `status` and `rotate`: never a value. */
    readonly ages: readonly {
        readonly name: string;
        readonly rotatedOn?: string;
        readonly versions: readonly string[];
        readonly overlap?: number;
    }[];

    constructor(name: string, args: SecretsBundleArgs, opts?: pulumi.ComponentResourceOptions) {
        super("quai:index:SecretsBundle", name, {}, opts);
        const stored = args.target.kind === "aws" ? args.target.options.stored : {};
        const mine = Object.entries(args.generate ?? {}).filter(([each]) => stored[each] === undefined);
        const specs = resolveSecrets({ ...args, generate: Object.fromEntries(mine) });
        for (const spec of specs) {
            this.generate(args.target, spec);
        }
        for (const [secret, given] of Object.entries(args.given ?? {})) {
            this.refs.set(secret, { name: secret, version: given.version, value: pulumi.secret(given.value) });
        }
        for (const [secret, where] of Object.entries(stored)) {
            const version = createHash("sha256").update(where).digest("hex").slice(0, 8);
            this.refs.set(secret, { name: secret, version, value: pulumi.secret(""), stored: where });
        }
        if (args.target.kind === "aws") {
            // All of them, also those that nothing reads yet: people look for them there.
            for (const ref of this.refs.values()) args.target.secrets.store(ref);
        }
        this.ages = specs.map(({ name, version, former, overlap }) => ({
            name,
            rotatedOn: dayOf(version),
            versions: [version, ...former],
            overlap,
        }));
        this.registerOutputs({});
    }

    /** @throws Error that names the secrets there are. */
    get(name: string): SecretRef {
        const ref = this.refs.get(name);
        if (ref === undefined) {
            throw new Error(`secrets.${name}: no such secret; set it with: pulumi config set --secret --path quai:secrets.${name}`);
        }
        return ref;
    }

    /**
     * Former values that still count after a rotation, as one secret: those of passwords and keys with commas between, public keys one PEM
     * after the other; the newest first. Undefined where there are none: nothing was rotated, or the overlap has ended.
     */
    former(name: string): SecretRef | undefined {
        return this.formerRefs.get(name);
    }

    private generate(target: Target, spec: SecretSpec): void {
        for (const [part, value] of Object.entries(this.values(target, spec, spec.version))) {
            this.refs.set(part, { name: part, version: spec.version, value: pulumi.secret(value) });
        }
        const former = spec.former.map((version) => this.values(target, spec, version));
        for (const part of Object.keys(former[0] ?? {}).filter((each) => !each.endsWith("Private") || !isPair(spec))) {
            const value = pulumi.all(former.map((values) => values[part] ?? "")).apply((texts) => texts.join(isPair(spec) ? "" : ","));
            this.formerRefs.set(part, { name: `${part}Former`, version: spec.former.join("+"), value: pulumi.secret(value) });
        }
    }

    /** What a version of a secret consists of, by name: a pair is two. */
    private values(target: Target, { name, generated }: SecretSpec, version: string): Record<string, pulumi.Output<string>> {
        const logical = `${name}-${version}`;
        const generators = target.generators;
        const opts = { parent: this };
        switch (generated.kind) {
            case "password": {
                const args = { length: generated.length, special: false };
                return { [name]: new random.RandomPassword(logical, args, { ...opts, provider: generators.random }).result };
            }
            case "key": {
                // Not RandomBytes: the bytes would stand in clear in the state, as the resource's id.
                const { bytes, encoding } = generated;
                const args = { length: Math.ceil((bytes * 8) / BITS_PER_CHARACTER), special: false };
                const seed = new random.RandomPassword(logical, args, { ...opts, provider: generators.random });
                return { [name]: seed.result.apply((text) => keyFrom(text, bytes).toString(encoding)) };
            }
            case "rsa":
            case "ed25519": {
                const args = generated.kind === "rsa" ? { algorithm: "RSA", rsaBits: generated.bits } : { algorithm: "ED25519" };
                const pair = new tls.PrivateKey(logical, args, { ...opts, provider: generators.tls });
                return { [`${name}Private`]: pair.privateKeyPemPkcs8, [`${name}Public`]: pair.publicKeyPem };
            }
        }
    }
}

function isPair({ generated }: SecretSpec): boolean {
    return generated.kind === "rsa" || generated.kind === "ed25519";
}

/** A secret made of others, for instance a connection string: its version changes when one of theirs does. */
export function derivedSecret(
    name: string,
    parts: readonly SecretRef[],
    compose: (values: readonly string[]) => pulumi.Input<string>,
    reaches: SecretRef["reaches"] = undefined,
): SecretRef {
    for (const part of parts.filter((each) => each.stored !== undefined)) {
        throw new Error(
            `quai:target.stored.${part.name}: stands within a longer text, which needs its value: give it by quai:secrets instead`,
        );
    }
    // Whoever gets it gets what its parts open.
    const ways = reaches ?? parts.flatMap((part) => part.reaches ?? []);
    const opens = parts.flatMap((part) => part.opens ?? []);
    return {
        name,
        version: parts.map((part) => part.version).join("+"),
        value: pulumi.secret(pulumi.all(parts.map((part) => part.value)).apply((values) => compose(values))),
        ...(ways.length === 0 ? {} : { reaches: ways }),
        ...(opens.length === 0 ? {} : { opens }),
    };
}

/** Letters of both cases and digits: log2(62), rounded down. */
const BITS_PER_CHARACTER = 5.95;

/** So many bytes from a text with at least as much randomness (HKDF, RFC 5869). */
function keyFrom(seed: string, bytes: number): Buffer {
    return Buffer.from(hkdfSync("sha512", seed, "", "quai key", bytes));
}
