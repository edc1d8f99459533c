import { asList, asText, isRecord } from "../report/values";
import type { Edge, Node } from "./picture";

/** A resource of a state or of a preview. */
export interface Shown {
    readonly type: string;
    readonly name: string;
    readonly inputs: Readonly<Record<string, unknown>>;
    readonly outputs: Readonly<Record<string, unknown>>;
}

export type Outputs = Shown["outputs"];

/** What one component adds to a picture. */
export interface Part {
    readonly nodes: readonly Node[];
    readonly edges: readonly Edge[];
}

export function part(nodes: readonly Node[], edges: readonly Edge[] = []): Part {
    return { nodes, edges };
}

export function entries(outputs: Outputs, name: string): Outputs[] {
    return asList(outputs[name]).filter(isRecord);
}

export function texts(value: unknown): string[] {
    return asList(value).flatMap((each) => asText(each) ?? []);
}
