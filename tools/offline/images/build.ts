/**
 * Builds equivalents of official images on the engine that docker talks to:
 *
 *     npx tsx tools/offline/images/build.ts postgres:15 nginx redis debian
 *
 * An argument is a name, a name and a version of the catalogue, or an official reference. Prints the map for `quai:imageMirror`.
 */
import { catalogue, isOfficialName, officialImage } from "../../../components/internal/images";
import { ensureOfflineImages } from "./ensure";

/** The official reference behind a word of the command line. */
export function needFromWord(word: string): string {
    const [name = "", version] = word.split(":", 2);
    if (!isOfficialName(name)) return word;
    if (version === undefined) return officialImage(name);
    return Object.hasOwn(catalogue[name], version) ? officialImage(name, version) : word;
}

async function main(words: readonly string[]): Promise<void> {
    if (words.length === 0 || words.some((word) => word.startsWith("-"))) {
        console.error("usage: build.ts name[:version]…, e.g. postgres:15 nginx redis debian");
        process.exitCode = 2;
        return;
    }
    const needs = words.map((word) => ({ reference: needFromWord(word) }));
    const map = await ensureOfflineImages(needs, { onProgress: (line) => console.error(line) });
    console.log(JSON.stringify(map, null, 4));
}

if (require.main === module) {
    main(process.argv.slice(2)).catch((error: unknown) => {
        console.error(error instanceof Error ? error.message : String(error));
        process.exitCode = 1;
    });
}
