import { run } from "../../engine/process";

/** A file that a commit would hold and no repository should. */
export interface Stray {
    readonly path: string;
    readonly why: string;
}

export interface Committed {
    /** Files that a commit would hold. */
    readonly files: number;
    readonly strays: readonly Stray[];
}

/** What a name gives away (R31). */
const NAMES: readonly (readonly [pattern: RegExp, why: string])[] = [
    [/\.zkkey\.json$/i, "is a user's private key"],
    [/(?:^|\/)(?:\.env(?:\.[^/]*)?|[^/]+\.env)$/i, "is a file of environment variables"],
    [/\.(?:dump|sql\.(?:gz|zst|bz2|xz))$/i, "is a dump of a database"],
    [/\.(?:pem|key|p12|pfx|jks|keystore)$/i, "is a key or certificate"],
    [/(?:^|\/)id_(?:rsa|dsa|ecdsa|ed25519)$/, "is an SSH key"],
];
const EXAMPLE = /(?:^|\/)\.env\.(?:example|sample|template)$|(?:^|\/)(?:example|sample)\.env$/i;

/** What a file holds, whatever its name is: words to find candidates by, and what must be around them. */
const CONTENTS: readonly (readonly [words: string, pattern: RegExp, why: string])[] = [
    [
        "PRIVATE KEY-----",
        /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----\s+(?:[A-Za-z-]+: [^\n]*\s+)*[A-Za-z0-9+/=\s]{60,}-----END/,
        "holds a private key",
    ],
    ["database dump", /^-- (?:PostgreSQL|MySQL|MariaDB)?\s*(?:database )?dump/im, "is a dump of a database"],
];

/**
 * Looks at what a commit of the checkout would hold: the index, so that it serves before a commit as well as in a pipeline.
 *
 * @returns undefined where this is no Git repository
 */
export async function committed(checkout: string): Promise<Committed | undefined> {
    const git = async (...words: string[]) => run("git", words, { cwd: checkout, env: process.env });
    const listed = await git("ls-files", "--cached", "-z");
    if (listed.code !== 0) return undefined;
    const files = listed.stdout.split("\0").filter((path) => path !== "");
    const byName = files
        .filter((path) => !EXAMPLE.test(path))
        .flatMap((path) => {
            const why = NAMES.find(([pattern]) => pattern.test(path))?.[1];
            return why === undefined ? [] : [{ path, why }];
        });
    const byContent: Stray[] = [];
    for (const [words, pattern, why] of CONTENTS) {
        const found = await git("grep", "--cached", "-z", "--name-only", "--text", "--ignore-case", "--fixed-strings", "-e", words);
        for (const path of found.stdout.split("\0").filter((each) => each !== "")) {
            const { stdout } = await git("show", `:${path}`);
            if (pattern.test(stdout)) byContent.push({ path, why });
        }
    }
    const strays = [...byName, ...byContent.filter(({ path }) => byName.every((each) => each.path !== path))];
    return { files: files.length, strays: strays.sort((a, b) => (a.path < b.path ? -1 : 1)) };
}
