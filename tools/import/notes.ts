/** What an import has to tell. */
export class Notes {
    /** What was carried over, but has to be looked at. */
    readonly check: string[] = [];
    /** What was not carried over, and why. */
    readonly left: string[] = [];
}
