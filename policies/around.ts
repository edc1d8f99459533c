/** What is known beside a stack's own settings. Each part is left out where nobody could say. */
export interface Around {
    /** The other stacks of the checkout. */
    readonly others?: readonly OtherStack[];
    /** Where the state is kept: `file:///…`, `s3://…`, `https://…`. */
    readonly backend?: string;
    /** Fingerprints of this stack's own secrets, to be compared with those of `others`: see `Fingerprints`. */
    readonly fingerprints?: Fingerprints;
    /** Ages of what is deployed. */
    readonly secrets?: readonly SecretAge[];
    /** The last good snapshot, ISO 8601; null: there is none. */
    readonly lastBackup?: string | null;
    /** Whole days until the certificate that visitors are shown ends; negative: it has. */
    readonly certificateDays?: number;
    /** Whether the disk with the engine's volumes is encrypted. */
    readonly encryptedDisk?: boolean;
}

export interface OtherStack {
    readonly stack: string;
    readonly environment: string;
    /** Every host name that it answers to. */
    readonly hosts: readonly string[];
    readonly fingerprints: Fingerprints;
}

/**
 * Name of a secret → fingerprints of all that would make it the same as another: its value, where it could be read, and the text that stands
 * in the file. They are made with a key that is thrown away, so they tell nothing but equality.
 */
export type Fingerprints = Readonly<Record<string, readonly string[]>>;

export interface SecretAge {
    readonly name: string;
    /** `signing` keys last a year, everything else 90 days. */
    readonly kind: "signing" | "other";
    /** It stands in `quai:secrets`. @default it is generated */
    readonly given?: boolean;
    /** YYYY-MM-DD. */
    readonly rotatedOn: string;
}
