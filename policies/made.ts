/**
 * A resource that would be made, with what is known of it before: from the engine's preview, from the program while it runs, or as a policy
 * pack is given it. What is only known later isn't there, or isn't plain text.
 */
export interface Made {
    /** `docker:index/container:Container` */
    readonly type: string;
    /** The logical name. */
    readonly name: string;
    readonly inputs: Readonly<Record<string, unknown>>;
    readonly protect: boolean;
}

export const CONTAINER = "docker:index/container:Container";
export const VOLUME = "docker:index/volume:Volume";
export const IMAGE = "docker:index/remoteImage:RemoteImage";

/** A list of mappings, or nothing: outputs that aren't known yet are neither. */
export function mappings(value: unknown): readonly Readonly<Record<string, unknown>>[] {
    return Array.isArray(value) ? (value as unknown[]).filter(isRecord) : [];
}

export function texts(value: unknown): readonly string[] {
    return Array.isArray(value) ? (value as unknown[]).filter((each) => typeof each === "string") : [];
}

/** What the container is in its stack: `proxy`, `service`, `postgres`. */
export function roleOf({ inputs }: Made): string | undefined {
    const label = mappings(inputs["labels"]).find((each) => each["label"] === "io.quai.role");
    return typeof label?.["value"] === "string" ? label["value"] : undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
    return value !== null && typeof value === "object";
}
