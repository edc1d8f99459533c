import * as pulumi from "@pulumi/pulumi";
import { createHash } from "node:crypto";
import { isIP } from "node:net";
import * as random from "@pulumi/random";
import * as tls from "@pulumi/tls";
import type { Target } from "../targets";
import type { SecretRef, SecretsBundleArgs } from "./args";
import { type Authority, localAuthority, signedBy } from "../internal/certificates";
import { keyFrom, seedLength } from "./key";
import type { ResolvedSecret, SecretSpec } from "./spec";
import { resolveSecrets } from "./spec";
import { type AuthorityVersions, dayOf, FIRST_AUTHORITY, trustedVersion } from "./versions";

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

    /** Versions of the authority that signs the stack's own certificates. */
    readonly authority: AuthorityVersions;
    private signer: Authority | undefined;

    constructor(name: string, args: SecretsBundleArgs, opts?: pulumi.ComponentResourceOptions) {
        super("quai:index:SecretsBundle", name, {}, opts);
        const stored = args.target.kind === "aws" ? args.target.options.stored : {};
        const mine = Object.entries(args.generate ?? {}).filter(([each]) => stored[each] === undefined);
        const specs = resolveSecrets({ ...args, generate: Object.fromEntries(mine) });
        const { version, former } = specs.find(({ generated }) => generated.kind === "authority") ?? { version: undefined, former: [] };
        this.authority = version === undefined ? FIRST_AUTHORITY : { present: version, former };
        for (const spec of specs) {
            this.generate(args.target, spec);
        }
        for (const [secret, given] of Object.entries(args.given ?? {})) {
            this.refs.set(secret, { name: secret, version: given.version, value: pulumi.secret(given.value) });
            new GivenValue(`${secret}-${given.version}`, { parent: this });
            if (given.former !== undefined) {
                const { version, value } = given.former;
                this.formerRefs.set(secret, { name: `${secret}Former`, version, value: pulumi.secret(value) });
            }
        }
        for (const [secret, where] of Object.entries(stored)) {
            const version = createHash("sha256").update(where).digest("hex").slice(0, 8);
            this.refs.set(secret, { name: secret, version, value: pulumi.secret(""), stored: where });
        }
        if (args.target.kind === "aws") {
            // All of them, also those that nothing reads yet: people look for them there.
            for (const ref of this.refs.values()) args.target.secrets.keep(ref);
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
            throw new Error(`secrets.${name}: no such secret; set it with: ./quai secrets set ${name} --stack ${pulumi.getStack()}`);
        }
        return ref;
    }

    /**
     * Former values that still count after a rotation, as one secret: those of passwords and keys with commas between, public keys one PEM
     * after the other; the newest first; of a given one what the settings say. Undefined where there are none: nothing was rotated, or
     * the overlap has ended.
     */
    former(name: string): SecretRef | undefined {
        return this.formerRefs.get(name);
    }

    private generate(target: Target, spec: SecretSpec): void {
        if (spec.generated.kind === "authority") return;
        if (spec.generated.kind === "certificate") {
            this.certificate(target, spec.name, spec.version, spec.generated);
            return;
        }
        for (const [part, value] of Object.entries(this.values(target, spec, spec.version))) {
            this.refs.set(part, { name: part, version: spec.version, value: pulumi.secret(value) });
        }
        const former = spec.former.map((version) => this.values(target, spec, version));
        for (const part of Object.keys(former[0] ?? {}).filter((each) => !each.endsWith("Private") || !isPair(spec))) {
            const value = pulumi.all(former.map((values) => values[part] ?? "")).apply((texts) => texts.join(isPair(spec) ? "" : ","));
            this.formerRefs.set(part, { name: `${part}Former`, version: spec.former.join("+"), value: pulumi.secret(value) });
        }
    }

    /** A certificate changes with its authority, its key doesn't. */
    private certificate(
        target: Target,
        name: string,
        version: string,
        { names, days }: Extract<ResolvedSecret, { kind: "certificate" }>,
    ): void {
        const place = { target, parent: this };
        this.signer ??= localAuthority("services", `${target.stack} services authority`, this.authority, place);
        const logical = `${name}-${version}`;
        const made = signedBy(
            this.signer,
            { key: logical, request: `${logical}-request`, certificate: `${logical}-certificate` },
            {
                commonName: names[0] ?? name,
                dnsNames: names.filter((each) => isIP(each) === 0),
                ipAddresses: names.filter((each) => isIP(each) !== 0),
                days,
                // An update that renews it by itself would release nobody anew: that is done by a date.
                renewalDays: 0,
                client: true,
            },
            place,
        );
        const trusted = trustedVersion(this.authority);
        made.endsOn.apply((end) => {
            const endsSoon = Date.parse(end) - Date.now() < Math.min(LAST_DAYS, days / 3) * 86_400_000;
            if (endsSoon)
                void pulumi.log.warn(`quai:rotation.${name}: its certificate ends on ${end.slice(0, 10)}; renew it: ./quai rotate ${name}`);
        });
        const parts = {
            Certificate: { version: `${version}+${trusted}`, value: made.certificatePem },
            Key: { version, value: made.keyPem },
            Authority: { version: trusted, value: made.authorityPem },
        };
        for (const [part, ref] of Object.entries(parts)) this.refs.set(`${name}${part}`, { name: `${name}${part}`, ...ref });
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
                const args = { length: seedLength(bytes), special: false };
                const seed = new random.RandomPassword(logical, args, { ...opts, provider: generators.random });
                return { [name]: seed.result.apply((text) => keyFrom(text, bytes).toString(encoding)) };
            }
            case "certificate":
            case "authority":
                throw new Error(`secrets.${name}: isn't one value`);
            case "rsa":
            case "ed25519": {
                const args = generated.kind === "rsa" ? { algorithm: "RSA", rsaBits: generated.bits } : { algorithm: "ED25519" };
                const pair = new tls.PrivateKey(logical, args, { ...opts, provider: generators.tls });
                return { [`${name}Private`]: pair.privateKeyPemPkcs8, [`${name}Public`]: pair.publicKeyPem };
            }
        }
    }
}

/**
 * Stands in the state for a value from outside, by its fingerprint, so that the engine notes when it came: that is its age. It holds nothing.
 */
class GivenValue extends pulumi.ComponentResource {
    constructor(name: string, opts: pulumi.ComponentResourceOptions) {
        super("quai:index:GivenValue", name, {}, opts);
        this.registerOutputs({});
    }
}

function isPair({ generated }: SecretSpec): boolean {
    return generated.kind === "rsa" || generated.kind === "ed25519";
}

/**
 * A secret made of others, for instance a connection string: its version changes when one of theirs does.
 *
 * @param also what is composed after the secrets' values, such as the address of a server. It stands here, so that an engine knows before an update, too,
 *   what the secret waits for: its plans can be kept to
 */
export function derivedSecret(
    name: string,
    parts: readonly SecretRef[],
    compose: (values: readonly string[]) => string,
    reaches: SecretRef["reaches"] = undefined,
    also: readonly pulumi.Input<string>[] = [],
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
        value: pulumi.secret(pulumi.all([...parts.map((part) => part.value), ...also]).apply((values) => compose(values))),
        ...(ways.length === 0 ? {} : { reaches: ways }),
        ...(opens.length === 0 ? {} : { opens }),
    };
}

/** A certificate that ends so soon, or in the last third of its time, is warned of. */
const LAST_DAYS = 30;
