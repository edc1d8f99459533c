/** What a stack is made of, as a picture shows it. Nothing here differs between two releases of the same architecture. */
export interface Picture {
    readonly title: string;
    /** Outer ones first. */
    readonly groups: readonly Group[];
    readonly nodes: readonly Node[];
    readonly edges: readonly Edge[];
}

export interface Group {
    readonly id: string;
    readonly title: string;
    readonly within?: string;
    readonly kind: "place" | "network" | "closed" | "storage";
}

export interface Node {
    readonly id: string;
    readonly title: string;
    /** `nginx`, `worker, 2 containers` */
    readonly detail?: string;
    /** Names of the secrets that it is given. */
    readonly secrets?: readonly string[];
    readonly kind: "outside" | "door" | "service" | "job" | "data" | "files" | "backup";
    readonly within?: string;
}

export interface Edge {
    readonly from: string;
    readonly to: string;
    readonly labels: readonly string[];
    /** Reads only, or now and then. */
    readonly light: boolean;
}

/** Entries of a label before `and 3 more`. */
const MOST = 5;

export function shortened(texts: readonly string[], most = MOST): string[] {
    return texts.length <= most + 1 ? [...texts] : [...texts.slice(0, most), `and ${texts.length - most} more`];
}

/** Names in lines that aren't much longer than so many characters. */
export function inLines(names: readonly string[], width: number): string[] {
    const lines: string[] = [];
    for (const name of names) {
        const last = lines.at(-1);
        if (last !== undefined && last.length + name.length + 2 <= width) lines[lines.length - 1] = `${last}, ${name}`;
        else lines.push(name);
    }
    return lines.map((line, i) => (i < lines.length - 1 ? `${line},` : line));
}
