import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
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
        throw new SetupError(`Pulumi.${stack}.yaml: ${broken.message}`, 2);
    }
    if (!isMap(document.contents)) {
        throw new SetupError(`Pulumi.${stack}.yaml: must hold settings below "config:" (see docs/settings.md)`, 2);
    }
    return { path, content: document.toJS() as StackFile };
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
 * A file with a salt or a secrets provider of its own keeps it. One without has no encrypted settings, so this checkout's salt does.
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
        config: { ...content.config, ...additions },
    };
    const partial = `${copy}.${process.pid}`;
    writeFileSync(partial, JSON.stringify(merged, null, 2), { mode: 0o600 });
    renameSync(partial, copy);
    return relative(checkout, copy);
}
