/** Exact official images, and the mapping that puts a mirror or a local equivalent in their place. Pure. */

/** Official image names that components use. */
export type OfficialName = "postgres" | "nginx" | "redis" | "debian";

/**
 * The exact reference behind each version that a setting may name. Versions are moved on here, on purpose, and nowhere else.
 * Names and values as on Docker Hub; `postgres` stays on the bookworm flavour so that collations don't change under a database.
 */
export const catalogue: Readonly<Record<OfficialName, Readonly<Record<string, string>>>> = {
    postgres: {
        "15": "postgres:15.19-bookworm",
        "16": "postgres:16.15-bookworm",
        "17": "postgres:17.11-bookworm",
        "18": "postgres:18.6-bookworm",
    },
    nginx: {
        "1.27": "nginx:1.27.5-bookworm",
        "1.28": "nginx:1.28.3-trixie",
        "1.30": "nginx:1.30.4-trixie",
    },
    redis: {
        "7": "redis:7.4.11-bookworm",
        "7.2": "redis:7.2.16-bookworm",
        "7.4": "redis:7.4.11-bookworm",
        "8": "redis:8.2.9-bookworm",
    },
    debian: {
        "12": "debian:bookworm-20260803-slim",
        "13": "debian:trixie-20260803-slim",
    },
};

/** The version used where a setting names none. */
export const defaultVersion: Readonly<Record<OfficialName, string>> = { postgres: "17", nginx: "1.30", redis: "7.4", debian: "12" };

export const isOfficialName = (name: string): name is OfficialName => Object.hasOwn(catalogue, name);

/**
 * The pinned reference of an official image, e.g. `officialImage("postgres", "16")`.
 * @param version a key of the catalogue. @default the entry of `defaultVersion`
 * @param path where the version was set, for the error.
 * @throws when the version isn't in the catalogue; the message lists those that are.
 */
export function officialImage(name: OfficialName, version: string = defaultVersion[name], path: string = name): string {
    const reference = Object.hasOwn(catalogue[name], version) ? catalogue[name][version] : undefined;
    if (reference === undefined) {
        throw new Error(`${path}: must be one of ${Object.keys(catalogue[name]).join(", ")} (got ${JSON.stringify(version)})`);
    }
    return reference;
}

/** An image reference taken apart; `docker.io` and `library/` are filled in where Docker would. */
export interface ImageReference {
    /** Host and perhaps port: `docker.io`, `registry.example.com:5000`. */
    readonly registry: string;
    /** The path below the registry: `library/postgres`, `grafana/grafana`. */
    readonly repository: string;
    readonly tag?: string;
    /** `sha256:…` */
    readonly digest?: string;
}

const host = /^(?:localhost|[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:]+\])(?::\d{1,5})?$/i;
const repositoryPath = /^[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*)*$/;
const tagText = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const digestText = /^sha256:[0-9a-f]{64}$/;

function split(text: string): { name: string; tag?: string; digest?: string } {
    const at = text.indexOf("@");
    const digest = at < 0 ? undefined : text.slice(at + 1);
    const rest = at < 0 ? text : text.slice(0, at);
    // A colon before the last slash belongs to a port.
    const colon = rest.indexOf(":", rest.lastIndexOf("/") + 1);
    return colon < 0 ? { name: rest, digest } : { name: rest.slice(0, colon), tag: rest.slice(colon + 1), digest };
}

/**
 * Takes a reference apart: `host:port/name:tag@sha256:…`, each part but the name optional.
 * @param path where the reference was set, for the error.
 * @throws when it isn't a reference that Docker accepts.
 */
