import { relative, resolve } from "node:path";
import { type Compose, type ComposeService, serviceOf } from "./compose";
import { looksSecret } from "./environment";
import { clean } from "./fields";
import type { Notes } from "./notes";
import { literal, plainName } from "./words";

/** How a service's image is built: its own way, or that of the service which builds what it names. Undefined where it is only named. */
export function buildOf({ services }: Compose, { build, image }: ComposeService): ComposeService["build"] {
    if (build !== undefined || image === undefined) return build;
    return Object.values(services).find((other) => other.build !== undefined && other.image === image)?.build;
}

/** The image of each service: those with the same one share it, under the name of the first, so that it is built once. */
export function imageNames(compose: Compose, own: readonly string[]): Readonly<Record<string, string>> {
    const first = new Map<string, string>();
    const names = own.map((name): [string, string] => {
        const service = serviceOf(compose, name);
        const build = buildOf(compose, service);
        const args = Object.entries(build?.args ?? {}).sort();
        const key = JSON.stringify(
            build === undefined
                ? service.image
                : [resolve(compose.folder, build.context), build.dockerfile ?? "Dockerfile", build.target, args],
        );
        const shared = first.get(key) ?? plainName(name);
        first.set(key, shared);
        return [name, shared];
    });
    return Object.fromEntries(names);
}

/** What is built is built from the same folder; what has a reference keeps it. */
export function imagesOf(
    compose: Compose,
    names: Readonly<Record<string, string>>,
    root: string,
    notes: Notes,
): Readonly<Record<string, unknown>> {
    const first = Object.entries(names).filter(([name, image]) => plainName(name) === image);
    return Object.fromEntries(
        first.map(([name, image]): [string, unknown] => {
            const service = serviceOf(compose, name);
            const build = buildOf(compose, service);
            if (build === undefined) return [image, (service.image ?? "").replaceAll("\uE000", "")];
            const folder = relative(root, resolve(compose.folder, build.context)) || ".";
            const args = Object.entries(build.args ?? {}).flatMap(([key, value]): [string, string][] => {
                if (value === null || value.includes("\uE000")) return [];
                if (!looksSecret(key, value)) return [[key, literal(value)]];
                notes.left.push(`${name}: the build argument ${key}: an image keeps what it was built with, so no secret gets there`);
                return [];
            });
            const wanted = Object.keys(args).length === 0 ? undefined : Object.fromEntries(args);
            return [image, clean({ build: folder, dockerfile: build.dockerfile, target: build.target, args: wanted })];
        }),
    );
}
