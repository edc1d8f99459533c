import { existsSync, readFileSync, statfsSync } from "node:fs";
import { freemem, totalmem } from "node:os";
import { dirname, join } from "node:path";
import { z } from "zod";
import { ensureDocker } from "./docker/ensure";
import { isReachable } from "./download";
import { findCached, findInstalled } from "./index";
import { cacheDir, findOnPath, workDir, type Environment } from "./paths";
import { findPlugins } from "./plugins";
import { run } from "./process";
import { stateBackend } from "./state";
import { moduleProxies } from "./toolchain";
import { messageOf, type EngineFiles } from "./types";
import { checkoutRoot, engineVersion, languageHostVersion } from "./versions";

/** One line of `./quai doctor`. */
export interface Check {
    readonly name: string;
    /** `missing`: a deployment can't work; `warning`: it may not; `note`: for information. */
    readonly state: "ok" | "note" | "warning" | "missing";
    readonly version?: string;
    /** Where it was found, or what was found. */
    readonly from?: string;
    /** What to do about it. */
    readonly fix?: string;
}

const gigabyte = 1024 ** 3;

/** Plugins of the packages that every deployment uses. The cloud's are got by the stacks that use them. */
export function neededPlugins(): string[] {
    const { dependencies } = z
        .object({ dependencies: z.record(z.string(), z.string()) })
        .parse(JSON.parse(readFileSync(join(checkoutRoot, "package.json"), "utf8")));
    const names = Object.keys(dependencies).map((name) => /^@pulumi\/(.+)$/.exec(name)?.[1]);
    return names.filter((name): name is string => name !== undefined && !["pulumi", "policy", "aws"].includes(name));
}

function nodeChecks(): Check[] {
    const complete = existsSync(join(checkoutRoot, "node_modules", ".package-lock.json"));
    return [
        { name: "Node.js", state: "ok", version: process.versions.node, from: process.execPath },
        complete
            ? { name: "Node.js packages", state: "ok", from: "node_modules" }
            : { name: "Node.js packages", state: "missing", fix: "run `npm ci`, or any ./quai command, which does it" },
    ];
}

async function findEngine(env: Environment): Promise<{ files?: EngineFiles; problem?: string }> {
    const installed = await findInstalled(env);
    if (installed.files) return installed;
    const files = findCached("downloaded", env) ?? findCached("built", env);
    return { files, problem: installed.problem };
}

async function engineChecks(env: Environment): Promise<Check[]> {
    const { files, problem } = await findEngine(env);
    const get = "`./quai doctor --fix` downloads it, or builds it from Go modules where no download site answers";
    if (!files) {
        const from = problem ?? "not found";
        return [
            { name: "Pulumi engine", state: "missing", from, fix: `${engineVersion} or a later 3.x is needed: ${get}` },
            { name: "Node.js language host", state: "missing", fix: "comes with the engine" },
        ];
    }
    const hostVersion = files.source === "built" ? languageHostVersion : files.version;
    const host = await run(files.languageHost, ["--help"], { env, timeoutMs: 10_000 }).catch(() => undefined);
    return [
        { name: "Pulumi engine", state: "ok", version: files.version, from: `${files.source}: ${files.pulumi}` },
        host
            ? { name: "Node.js language host", state: "ok", version: hostVersion, from: files.languageHost }
            : {
                  name: "Node.js language host",
                  state: "missing",
                  from: files.languageHost,
                  fix: `doesn't run: remove ${dirname(files.languageHost)}; ${get}`,
              },
    ];
}

function pluginChecks(env: Environment): Check[] {
    const place = { home: join(workDir(checkoutRoot), "home"), env: stringsOf(env) };
    return findPlugins(place, neededPlugins()).map(({ name, version, source, path }): Check => {
        const title = `plugin ${name}`;
        if (source !== "missing") return { name: title, state: "ok", version, from: `${source}: ${path ?? ""}` };
        return {
            name: title,
            state: "missing",
            version,
            fix: `\`./quai doctor --fix\`, or \`pulumi plugin install resource ${name} ${version}\``,
        };
    });
}

