import type { Generated, SecretsBundleArgs } from "./args";
import { formerVersions, nextOf, versionsOf } from "./versions";

export type ResolvedSecret =
    | { readonly kind: "password"; readonly length: number }
    | { readonly kind: "key"; readonly bytes: number; readonly encoding: "hex" | "base64" | "base64url" }
    | { readonly kind: "rsa"; readonly bits: number }
    | { readonly kind: "ed25519" }
    | { readonly kind: "certificate"; readonly names: readonly string[]; readonly days: number }
    | { readonly kind: "authority" };

export interface SecretSpec {
    readonly name: string;
    readonly generated: ResolvedSecret;
    /** The rotation date, or "1" for a secret that was never rotated. */
    readonly version: string;
    /** Versions that count beside it: the next one, which is only announced yet, then former ones, the newest first. */
    readonly former: readonly string[];
    /** Seconds that a former value counts; undefined where nothing accepts one. */
    readonly overlap: number | undefined;
}

const DAY = 86400;

/** Seconds that a former value counts, where whoever uses it can do with two. */
const OVERLAPS: Readonly<Partial<Record<Generated["kind"], number>>> = { rsa: DAY, ed25519: DAY, authority: 30 * DAY };

/** The most that browsers take; whoever renews once a year needs no more. */
const CERTIFICATE_DAYS = 397;

/** Defaults filled in and minimums checked. @throws Error that lists every problem, each beginning with the secret's name. */
export function resolveSecrets(args: Omit<SecretsBundleArgs, "target">): readonly SecretSpec[] {
    const { rotation = {}, overlap = {}, now = new Date() } = args;
    const problems = [...unknown(args, "rotation"), ...unknown(args, "overlap")];
    const specs = Object.entries(args.generate ?? {}).map(([name, generated]) => {
        if (args.given?.[name] !== undefined) {
            problems.push(`quai:secrets.${name}: the stack generates this secret; remove it from the settings`);
        }
        const resolved = resolveOne(generated);
        problems.push(...tooWeak(name, resolved));
        const usual = overlapOf(generated);
        const [version, ...others] = versionsOf(rotation[name]);
        if (usual === undefined) problems.push(...withoutOverlap(name, others, overlap[name]));
        if (resolved.kind === "authority" && nextOf([version, ...others]) !== undefined) {
            problems.push(`quai:rotation.${name}: needs no announcement, as the former one signs the new one; write the newest date first`);
        }
        const counts = usual === undefined ? undefined : (overlap[name] ?? usual);
        const former = counts === undefined ? [] : formerVersions([version, ...others], counts, now);
        return { name, generated: resolved, version, former, overlap: counts };
    });
    if (problems.length > 0) {
        throw new Error(problems.join("\n"));
    }
    return specs;
}

function unknown({ generate = {}, given = {}, ...args }: Omit<SecretsBundleArgs, "target">, key: "rotation" | "overlap"): string[] {
    return Object.keys(args[key] ?? {})
        .filter((name) => generate[name] === undefined)
        .map((name) => {
            const known = Object.keys(generate).join(", ") || "none";
            const hint = given[name] === undefined ? "" : " (a secret that is given is rotated by giving another value)";
            return `quai:${key}.${name}: no generated secret of this name${hint}; the stack generates: ${known}`;
        });
}

/** A list of former values for something that knows one value at a time. */
function withoutOverlap(name: string, former: readonly string[], overlap: number | undefined): string[] {
    const why = "nothing accepts a former value of it: the one before goes at the end of the update that brings the new one";
    return [
        ...(former.length === 0 ? [] : [`quai:rotation.${name}: ${why}; write the newest date alone`]),
        ...(overlap === undefined ? [] : [`quai:overlap.${name}: ${why}; remove it`]),
    ];
}

function overlapOf(generated: Generated): number | undefined {
    return generated.overlap ?? OVERLAPS[generated.kind];
}

function resolveOne(generated: Generated): ResolvedSecret {
    switch (generated.kind) {
        case "password":
            return { kind: "password", length: generated.length ?? 32 };
        case "key":
            return { kind: "key", bytes: generated.bytes ?? 64, encoding: generated.encoding ?? "base64url" };
        case "rsa":
            return { kind: "rsa", bits: generated.bits ?? 4096 };
        case "ed25519":
            return { kind: "ed25519" };
        case "certificate":
            return { kind: "certificate", names: generated.names, days: generated.days ?? CERTIFICATE_DAYS };
        case "authority":
            return { kind: "authority" };
    }
}

function tooWeak(name: string, secret: ResolvedSecret): string[] {
    switch (secret.kind) {
        case "password":
            return secret.length < 32 ? [`secrets.${name}.length: must be at least 32 characters (got ${secret.length})`] : [];
        case "key":
            return secret.bytes < 32 ? [`secrets.${name}.bytes: must be at least 32 (got ${secret.bytes})`] : [];
        case "rsa":
            return secret.bits < 3072 ? [`secrets.${name}.bits: must be at least 3072 (got ${secret.bits})`] : [];
        case "certificate":
            return secret.days < 1 || secret.days > CERTIFICATE_DAYS
                ? [`secrets.${name}.days: must be from 1 to ${CERTIFICATE_DAYS} (got ${secret.days})`]
                : [];
        case "ed25519":
        case "authority":
            return [];
    }
}
