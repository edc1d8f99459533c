import { request } from "node:http";
import { homedir, userInfo } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { findOnPath, type Environment } from "../paths";
import { lastLines, run } from "../process";
import { messageOf } from "../types";

/** A way to a Docker engine that may or may not answer. */
export interface Endpoint {
    /** As DOCKER_HOST names it, e.g. `unix:///var/run/docker.sock` or `ssh://deploy@host`. */
    readonly host: string;
    /** How it was found, in words. */
    readonly via: string;
}

export interface DockerAnswer extends Endpoint {
    readonly version: string;
    readonly apiVersion: string;
    readonly storageDriver: string;
    readonly rootless: boolean;
}

/** Why an endpoint doesn't serve: nobody listens, we may not use it, it isn't there, or something else that `detail` tells. */
export interface DockerFault extends Endpoint {
    readonly fault: "down" | "forbidden" | "absent" | "failed";
    readonly detail: string;
}

const versionAnswer = z.object({ Version: z.string(), ApiVersion: z.string().default("") });
const infoAnswer = z.object({ Driver: z.string().default(""), SecurityOptions: z.array(z.string()).nullish() });

/** The default endpoint of the docker command's current context, where one other than `default` is chosen. */
async function contextEndpoint(env: Environment): Promise<Endpoint | undefined> {
    const docker = findOnPath("docker", env);
    if (!docker) return undefined;
    const shown = await run(docker, ["context", "inspect", "--format", "{{.Name}} {{.Endpoints.docker.Host}}"], { env, timeoutMs: 10_000 });
    const [name, host] = shown.code === 0 ? shown.stdout.trim().split(" ") : [];
    return name && host && name !== "default" ? { host, via: `context ${name}` } : undefined;
}

/** Where a Docker engine may listen, in the order the docker command and its users prefer. DOCKER_HOST alone decides where it is set. */
export async function dockerEndpoints(env: Environment): Promise<Endpoint[]> {
    if (env["DOCKER_HOST"]) return [{ host: env["DOCKER_HOST"], via: "DOCKER_HOST" }];
    const home = env["HOME"] || homedir();
    const runtime = env["XDG_RUNTIME_DIR"] || `/run/user/${userInfo().uid}`;
    const sockets: [string, string][] = [
        ["/var/run/docker.sock", "its socket"],
        [join(runtime, "docker.sock"), "its rootless socket"],
        [join(home, ".docker", "run", "docker.sock"), "Docker Desktop"],
        [join(home, ".docker", "desktop", "docker.sock"), "Docker Desktop"],
        [join(home, ".colima", "default", "docker.sock"), "Colima"],
        [join(home, ".orbstack", "run", "docker.sock"), "OrbStack"],
        [join(home, ".rd", "docker.sock"), "Rancher Desktop"],
    ];
    const context = await contextEndpoint(env);
    const all = sockets.map(([file, via]): Endpoint => ({ host: `unix://${file}`, via }));
    return context ? [context, ...all.filter(({ host }) => host !== context.host)] : all;
}

function getJson(socketPath: string, path: string): Promise<unknown> {
    return new Promise((resolve, reject) => {
        const call = request({ socketPath, path, headers: { host: "docker" }, timeout: 10_000 }, (answer) => {
            let text = "";
            answer.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
            answer.once("end", () => {
                if (answer.statusCode !== 200) return reject(new Error(`${path}: answered ${answer.statusCode ?? "nothing"}`));
                try {
                    resolve(JSON.parse(text));
                } catch (error) {
                    reject(error instanceof Error ? error : new Error(String(error)));
                }
            });
        });
        call.once("timeout", () => call.destroy(new Error(`${path}: no answer in 10 s`)));
        call.once("error", reject);
        call.end();
    });
}

function answerOf(endpoint: Endpoint, version: unknown, info: unknown): DockerAnswer {
    const [v, i] = [versionAnswer.parse(version), infoAnswer.parse(info)];
    const rootless = (i.SecurityOptions ?? []).some((option) => option.includes("rootless"));
    return { ...endpoint, version: v.Version, apiVersion: v.ApiVersion, storageDriver: i.Driver, rootless };
}

const faultOf: Readonly<Record<string, DockerFault["fault"]>> = {
    ENOENT: "absent",
    ENOTDIR: "absent",
    ECONNREFUSED: "down",
    EACCES: "forbidden",
    EPERM: "forbidden",
};

async function probeSocket(endpoint: Endpoint, socket: string): Promise<DockerAnswer | DockerFault> {
    try {
        return answerOf(endpoint, await getJson(socket, "/version"), await getJson(socket, "/info"));
    } catch (error) {
        const code = (error as NodeJS.ErrnoException).code ?? "";
        return { ...endpoint, fault: faultOf[code] ?? "failed", detail: messageOf(error) };
    }
}

/** Over ssh:// or tcp:// the docker command does the talking: it knows the user's keys and certificates. */
async function probeRemote(endpoint: Endpoint, env: Environment): Promise<DockerAnswer | DockerFault> {
    const docker = findOnPath("docker", env);
    if (!docker) return { ...endpoint, fault: "failed", detail: "the docker command isn't installed" };
    const options = { env: { ...env, DOCKER_HOST: endpoint.host }, timeoutMs: 30_000 };
    const version = await run(docker, ["version", "--format", "{{json .Server}}"], options);
    if (version.code !== 0) return { ...endpoint, fault: "failed", detail: lastLines(version.stderr, 2) };
    const info = await run(docker, ["info", "--format", "{{json .}}"], options);
    return answerOf(endpoint, JSON.parse(version.stdout), info.code === 0 ? JSON.parse(info.stdout) : {});
}

export function probe(endpoint: Endpoint, env: Environment): Promise<DockerAnswer | DockerFault> {
    const socket = /^unix:\/\/(.+)$/.exec(endpoint.host)?.[1];
    return socket ? probeSocket(endpoint, socket) : probeRemote(endpoint, env);
}

export interface DockerSearch {
    readonly found?: DockerAnswer;
    readonly faults: readonly DockerFault[];
}

/** The first engine that answers, and what was wrong with those before it. */
export async function findDocker(env: Environment): Promise<DockerSearch> {
    const faults: DockerFault[] = [];
    for (const endpoint of await dockerEndpoints(env)) {
        const answer = await probe(endpoint, env);
        if ("version" in answer) return { found: answer, faults };
        faults.push(answer);
    }
    return { faults };
}
