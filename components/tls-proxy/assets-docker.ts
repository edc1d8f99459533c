import type * as pulumi from "@pulumi/pulumi";
import { volumeTool } from "../internal/docker/file-volume";
import { labelArguments } from "../internal/labels";
import { quote, script, sh } from "../internal/shell";
import type { DockerTarget } from "../targets";
import { hostCommand } from "../targets/host-command";
import type { TlsProxy } from ".";
import { ASSETS_FOLDER, keepsAssets } from "./nginx";
import type { ProxySpec, RouteSpec } from "./spec";

/**
 * Files of a front end whose names carry a hash of their content. A page that is still open asks for those of its own release, so they stay for
 * a time after it: in a volume, `<service>/current` with what the release in use has, and `<service>/former` with what only earlier ones had,
 * where the proxy looks. They are taken out of the container, so nothing is asked of the image but a folder.
 */
export function assetsVolume(
    self: TlsProxy,
    name: string,
    spec: ProxySpec,
    target: DockerTarget,
    uid: number,
): { readonly volume: string; readonly ready: pulumi.Resource } | undefined {
    if (!spec.routes.some((route) => keepsAssets(spec, route))) return undefined;
    const volume = target.name(name, "assets");
    const made = hostCommand(
        target,
        `${name}-assets`,
        {
            create: script(
                `${sh("docker", "volume", "create", ...labelArguments(target.stack, { role: "volume", service: name }), volume)} >/dev/null`,
                volumeTool(target, volume, 'chown "$1:$1" /files', uid),
            ),
            delete: `${sh("docker", "volume", "rm", "-f", volume)} >/dev/null`,
            fills: [volume],
        },
        { parent: self, deleteBeforeReplace: true, dependsOn: [target.toolboxImage()] },
    );
    return { volume, ready: made.resource };
}

/** Words: service, release, path, owner; a tar archive on standard input. Keeps what has a hash in its name, beside what is in use. */
const COLLECT = script(
    "umask 022; cd /files",
    'next="$1/next-$2$3"; mkdir -p "$next"',
    'tar -x -C "$next" --no-same-owner --no-same-permissions',
    // Eight or more characters of which one at least is a digit or a capital letter, before the ending: app.3fa9c1d2.js, index-BkTq3f2A.css.
    `find "$next" -type f | sed -E '/[.-][A-Za-z0-9_-]{8,}(\\.[a-z0-9]+)+$/{/[0-9A-Z][A-Za-z0-9_-]*(\\.[a-z0-9]+)+$/d;}' |`,
    `  while IFS= read -r file; do rm -f -- "$file"; done`,
    'chown -R "$4:$4" "$1"',
);

/** Words: service, release. What was in use and isn't any more is of a former release from now on. */
const PUBLISH = script(
    'umask 022; cd "/files/$1"; mkdir -p current former',
    'if [ -d "next-$2" ]; then',
    "  (cd current; find . -type f) | while IFS= read -r file; do",
    '    if [ -e "next-$2/$file" ]; then continue; fi',
    '    mkdir -p "former/${file%/*}"; mv -f "current/$file" "former/$file"; touch "former/$file"',
    "  done",
    '  rm -rf current; mv "next-$2" current',
    "fi",
    "rm -rf next-*",
    "chown -R --reference=. .",
);

const kept = (spec: ProxySpec): RouteSpec[] => spec.routes.filter((route) => keepsAssets(spec, route));
const releaseIn = ({ backend }: RouteSpec) => (backend.kind === "service" ? backend.release : "");

/** Before the switch: takes the new release's files out of its container. */
export function collectAssets(target: DockerTarget, spec: ProxySpec, volume: string, uid: number): string {
    return script(
        ...kept(spec).map((route) => {
            const { name } = route.backend;
            const folder = route.assets ?? "";
            const tool = volumeTool(target, volume, COLLECT, name, releaseIn(route), route.path, uid);
            const said = `the files of route ${route.path} can't be kept: is ${folder} a folder in the image of ${name}?`;
            return `${sh("docker", "cp", `${target.name(name, releaseIn(route))}:${folder}/.`, "-")} | ${tool} || { echo ${quote(said)} >&2; exit 1; }`;
        }),
    );
}

/** After the switch. */
export function publishAssets(target: DockerTarget, spec: ProxySpec, volume: string): string {
    const services = new Map(kept(spec).map((route) => [route.backend.name, releaseIn(route)]));
    return script(...[...services].map(([name, release]) => volumeTool(target, volume, PUBLISH, name, release)));
}

/** A part of what the proxy's container begins with: every half minute, removes what has been kept for as long as it should. */
export function pruneAssets(seconds: number): string {
    return script(
        "(",
        "  while sleep 30; do",
        `    find ${ASSETS_FOLDER}/*/former -type f ! -newermt '${seconds} seconds ago' -delete 2>/dev/null || true`,
        "  done",
        ") &",
    );
}
