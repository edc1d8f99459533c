import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { formatDuration } from "../../infra/settings";
import type { Compose, ComposeService } from "./compose";
import { clean, type Fields } from "./fields";
import { buildOf } from "./images";
import type { Notes } from "./notes";
import { commandWords, plainName } from "./words";

/** What a Dockerfile says that the compose file doesn't: command, user, port. Undefined where the image is only named. */
export interface ImageFacts {
    readonly command?: readonly string[];
    readonly user?: string;
    readonly port?: number;
}

/** What this machine knows of an image; nothing where it isn't there. */
export type Inspect = (image: string) => ImageFacts;

/** Reads the last instructions of each kind; the exact ones are the image's own after a build. */
export function imageFacts(compose: Compose, service: ComposeService, inspect: Inspect): ImageFacts {
    const build = buildOf(compose, service);
    if (build === undefined) return service.image === undefined ? {} : inspect(service.image);
    const path = join(resolve(compose.folder, build.context), build.dockerfile ?? "Dockerfile");
    if (!existsSync(path)) return {};
    const lines = readFileSync(path, "utf8")
        .replace(/\\\r?\n/g, " ")
        .split(/\r?\n/);
    const last = (word: string) => lines.flatMap((line) => new RegExp(`^\\s*${word}\\s+(.*)$`, "i").exec(line)?.[1]?.trim() ?? []).at(-1);
    const command = [...(exec(last("ENTRYPOINT")) ?? []), ...(exec(last("CMD")) ?? [])];
    const port = Number(last("EXPOSE")?.split(/[\s/]/)[0]);
    return {
        ...(command.length === 0 ? {} : { command }),
        ...(/^\d+(:\d+)?$/.test(last("USER") ?? "") && !/^0/.test(last("USER") ?? "") ? { user: last("USER") } : {}),
        ...(port > 0 ? { port } : {}),
    };
}

function exec(text: string | undefined): string[] | undefined {
    if (text === undefined) return undefined;
    try {
        const parsed: unknown = JSON.parse(text);
        if (Array.isArray(parsed)) return parsed.map(String);
    } catch {
        // The shell form.
    }
    return ["/bin/sh", "-c", text];
}

/** Where a service listens. */
export function portOf(
    service: ComposeService,
    facts: ImageFacts,
    variables: Readonly<Record<string, string | undefined>>,
): number | undefined {
    const label = Object.entries(service.labels).find(([name]) => /loadbalancer\.server\.port$/.test(name))?.[1];
    const published = service.ports.map((each) => (typeof each === "string" ? each.split("/")[0]?.split(":").at(-1) : each.target));
    const asked = /https?:\/\/[^/:\s]+:(\d+)/.exec(testOf(service).join(" "))?.[1];
    const own = Object.entries(variables).find(([name]) =>
        /^(?!DB|SMTP|MAIL|EMAIL|REDIS|POSTGRES)([A-Z]+_)?(SERVER|HTTP|APP|LISTEN|WEB)_PORT$/.test(name),
    )?.[1];
    const candidates = [label, service.expose[0], published[0], variables["VIRTUAL_PORT"], asked, variables["PORT"], own, facts.port];
    return candidates.map(Number).find((port) => port > 0 && port < 65536);
}

function testOf({ healthcheck }: ComposeService): string[] {
    const test = healthcheck?.test;
    if (test === undefined || healthcheck?.disable === true) return [];
    return typeof test === "string" ? ["CMD-SHELL", test] : test;
}

