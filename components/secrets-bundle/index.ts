import * as pulumi from "@pulumi/pulumi";
import { hkdfSync } from "node:crypto";
import * as random from "@pulumi/random";
import * as tls from "@pulumi/tls";
import type { Target } from "../targets";
import type { SecretRef, SecretsBundleArgs } from "./args";
import type { SecretSpec } from "./spec";
import { resolveSecrets } from "./spec";

export type { Generated, GivenSecret, SecretRef, SecretsBundleArgs } from "./args";

/**
 * The secrets of a stack. A generated one is made once and stays (R24); its rotation date is part of its logical name, so another date
 * makes the new value beside the old, lets everything that uses it move, and removes the old last.
 *
 * The values stand only in the state (encrypted) and where the target keeps secrets: files on a Docker host, Secrets Manager on AWS.
 */
export class SecretsBundle extends pulumi.ComponentResource {
    private readonly refs = new Map<string, SecretRef>();
    /** Names and dates, for `status`: never a value. */
    readonly ages: readonly { readonly name: string; readonly rotatedOn: string | undefined }[];

    constructor(name: string, args: SecretsBundleArgs, opts?: pulumi.ComponentResourceOptions) {
        super("quai:index:SecretsBundle", name, {}, opts);
        const specs = resolveSecrets(args);
        for (const spec of specs) {
            this.generate(args.target, spec);
        }
        for (const [secret, given] of Object.entries(args.given ?? {})) {
            this.refs.set(secret, { name: secret, version: given.version, value: pulumi.secret(given.value) });
        }
        if (args.target.kind === "aws") {
            // All of them, also those that nothing reads yet: people look for them there.
            for (const ref of this.refs.values()) args.target.secrets.store(ref);
        }
        this.ages = specs.map((spec) => ({ name: spec.name, rotatedOn: spec.version === "1" ? undefined : spec.version }));
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

    private generate(target: Target, spec: SecretSpec): void {
        const logical = `${spec.name}-${spec.version}`;
        const generators = target.generators;
        const opts = { parent: this };
        const add = (name: string, value: pulumi.Output<string>) =>
            this.refs.set(name, { name, version: spec.version, value: pulumi.secret(value) });
        switch (spec.generated.kind) {
            case "password": {
                const args = { length: spec.generated.length, special: false };
                add(spec.name, new random.RandomPassword(logical, args, { ...opts, provider: generators.random }).result);
                return;
            }
            case "key": {
                // Not RandomBytes: the bytes would stand in clear in the state, as the resource's id.
                const { bytes, encoding } = spec.generated;
                const args = { length: Math.ceil((bytes * 8) / BITS_PER_CHARACTER), special: false };
                const seed = new random.RandomPassword(logical, args, { ...opts, provider: generators.random });
                add(
                    spec.name,
                    seed.result.apply((text) => keyFrom(text, bytes).toString(encoding)),
                );
                return;
            }
            case "rsa": {
                const args = { algorithm: "RSA", rsaBits: spec.generated.bits };
                const pair = new tls.PrivateKey(logical, args, { ...opts, provider: generators.tls });
                add(`${spec.name}Private`, pair.privateKeyPemPkcs8);
                add(`${spec.name}Public`, pair.publicKeyPem);
                return;
            }
        }
    }
}

/** A secret made of others, for instance a connection string: its version changes when one of theirs does. */
export function derivedSecret(
    name: string,
    parts: readonly SecretRef[],
    compose: (values: readonly string[]) => pulumi.Input<string>,
    reaches: SecretRef["reaches"] = undefined,
): SecretRef {
    // Whoever gets it gets what its parts open.
    const ways = reaches ?? parts.flatMap((part) => part.reaches ?? []);
    return {
        name,
        version: parts.map((part) => part.version).join("+"),
        value: pulumi.secret(pulumi.all(parts.map((part) => part.value)).apply((values) => compose(values))),
        ...(ways.length === 0 ? {} : { reaches: ways }),
    };
}

/** Letters of both cases and digits: log2(62), rounded down. */
const BITS_PER_CHARACTER = 5.95;

/** So many bytes from a text with at least as much randomness (HKDF, RFC 5869). */
function keyFrom(seed: string, bytes: number): Buffer {
    return Buffer.from(hkdfSync("sha512", seed, "", "quai key", bytes));
}