export function parseReference(text: string, path = "image"): ImageReference {
    const { name, tag, digest } = split(text);
    const wrong = (what: string): Error => new Error(`${path}: ${what} (got ${JSON.stringify(text)})`);
    if (/^[a-z]+:\/\//i.test(text)) throw wrong("must be an image reference such as registry.example.com/name:1.2.3, without https://");
    if (digest !== undefined && !digestText.test(digest)) throw wrong("the digest after @ must be sha256: and 64 hexadecimal digits");
    if (tag !== undefined && !tagText.test(tag)) throw wrong("the tag after : may hold letters, digits, '_', '.' and '-', at most 128");

    const slash = name.indexOf("/");
    const first = slash < 0 ? "" : name.slice(0, slash);
    const hasHost = /[.:]/.test(first) || first === "localhost";
    if (hasHost && !host.test(first)) throw wrong("must begin with a registry's host name, or with the image's name");
    const registry = !hasHost || first === "index.docker.io" ? "docker.io" : first;
    const bare = hasHost ? name.slice(slash + 1) : name;
    const repository = registry === "docker.io" && !bare.includes("/") ? `library/${bare}` : bare;
    if (!repositoryPath.test(repository)) throw wrong("must be an image reference such as registry.example.com/name:1.2.3, in lower case");
    return { registry, repository, ...(tag === undefined ? {} : { tag }), ...(digest === undefined ? {} : { digest }) };
}

const suffix = (r: ImageReference): string => (r.tag === undefined ? "" : `:${r.tag}`) + (r.digest === undefined ? "" : `@${r.digest}`);

/** The short form that Docker prints: `postgres:15.19-bookworm`, `registry.example.com/name@sha256:…`. */
export function formatReference(r: ImageReference): string {
    return familiarName(r) + suffix(r);
}

/** The name without tag and digest, in the short form: `postgres`, `grafana/grafana`, `registry.example.com/name`. */
export function familiarName(r: ImageReference): string {
    return r.registry === "docker.io" ? r.repository.replace(/^library\//, "") : `${r.registry}/${r.repository}`;
}

/**
 * The image to use in place of a reference.
 *
 * - No mirror: the reference itself.
 * - A text is a prefix that stands for Docker Hub: with `registry.example.com/mirror`, `postgres:15.19-bookworm` becomes
 *   `registry.example.com/mirror/library/postgres:15.19-bookworm`. References to other registries stay as they are: a mirror
 *   of Docker Hub doesn't hold them, and one's own applications live there.
 * - A map replaces by exact reference first, then by name without tag; a replacement by name that carries neither tag nor digest keeps those of the
 *   reference. What the map doesn't name stays as it is.
 *
 * @throws when the reference or the mirror isn't one that Docker accepts.
 */
export function resolveImage(reference: string, mirror?: string | Readonly<Record<string, string>>): string {
    const parsed = parseReference(reference);
    if (mirror === undefined) return reference;
    if (typeof mirror === "string") {
        const prefix = mirrorPrefix(mirror);
        return parsed.registry === "docker.io" ? `${prefix}/${parsed.repository}${suffix(parsed)}` : reference;
    }
    const wanted = formatReference(parsed);
    for (const [key, replacement] of Object.entries(mirror)) {
        if (key === reference || formatReference(parseReference(key, `quai:imageMirror[${JSON.stringify(key)}]`)) === wanted)
            return replacement;
    }
    for (const [key, replacement] of Object.entries(mirror)) {
        if (formatReference(parseReference(key)) !== familiarName(parsed)) continue;
        const target = parseReference(replacement, `quai:imageMirror[${JSON.stringify(key)}]`);
        return target.tag === undefined && target.digest === undefined ? replacement + suffix(parsed) : replacement;
    }
    return reference;
}

function mirrorPrefix(mirror: string): string {
    const prefix = mirror.replace(/\/+$/, "");
    const parsed = parseReference(`${prefix}/name`, "quai:imageMirror");
    if (parsed.registry === "docker.io") {
        throw new Error(
            `quai:imageMirror: must begin with a registry's host name, such as registry.example.com/mirror (got ${JSON.stringify(mirror)})`,
        );
    }
    return prefix;
}

/** True where the reference names its content by digest, so that it can never mean another image. */
export const isPinned = (reference: string): boolean => parseReference(reference).digest !== undefined;

/** Projects whose complete version has two numbers; elsewhere `1.27` is a series that moves. */
const twoNumbers = new Set(["library/postgres", "library/debian"]);

/**
 * True where the same reference may mean another image tomorrow, by the conventions of tags: none, `latest`, `stable`, a series
 * (`16`, `7.4`, `22-alpine`). Exact are complete versions (`1.28.3`, `postgres:15.19`), dates, commit hashes and build numbers (`build-142`).
 */
export function isMutableTag(reference: string): boolean {
    const { tag, digest, repository } = parseReference(reference);
    if (digest !== undefined) return false;
    if (tag === undefined) return true;
    const isHash = /^[0-9a-f]{7,64}$/.test(tag) || /(?:^|[-_.])(?:sha|git|g)-?[0-9a-f]{7,64}$/.test(tag);
    if (isHash || /\d{6,}/.test(tag) || /\d+\.\d+\.\d+/.test(tag)) return false;
    const numbers = /^v?(\d+(?:\.\d+)*)/.exec(tag)?.[1]?.split(".").length;
    if (numbers !== undefined) return numbers < (twoNumbers.has(repository) ? 2 : 3);
    return !/[-_]\d+$/.test(tag);
}