function stringsOf(env: Environment): Record<string, string> {
    return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

async function dockerCheck(env: Environment): Promise<Check> {
    try {
        const docker = await ensureDocker({ env, lookOnly: true });
        const kind = docker.rootless ? "rootless, " : "";
        return {
            name: "Docker",
            state: "ok",
            version: docker.version,
            from: `${docker.via} (${docker.host}), ${kind}${docker.storageDriver}`,
        };
    } catch (error) {
        const fix = messageOf(error).replace(/^docker: /, "");
        return { name: "Docker", state: "missing", from: "for deployments on this machine", fix };
    }
}

/** Free space where a file or folder is, or will be. */
function freeBytes(path: string): number {
    let at = path;
    while (!existsSync(at)) at = dirname(at);
    const { bavail, bsize } = statfsSync(at);
    return bavail * bsize;
}

function spaceCheck(name: string, free: number, needed: { missing: number; warning: number }, from: string): Check {
    const version = `${(free / gigabyte).toFixed(1)} GiB free`;
    const wanted = `at least ${needed.warning} GiB free is advised, ${needed.missing} GiB is needed`;
    if (free < needed.missing * gigabyte) return { name, state: "missing", version, from, fix: `${wanted}: make room` };
    return free < needed.warning * gigabyte ? { name, state: "warning", version, from, fix: wanted } : { name, state: "ok", version, from };
}

/** MemAvailable counts what caches would give back; os.freemem doesn't on every version of node. */
function availableMemory(): number {
    try {
        return Number(/^MemAvailable:\s+(\d+) kB$/m.exec(readFileSync("/proc/meminfo", "utf8"))?.[1]) * 1024 || freemem();
    } catch {
        return freemem();
    }
}

async function folderSize(folder: string, env: Environment): Promise<string> {
    const du = findOnPath("du", env);
    if (!existsSync(folder) || !du) return "empty";
    const result = await run(du, ["-sk", folder], { env, timeoutMs: 20_000 });
    const kilobytes = Number.parseInt(result.stdout, 10);
    return Number.isNaN(kilobytes) ? "" : `${(kilobytes / 1024).toFixed(0)} MiB`;
}

function stateCheck(env: Environment): Check {
    const backend = stateBackend(checkoutRoot, env);
    const file = join(workDir(checkoutRoot), "passphrase");
    const given = env["PULUMI_CONFIG_PASSPHRASE"] !== undefined ? "PULUMI_CONFIG_PASSPHRASE" : env["PULUMI_CONFIG_PASSPHRASE_FILE"];
    const own = backend.from === "default" ? (existsSync(file) ? ".quai/passphrase" : "made at the first use") : "not set";
    return { name: "state", state: "note", from: `${backend.url} (${backend.from}); passphrase: ${given || own}` };
}

async function networkChecks(env: Environment): Promise<Check[]> {
    const sites: [string, string][] = [
        ["official engine", "https://get.pulumi.com/"],
        ["official plugins", "https://api.github.com/"],
        ["Go modules", moduleProxies(env)[0] ?? "https://proxy.golang.org"],
        ["container images", "https://registry-1.docker.io/v2/"],
    ];
    return Promise.all(
        sites.map(async ([what, url]): Promise<Check> => {
            const reachable = await isReachable(url, { env, connectTimeoutMs: 3_000 });
            return { name: `site: ${what}`, state: "note", version: reachable ? "reachable" : "not reachable", from: new URL(url).host };
        }),
    );
}

/** Everything that `./quai doctor` shows. Gets and changes nothing. */
export async function examine(env: Environment): Promise<Check[]> {
    const cache = cacheDir(env);
    const [engine, docker, network, size] = await Promise.all([
        engineChecks(env),
        dockerCheck(env),
        networkChecks(env),
        folderSize(cache, env),
    ]);
    const ssh = findOnPath("ssh", env);
    return [
        ...nodeChecks(),
        ...engine,
        ...pluginChecks(env),
        docker,
        ssh
            ? { name: "ssh", state: "ok", from: ssh }
            : {
                  name: "ssh",
                  state: "warning",
                  from: "not found",
                  fix: "is needed for a Docker host on another machine: install an OpenSSH client",
              },
        spaceCheck("disk", freeBytes(cache), { missing: 3, warning: 10 }, cache),
        spaceCheck("memory", availableMemory(), { missing: 0.5, warning: 2 }, `of ${(totalmem() / gigabyte).toFixed(1)} GiB`),
        { name: "cache", state: "note", version: size, from: cache },
        stateCheck(env),
        ...network,
    ];
}
