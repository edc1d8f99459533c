import type { Generated, SecretsBundleArgs } from "./args";

export type ResolvedSecret =
    | { readonly kind: "password"; readonly length: number }
    | { readonly kind: "key"; readonly bytes: number; readonly encoding: "hex" | "base64" | "base64url" }
    | { readonly kind: "rsa"; readonly bits: number };

export interface SecretSpec {
    readonly name: string;
    readonly generated: ResolvedSecret;
    /** The rotation date, or "1" for a secret that was never rotated. */
    readonly version: string;
}

/** Defaults filled in and minimums checked. @throws Error that lists every problem, each beginning with the secret's name. */
export function resolveSecrets(args: Pick<SecretsBundleArgs, "generate" | "given" | "rotation">): readonly SecretSpec[] {
    const problems: string[] = [];
    const generate = Object.entries(args.generate ?? {});
    for (const name of Object.keys(args.rotation ?? {})) {
        if (args.generate?.[name] === undefined) {
            const known = generate.map(([known]) => known).join(", ") || "none";
            const given = args.given?.[name] === undefined ? "" : " (a secret that is given is rotated by giving another value)";
            problems.push(`quai:rotation.${name}: no generated secret of this name${given}; the stack generates: ${known}`);
        }
    }
    const specs = generate.map(([name, generated]) => {
        if (args.given?.[name] !== undefined) {
            problems.push(`quai:secrets.${name}: the stack generates this secret; remove it from the settings`);
        }
        const resolved = resolveOne(generated);
        problems.push(...tooWeak(name, resolved));
        return { name, generated: resolved, version: args.rotation?.[name] ?? "1" };
    });
    if (problems.length > 0) {
        throw new Error(problems.join("\n"));
    }
    return specs;
}

function resolveOne(generated: Generated): ResolvedSecret {
    switch (generated.kind) {
        case "password":
            return { kind: "password", length: generated.length ?? 32 };
        case "key":
            return { kind: "key", bytes: generated.bytes ?? 64, encoding: generated.encoding ?? "base64url" };
        case "rsa":
            return { kind: "rsa", bits: generated.bits ?? 4096 };
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
    }
}
