import type * as pulumi from "@pulumi/pulumi";
import type { Place } from "../internal/aws/security-groups";
import type { Target } from "../targets";
import type { Renewals } from "./versions";

/** A secret as others use it: its value is an encrypted output; its version is plain and known when the program starts. */
export interface SecretRef {
    readonly name: string;
    /** Changes when the value does: part of the release of every container that uses the secret. */
    readonly version: string;
    readonly value: pulumi.Output<string>;
    /** On AWS: where in Secrets Manager somebody else keeps it; `value` isn't known then. @default the stack keeps it */
    readonly stored?: string;
    /** On AWS: what it opens. Whoever is given a connection string may reach that server, and nobody else. @default nothing */
    readonly reaches?: readonly Place[];
    /** Names of the components that it opens, for pictures. @default none */
    readonly opens?: readonly string[];
}

/**
 * What can be generated. Figures are the guides' minimums (R24, R25). `overlap`: how long, in seconds, a former value counts after a
 * rotation, for users that accept one besides the present (`SecretsBundle.former`). @default 24 hours for a pair, else none: it can't
 */
export type Generated = { readonly overlap?: number } &
    /** Letters and digits only, so that it needs no escaping anywhere. @default length 32 characters; at least 32 */
    (
        | { readonly kind: "password"; readonly length?: number }
        /** Random bytes. @default 64 bytes, encoding "base64url", which has no line breaks; at least 32 bytes */
        | { readonly kind: "key"; readonly bytes?: number; readonly encoding?: "hex" | "base64" | "base64url" }
        /** A key pair, as two secrets `<name>Private` (PKCS#8 PEM) and `<name>Public` (SPKI PEM). @default bits 4096; at least 3072 */
        | { readonly kind: "rsa"; readonly bits?: number }
        /** The same, on the curve Ed25519. */
        | { readonly kind: "ed25519" }
        /**
         * A certificate of the stack's own authority for servers and clients within the stack, as three secrets: `<name>Certificate`, `<name>Key`
         * (PEM) and `<name>Authority`, whom to trust. @default days 397, the most
         */
        | { readonly kind: "certificate"; readonly names: readonly string[]; readonly days?: number }
        /** That authority, which also signs what proxy and database show, under the name `localAuthority`. A former one is trusted for 30 days. */
        | { readonly kind: "authority" }
    );

export interface GivenSecret {
    readonly value: pulumi.Input<string>;
    /** Fingerprint of the value, never the value. */
    readonly version: string;
    /** The value before, for as long as whoever gives it says that it counts. */
    readonly former?: { readonly value: pulumi.Input<string>; readonly version: string };
}

export interface SecretsBundleArgs {
    readonly target: Target;
    /** Secrets that the stack generates, once, and keeps. */
    readonly generate?: Readonly<Record<string, Generated>>;
    /** Secrets from outside (`quai:secrets`). */
    readonly given?: Readonly<Record<string, GivenSecret>>;
    /** Name → date of the last rotation (`quai:rotation`), with former ones: another date makes a new value. */
    readonly rotation?: Readonly<Record<string, Renewals>>;
    /** Name → how long its former values count (`quai:overlap`), in seconds; 0: not at all. @default what `generate` says */
    readonly overlap?: Readonly<Record<string, number>>;
    /** The moment that an overlap is measured at. @default now */
    readonly now?: Date;
}
