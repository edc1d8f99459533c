/** What can be made from packages, from which distribution, and under which local tag. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { familiarName, isOfficialName, type OfficialName, parseReference } from "../../../components/internal/images";
import { type Archive, debian, ubuntu } from "./aptSources";

/** An official image that a stack wants, e.g. `{ reference: "postgres:15.19-bookworm" }`. */
export interface ImageNeed {
    readonly reference: string;
}

/** A root file system made with debootstrap. */
export interface BaseRecipe {
    readonly suite: string;
    readonly archive: Archive;
    readonly tag: string;
}

/** An equivalent of an official image. */
export interface ImageRecipe {
    readonly name: OfficialName;
    /** The version of the packages as far as it's known beforehand: `15`, `1.30`. */
    readonly version: string;
    readonly base: BaseRecipe;
    /** The folder of the Dockerfile; none where the image is the base itself. */
    readonly folder?: string;
    /** Build arguments besides BASE. */
    readonly args: Readonly<Record<string, string>>;
    readonly tag: string;
}

/** Local tags live below a name that can't be a registry. */
export const localPrefix = "quai.local";

const here = __dirname;

function filesBelow(folder: string): string[] {
    return readdirSync(folder)
        .sort()
        .map((name) => join(folder, name))
        .flatMap((path) => (statSync(path).isDirectory() ? filesBelow(path) : [path]));
}

/** A short hash of the files of a recipe and of what's passed to them. */
function recipeHash(folder: string, ...more: readonly string[]): string {
    const hash = createHash("sha256");
    for (const file of filesBelow(folder))
        hash.update(`${file.slice(folder.length)}\0`)
            .update(readFileSync(file))
            .update("\0");
    for (const text of [process.arch, ...more]) hash.update(text).update("\0");
    return hash.digest("hex").slice(0, 10);
}

/** The root file system of a release of Debian or Ubuntu. */
export function base(suite: string, archive: Archive): BaseRecipe {
    const hash = recipeHash(join(here, "debian"), suite, archive.components.join(" "));
    return { suite, archive, tag: `${localPrefix}/${archive === debian ? "debian" : "ubuntu"}:${suite}-${hash}` };
}

interface Offer {
    /** What the tag of the reference must begin with: `15` fits `15.19-bookworm`. Absent: any version. */
    readonly wanted?: RegExp;
    /** The version in the local tag. */
    readonly version: string;
    readonly suite: string;
    readonly archive: Archive;
    readonly args?: Readonly<Record<string, string>>;
}

const postgres = (major: number, suite: string, archive: Archive): Offer => ({
    wanted: new RegExp(`^${major}(?![0-9])`),
    version: String(major),
    suite,
    archive,
    args: {
        PG_MAJOR: String(major),
        PG_DATA: major >= 18 ? `/var/lib/postgresql/${major}/docker` : "/var/lib/postgresql/data",
        PG_VOLUME: major >= 18 ? "/var/lib/postgresql" : "/var/lib/postgresql/data",
    },
});

/**
 * In order: the first that fits is taken. A database's major version must be the wanted one, because its files depend on it;
 * nginx and redis are the nearest there is, because what components use of them is the same in all.
 */
const offers: Readonly<Record<OfficialName, readonly Offer[]>> = {
    postgres: [
        postgres(15, "bookworm", debian),
        postgres(16, "noble", ubuntu),
        postgres(17, "trixie", debian),
        postgres(18, "forky", debian),
    ],
    // The proxy's configuration takes nginx 1.27.4 (keepalive_min_timeout); bookworm has 1.22, trixie 1.26.
    nginx: [{ version: "1.30", suite: "forky", archive: debian }],
    redis: [
        { wanted: /^8(?![0-9])/, version: "8.0", suite: "trixie", archive: debian },
        { wanted: /^7(?![0-9])/, version: "7.0", suite: "bookworm", archive: debian },
    ],
    debian: [
        { wanted: /^(13(?![0-9])|trixie)/, version: "trixie", suite: "trixie", archive: debian },
        { wanted: /^(12(?![0-9])|bookworm)/, version: "bookworm", suite: "bookworm", archive: debian },
    ],
};

/** What can be had of each image, for messages and documentation. */
export function offeredVersions(name: OfficialName): string[] {
    return offers[name].map((offer) => offer.version);
}

/**
 * How the equivalent of an official image is made.
 * @throws when there's none: another registry's image, a digest without a tag, a version that no distribution has. The message says what can be had.
 */
export function recipeFor(need: ImageNeed): ImageRecipe {
    const parsed = parseReference(need.reference);
    const name = familiarName(parsed);
    const wanted = parsed.tag ?? "";
    const help = `set quai:imageMirror to a registry that answers, or load the image into the engine with \`docker load\``;
    if (!isOfficialName(name)) {
        throw new Error(
            `${need.reference}: no registry answers, and only ${Object.keys(offers).join(", ")} can be built from packages: ${help}`,
        );
    }
    const offer = offers[name].find((one) => one.wanted === undefined || one.wanted.test(wanted));
    if (offer === undefined) {
        throw new Error(
            `${need.reference}: no registry answers, and no distribution's packages hold this version; ${name} can be built in ` +
                `${offeredVersions(name).join(", ")}: choose one of these, ${help}`,
        );
    }
    const root = base(offer.suite, offer.archive);
    const args = offer.args ?? {};
    if (name === "debian") return { name, version: offer.version, base: root, args, tag: root.tag };
    const folder = join(here, name);
    const hash = recipeHash(folder, root.tag, JSON.stringify(args));
    return { name, version: offer.version, base: root, folder, args, tag: `${localPrefix}/${name}:${offer.version}-${hash}` };
}
