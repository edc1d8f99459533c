import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { isMap, parse, parseDocument } from "yaml";
import { workDir } from "../../engine/paths";
import { SetupError } from "../../engine/types";

/** A stack file as Pulumi writes it. */
export interface StackFile {
    readonly config?: Readonly<Record<string, unknown>>;
    readonly encryptionsalt?: string;
    readonly encryptedkey?: string;
    readonly secretsprovider?: string;
}

/** What a command needs behind it to mean this stack: nothing for `dev`, which all of them mean by themselves. */
export function stackWord(stack: string): string {
    return stack === "dev" ? "" : ` ${stack}`;
}

/** Names of the stacks of a checkout: `dev` for Pulumi.dev.yaml. */
export function stackNames(checkout: string): readonly string[] {
    return readdirSync(checkout)
        .flatMap((file) => /^Pulumi\.([A-Za-z0-9_.-]+)\.ya?ml$/.exec(file)?.[1] ?? [])
        .sort();
}

/** @throws SettingsError-like message naming the stacks that there are, or where the YAML is broken. */
export function readStackFile(checkout: string, stack: string): { path: string; content: StackFile } {
    const path = join(checkout, `Pulumi.${stack}.yaml`);
    if (!existsSync(path)) {
        throw new SetupError(
            `no such stack: ${stack} (no file Pulumi.${stack}.yaml); there are: ${stackNames(checkout).join(", ") || "none"}`,
            2,
        );
    }
    const document = parseDocument(readFileSync(path, "utf8"));
    const [broken] = document.errors;
    if (broken !== undefined) {
        // The lines that follow show the text around it, which may be a secret that somebody was about to write.
        throw new SetupError(`Pulumi.${stack}.yaml: ${(broken.message.split("\n")[0] ?? "").replace(/:$/, "")}`, 2);
    }
    if (!isMap(document.contents)) {
        throw new SetupError(`Pulumi.${stack}.yaml: must hold settings below "config:" (see docs/settings.md)`, 2);
    }
    return { path, content: document.toJS() as StackFile };
}

/** Another text in a file, at once or not at all. */
export function replaceFile(path: string, text: string): void {
    const draft = `${path}.${process.pid}`;
    writeFileSync(draft, text, { mode: statSync(path).mode });
    renameSync(draft, path);
}

/** The folder of the working copies. It has a Pulumi.yaml of its own, so that `pulumi stack init` writes there and not into the checkout. */
export function workingFolder(checkout: string): string {
    return join(workDir(checkout), "stacks");
}

export function workingCopy(checkout: string, stack: string): string {
    return join(workingFolder(checkout), `Pulumi.${stack}.yaml`);
}

/**
 * Writes the copy of a stack file that the engine is given: the user's file, with what this machine adds (images that no registry answers
 * for) or this command asks for (`down`). The user's own file is never written to.
 *
 * A file with a salt or a secrets provider of its own keeps it. One without has no encrypted settings, so this checkout's salt does; where it
 * names a provider and nothing is encrypted yet, the key that the engine has made for this checkout does.
 */
export function writeWorkingCopy(checkout: string, stack: string, additions: Readonly<Record<string, unknown>>): string {
    const { content } = readStackFile(checkout, stack);
    const copy = workingCopy(checkout, stack);
    mkdirSync(workingFolder(checkout), { recursive: true, mode: 0o700 });
    writeFileSync(join(workingFolder(checkout), "Pulumi.yaml"), "name: quai\nruntime: nodejs\n");
    const former = existsSync(copy) ? (parse(readFileSync(copy, "utf8")) as StackFile | null) : null;
    const own = content.encryptionsalt !== undefined || content.secretsprovider !== undefined;
    const merged = {
        ...content,
        ...(own || former?.encryptionsalt === undefined ? {} : { encryptionsalt: former.encryptionsalt }),
        ...(keyOf(content, former) ?? {}),
        config: { ...content.config, ...additions },
    };
    const partial = `${copy}.${process.pid}`;
    writeFileSync(partial, JSON.stringify(merged, null, 2), { mode: 0o600 });
    renameSync(partial, copy);
    return relative(checkout, copy);
}

/** The key, encrypted by the provider, that belongs to this very provider and to nothing else in the file. */
function keyOf(content: StackFile, former: StackFile | null): Pick<StackFile, "encryptedkey"> | undefined {
    const same = content.secretsprovider !== undefined && content.secretsprovider === former?.secretsprovider;
    return same && content.encryptedkey === undefined && former.encryptedkey !== undefined
        ? { encryptedkey: former.encryptedkey }
        : undefined;
}
