/** Which archive this machine's apt takes packages from, so that a base image is made from the same. Pure, but for `readAptSources`. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** One suite of an archive, as apt's source lists name it. */
export interface AptSource {
    readonly uri: string;
    readonly suite: string;
    readonly components: readonly string[];
}

/** The one-line style: `deb [options] URI suite component…`. */
export function parseList(text: string): AptSource[] {
    return text.split("\n").flatMap((line) => {
        const found = /^\s*deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s*([^#]*)/.exec(line);
        return found === null ? [] : [{ uri: found[1]!, suite: found[2]!, components: found[3]!.split(/\s+/).filter(Boolean) }];
    });
}

/** The style of `.sources` files: paragraphs of `Field: values`; a disabled paragraph doesn't count. */
export function parseDeb822(text: string): AptSource[] {
    return text.split(/\n\s*\n/).flatMap((paragraph) => {
        const fields = new Map<string, string>();
        let last = "";
        for (const line of paragraph.split("\n").filter((one) => !one.startsWith("#"))) {
            const field = /^([A-Za-z-]+):\s*(.*)$/.exec(line);
            if (field !== null) {
                last = field[1]!.toLowerCase();
                fields.set(last, field[2]!);
            } else if (/^\s/.test(line)) {
                fields.set(last, `${fields.get(last) ?? ""} ${line.trim()}`);
            }
        }
        const values = (name: string): string[] => (fields.get(name) ?? "").split(/\s+/).filter(Boolean);
        if (!values("types").includes("deb") || /^(no|false|off|0)$/i.test(fields.get("enabled") ?? "")) return [];
        return values("uris").flatMap((uri) => values("suites").map((suite) => ({ uri, suite, components: values("components") })));
    });
}

/** What the lists below `folder` (default: this machine's) configure; nothing where apt isn't in use. */
export function readAptSources(folder = "/etc/apt"): AptSource[] {
    const read = (file: string): string => {
        try {
            return readFileSync(file, "utf8");
        } catch {
            return "";
        }
    };
    const parts = join(folder, "sources.list.d");
    let names: string[] = [];
    try {
        names = readdirSync(parts).sort();
    } catch {
        // A machine without the folder has the one file at most.
    }
    return [
        ...parseList(read(join(folder, "sources.list"))),
        ...names.filter((name) => name.endsWith(".list")).flatMap((name) => parseList(read(join(parts, name)))),
        ...names.filter((name) => name.endsWith(".sources")).flatMap((name) => parseDeb822(read(join(parts, name)))),
    ];
}

/** A distribution whose packages images are made of. */
export interface Archive {
    /** Where it's found when the machine's lists don't name one. */
    readonly mirror: string;
    readonly securityMirror: string;
    /** Components to install from. */
    readonly components: readonly string[];
    /** True for this distribution's suites (`bookworm`, but also `bookworm-updates`). */
    readonly owns: (suite: string) => boolean;
    /** Suites that belong to a release beside its own, with fixes. */
    readonly fixes: (suite: string) => { readonly updates?: string; readonly security?: string };
}

const release = (suite: string): string => suite.replace(/[-/].*$/, "");
const debianReleases = new Set([
    "bookworm",
    "trixie",
    "forky",
    "sid",
    "oldoldstable",
    "oldstable",
    "stable",
    "testing",
    "unstable",
    "bullseye",
]);

export const debian: Archive = {
    mirror: "http://deb.debian.org/debian",
    securityMirror: "http://deb.debian.org/debian-security",
    components: ["main"],
    owns: (suite) => debianReleases.has(release(suite)),
    fixes: (suite) => (["forky", "sid"].includes(suite) ? {} : { updates: `${suite}-updates`, security: `${suite}-security` }),
};

export const ubuntu: Archive = {
    mirror: "http://archive.ubuntu.com/ubuntu",
    securityMirror: "http://security.ubuntu.com/ubuntu",
    components: ["main", "universe"],
    owns: (suite) => ["jammy", "noble", "plucky", "questing", "resolute"].includes(release(suite)),
    fixes: (suite) => ({ updates: `${suite}-updates`, security: `${suite}-security` }),
};

export interface BaseSources {
    /** What debootstrap reads. */
    readonly mirror: string;
    /** The text of the image's own `/etc/apt/sources.list`. */
    readonly list: string;
}

/** Addresses that debootstrap and a container can use as they are: no other transport, and no password that would end up in an image. */
const usable = (source: AptSource): boolean => /^https?:\/\/[^@]*$/.test(source.uri);
const trim = (uri: string): string => uri.replace(/\/+$/, "");

/** The sources for a base image of `suite`: the machine's own mirror of that distribution where it has one, else the public one. */
export function sourcesFor(suite: string, archive: Archive, configured: readonly AptSource[]): BaseSources {
    const known = configured.filter((source) => usable(source) && archive.owns(source.suite));
    const security = known.find((source) => /-security$|\/updates$/.test(source.suite));
    const main = known.find(
        (source) => source !== security && source.components.includes("main") && !/-security$|\/updates$|-backports/.test(source.suite),
    );
    const mirror = trim(main?.uri ?? archive.mirror);
    const securityMirror = security === undefined ? (mirror === archive.mirror ? archive.securityMirror : undefined) : trim(security.uri);
    const fixes = archive.fixes(suite);
    const components = archive.components.join(" ");
    // A suite in development is signed for a week at a time; mirrors and snapshots of it lag, and lagging isn't a reason to have no database.
    const options = Object.keys(fixes).length === 0 ? "[check-valid-until=no] " : "";
    const lines = [
        `deb ${options}${mirror} ${suite} ${components}`,
        fixes.updates && `deb ${mirror} ${fixes.updates} ${components}`,
        fixes.security && securityMirror && `deb ${securityMirror} ${fixes.security} ${components}`,
    ];
    return { mirror, list: lines.filter(Boolean).join("\n") };
}
