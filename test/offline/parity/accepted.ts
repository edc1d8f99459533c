/** A difference between the official plugins and the fallbacks that is known and left so. */
export interface Accepted {
    /** Matched against `<case>/<path>` (see compare.ts). */
    readonly path: RegExp;
    readonly reason: string;
}

export const ACCEPTED: readonly Accepted[] = [];