/** The health check in the words of a stack file. */
export function healthOf(service: ComposeService, port: number | undefined): Fields {
    const [how, ...rest] = testOf(service);
    const line = rest.join(" ");
    const path = /(?:curl|wget|http-get)\b.*?https?:\/\/(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\])(?::\d+)?(\/[^\s'"|;)]*)?/.exec(line);
    const probe = (): Fields => {
        if (how === undefined || how === "NONE") return {};
        if (path !== null && port !== undefined) return { http: path[1] ?? "/" };
        return { command: how === "CMD" ? rest : ["/bin/sh", "-c", line] };
    };
    const { interval, timeout, retries, start_period } = service.healthcheck ?? {};
    return clean({
        ...probe(),
        interval: duration(interval),
        timeout: duration(timeout),
        retries: retries !== undefined && retries > 0 ? retries : undefined,
        startPeriod: duration(start_period),
    });
}

/** Limits, time to stop and log rotation. */
export function limitsOf(service: ComposeService): Fields {
    const { deploy, logging } = service;
    const cpus = Number(deploy?.resources?.limits?.cpus ?? service.cpus);
    const size = logging?.options?.["max-size"];
    const files = Number(logging?.options?.["max-file"]);
    const logs = clean({ maxSize: size === undefined ? undefined : bytes(size), maxFiles: files > 0 ? files : undefined });
    return clean({
        replicas: (deploy?.replicas ?? 1) > 1 ? deploy?.replicas : undefined,
        memory: bytes(deploy?.resources?.limits?.memory ?? service.mem_limit),
        cpus: cpus > 0 ? cpus : undefined,
        stopGrace: duration(service.stop_grace_period),
        logs: Object.keys(logs).length === 0 ? undefined : logs,
    });
}

export function commandOf(service: ComposeService, facts: ImageFacts): readonly string[] | undefined {
    const entrypoint = commandWords(service.entrypoint);
    const command = commandWords(service.command);
    if (entrypoint !== undefined) return [...entrypoint, ...(command ?? [])];
    return command ?? facts.command;
}

/** Volumes and temporary folders. Named volumes and folders of the host become `files`; single files can't. */
export function mountsOf(
    compose: Compose,
    name: string,
    service: ComposeService,
    notes: Notes,
): { mounts: Record<string, string>; files: string[]; temporary: string[] } {
    const mounts: Record<string, string> = {};
    const files: string[] = [];
    const temporary = service.tmpfs.map((each) => each.split(":")[0] ?? each);
    for (const each of service.volumes) {
        const { type, source, target, readOnly, empty, within } = parts(each);
        if (type === "tmpfs") temporary.push(target);
        else if (source === undefined)
            notes.left.push(`${name}: the unnamed volume at ${target}: give it a name in files if its content has to stay`);
        else if (/docker\.sock$/.test(source)) notes.left.push(`${name}: ${source}: whoever has it rules the host`);
        else if (isFile(source) || isFile(target))
            notes.left.push(`${name}: ${source} at ${target}: put the file into the image, or hand it over as a secret`);
        else if (/^[./~]/.test(source) && (SOURCE_FOLDER.test(target) || isSource(resolve(compose.folder, source))))
            notes.left.push(`${name}: ${source} at ${target}: source code is in the image`);
        else {
            const key = volumeName(compose, within === undefined ? source : `${source}-${within}`);
            const moved = /^[./~]/.test(source) ? `the folder ${source}` : within && `the folder ${within} of ${source}`;
            const filled = !empty && moved === undefined && hasOtherImage(compose, service, source);
            const told = [
                ...(moved === undefined ? [] : [`${moved} is the volume ${key} now: copy its content there after the first ./quai up`]),
                ...(!filled
                    ? []
                    : [`${source} is in several services: a volume begins empty here; what an image brings has to be copied by a job`]),
            ];
            // Once for all who have it.
            for (const line of told) if (!notes.check.some((each) => each.endsWith(line))) notes.check.push(`${name}: ${line}`);
            mounts[target.replace(/\/$/, "")] = readOnly ? `${key}:ro` : key;
            files.push(key);
        }
    }
    return { mounts, files, temporary };
}

interface Mount {
    readonly type: string;
    readonly source: string | undefined;
    readonly target: string;
    readonly readOnly: boolean;
    /** A new volume isn't filled from the image. */
    readonly empty: boolean;
    /** A folder of the volume, in place of all of it. */
    readonly within: string | undefined;
}

function parts(mount: ComposeService["volumes"][number]): Mount {
    if (typeof mount !== "string") {
        const { type = "volume", source, target, read_only, volume } = mount;
        return { type, source, target, readOnly: read_only === true, empty: volume?.nocopy === true, within: volume?.subpath };
    }
    const [first = "", second, mode = ""] = mount.split(":");
    const modes = mode.split(",");
    const rest = { type: "volume", readOnly: modes.includes("ro"), empty: modes.includes("nocopy"), within: undefined };
    return second === undefined ? { ...rest, source: undefined, target: first } : { ...rest, source: first, target: second };
}

/** Whether a service of another image mounts a volume, too: often a web server that is given the files of an application's image in this way. */
function hasOtherImage({ services }: Compose, { image, build }: ComposeService, source: string): boolean {
    const own = JSON.stringify(image ?? build);
    return Object.values(services).some(
        (other) => JSON.stringify(other.image ?? other.build) !== own && other.volumes.some((each) => parts(each).source === source),
    );
}

/** Named as the volume, or as the last folder of a path. */
function volumeName({ services }: Compose, source: string): string {
    const folders = source.split("/").filter((part) => /\w/.test(part));
    const plain = plainName(/^[./~]/.test(source) ? (folders.at(-1) ?? "files") : source);
    return Object.keys(services).some((other) => plainName(other) === plain) ? `${plain}-files` : plain;
}

const SOURCE_FOLDER = /^\/(app|src|code|usr\/src\/app|var\/www\/html)\/?$/;
const SOURCES = [
    "package.json",
    "Dockerfile",
    "manage.py",
    "requirements.txt",
    "pyproject.toml",
    "Cargo.toml",
    "go.mod",
    "pom.xml",
    "composer.json",
];
/** A folder with a program in it. */
const isSource = (folder: string) => SOURCES.some((file) => existsSync(join(folder, file)));

const isFile = (path: string) => /^[./~].*\.[A-Za-z]{1,5}$/.test(path) && !/\.d$/.test(path);

function duration(text: string | undefined): string | undefined {
    if (text === undefined) return undefined;
    const units: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600 };
    const seconds = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)].reduce(
        (sum, [, value, unit = "s"]) => sum + Number(value) * (units[unit] ?? 0),
        0,
    );
    return seconds === 0 && !/^0/.test(text) ? undefined : formatDuration(Math.max(1, Math.ceil(seconds)));
}

function bytes(text: string | undefined): string | undefined {
    const [, value, unit = ""] = /^(\d+(?:\.\d+)?)\s*([bkmgBKMG]?)[iI]?[bB]?$/.exec(text ?? "") ?? [];
    return value === undefined ? undefined : `${value}${unit.toLowerCase() || "b"}`;
}
