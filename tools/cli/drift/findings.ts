/** How a finding is put right. */
export type Repair =
    /** The engine does it: an update that compares with what really runs. */
    | { readonly kind: "update" }
    /** A step of the program is run again. */
    | { readonly kind: "again"; readonly urn: string }
    /** A command of docker. */
    | { readonly kind: "docker"; readonly args: readonly string[] }
    /** The engine does a step of the machine again. */
    | { readonly kind: "machine"; readonly urn: string }
    /** A snapshot is made. */
    | { readonly kind: "backup" }
    /** Somebody has to decide. */
    | { readonly kind: "hand"; readonly how: string };

/** Something that isn't as it was left. */
export interface Finding {
    readonly kind: "changed" | "missing" | "undeclared" | "file" | "image" | "certificate" | "backup" | "machine";
    readonly what: string;
    readonly repair: Repair;
}

export function byText(a: Finding, b: Finding): number {
    return a.what < b.what ? -1 : 1;
}
