/** The root file system below every equivalent: made with debootstrap, kept in the cache, imported into the engine. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { debian, readAptSources, sourcesFor } from "./aptSources";
import type { Docker } from "./docker";
import { sparingly } from "./progress";
import type { BaseRecipe } from "./recipes";
import { run } from "./run";
import { ubuntuKeyring } from "./ubuntuKeyring";

const scripts = "/usr/share/debootstrap/scripts";
const debianKeyring = "/usr/share/keyrings/debian-archive-keyring.gpg";

/** @throws when this machine can't make a root file system; the message says what's missing and how to get it. */
function checkTools(recipe: BaseRecipe): void {
    const wish = `images: no registry answers, and to build ${recipe.suite} from packages`;
    if (process.platform !== "linux") throw new Error(`${wish} takes a Linux machine: set quai:imageMirror to a registry that answers`);
    if (process.getuid?.() !== 0)
        throw new Error(`${wish} takes root (debootstrap makes a root file system): run once as root, or set quai:imageMirror`);
    if (!existsSync(scripts))
        throw new Error(`${wish} takes debootstrap: \`apt-get install debootstrap\`, or set quai:imageMirror to a registry that answers`);
    if (recipe.archive === debian && !existsSync(debianKeyring)) {
        throw new Error(
            `${wish} takes Debian's keys: \`apt-get install debian-archive-keyring\`, or set quai:imageMirror to a registry that answers`,
        );
    }
}

/** debootstrap knows each release by a script; a release newer than it is like the newest it knows. */
function scriptFor(recipe: BaseRecipe): string {
    const own = join(scripts, recipe.suite);
    return existsSync(own) ? own : join(scripts, recipe.archive === debian ? "sid" : "gutsy");
}

/** Folders of builders that were killed. Called under the lock, so nobody is at work in them. */
export function removeLeftovers(cache: string): void {
    if (!existsSync(cache)) return;
    for (const name of readdirSync(cache).filter((one) => one.startsWith("building-"))) {
        rmSync(join(cache, name), { recursive: true, force: true });
    }
}

/** The packed root file system, from the cache or made now. */
async function rootArchive(recipe: BaseRecipe, cache: string, onProgress: (line: string) => void): Promise<string> {
    const kept = join(cache, `${recipe.tag.replace(/^.*\//, "").replace(":", "-")}-${process.arch}.tar.gz`);
    if (existsSync(kept)) return kept;
    checkTools(recipe);
    mkdirSync(cache, { recursive: true, mode: 0o755 });
    const work = mkdtempSync(join(cache, "building-"));
    try {
        const sources = sourcesFor(recipe.suite, recipe.archive, readAptSources());
        const keyring = recipe.archive === debian ? debianKeyring : await ubuntuKeyring(work);
        onProgress(`${recipe.suite}: making a small root file system from ${sources.mirror} (about a minute)`);
        const detail = sparingly(onProgress);
        const out = join(work, "root.tar.gz");
        const root = join(work, "root");
        // Whatever kills this process also ends debootstrap, with its mounts.
        const guard = ["--pdeathsig", "KILL", "unshare", "--mount", "--pid", "--fork", "--kill-child", "--propagation", "private"];
        const job = ["sh", join(__dirname, "debian", "bootstrap.sh"), recipe.suite, root, sources.mirror, scriptFor(recipe), keyring];
        const result = await run("setpriv", [...guard, ...job, recipe.archive.components.join(","), sources.list, out], {
            env: { ...process.env, LC_ALL: "C" },
            onLine: (line) => {
                if (/^(I: (Retrieving|Extracting|Configuring)|Setting up) /.test(line))
                    detail(`${recipe.suite}: ${line.replace(/^I: /, "")}`);
            },
        });
        if (result.code !== 0) throw new Error(`images: making the root file system of ${recipe.suite} failed:\n${result.tail}`);
        renameSync(out, kept);
        return kept;
    } finally {
        rmSync(work, { recursive: true, force: true });
    }
}

/** Puts the base image into the engine under its tag. Its tag appears when it's complete. */
export async function importBase(recipe: BaseRecipe, docker: Docker, cache: string, onProgress: (line: string) => void): Promise<void> {
    const archive = await rootArchive(recipe, cache, onProgress);
    onProgress(`${recipe.suite}: importing the root file system into the engine`);
    const changes = ["CMD bash", "LABEL io.quai.role=image", "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"];
    const id = await docker.must(`importing ${recipe.tag}`, ["import", ...changes.flatMap((one) => ["--change", one]), "-"], {
        inputFile: archive,
    });
    await docker.must(`naming ${recipe.tag}`, ["tag", id.split("\n").pop()!, recipe.tag]);
}
