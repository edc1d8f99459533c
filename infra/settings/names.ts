import { nearest } from "./leaf";
import { type Path, pathText, SettingsError } from "./problems";
import type { Settings } from "./types";

/** What an application has under names of its own. */
export interface Names {
    /** Services that `quai:services` may speak of. */
    readonly services: readonly string[];
    /** Images that `quai:images` may set. */
    readonly images: readonly string[];
    /** Secrets that `quai:rotation` may date, and `quai:overlap` give time. */
    readonly secrets: readonly string[];
}

/**
 * Refuses names in the settings that mean nothing to the application, which would silently do nothing.
 *
 * @throws SettingsError that lists them all
 */
export function refuseUnknownNames(settings: Settings, names: Names): void {
    const problems = [
        ...unknown("services", Object.keys(settings.services), "service", names.services),
        ...unknown("images", Object.keys(settings.images), "image", names.images),
        ...unknown("rotation", Object.keys(settings.rotation), "generated secret", names.secrets),
        ...unknown("overlap", Object.keys(settings.overlap), "generated secret", names.secrets),
        ...onAws(settings, names),
    ].map(({ path, message }) => `${pathText(path)}: ${settings.application} ${message}`);
    if (problems.length > 0) throw new SettingsError(settings.stack, problems);
}

/** Services that a target on AWS is told of. */
function onAws({ target }: Settings, { services }: Names): { path: Path; message: string }[] {
    if (target.kind !== "aws") return [];
    return (["scaleTo", "sites"] as const).flatMap((key) =>
        unknown(key, Object.keys(target[key]), "service", services).map(({ path, message }) => ({ path: ["target", ...path], message })),
    );
}

function unknown(key: string, written: readonly string[], what: string, known: readonly string[]): { path: Path; message: string }[] {
    return written
        .filter((name) => !known.includes(name))
        .map((name) => {
            const near = nearest(name, known);
            const hint = near !== undefined ? `did you mean ${near}?` : `known: ${known.join(", ") || "none"}`;
            return { path: [key, name], message: `has no such ${what}; ${hint}` };
        });
}
