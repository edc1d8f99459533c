import { execFileSync, spawn, spawnSync, type ChildProcess } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { nginxConfig } from "../../../../components/tls-proxy/nginx";
import { resolveProxy } from "../../../../components/tls-proxy/spec";
import type { ProxyArgs } from "../base";

/** Debian's package nginx-light; without it the tests on a real nginx are skipped, visibly. */
export const nginxVersion = installedVersion();

function installedVersion(): readonly [number, number, number] | undefined {
    const { stderr, error } = spawnSync("nginx", ["-v"], { encoding: "utf8", env: environment() });
    const [, major, minor, patch] = /nginx\/(\d+)\.(\d+)\.(\d+)/.exec(error === undefined ? stderr : "") ?? [];
    return major === undefined ? undefined : [Number(major), Number(minor), Number(patch)];
}

/** nginx is in /usr/sbin, which isn't on everybody's path. */
export function environment(): NodeJS.ProcessEnv {
    return { ...process.env, PATH: `${process.env["PATH"]}:/usr/sbin` };
}

export interface Ports {
    readonly http: number;
    readonly https: number;
    readonly status: number;
    readonly check: number;
}

/** A configuration as the component writes it, with this machine's paths and ports in place of the container's. Nothing else is changed. */
export function onLoopback(text: string, folder: string, ports: Ports, backends: Readonly<Record<string, number>>): string {
    const moved = [
        [/include \/tmp\/listen\/http;/g, `listen 127.0.0.1:${ports.http};`],
        [/include \/tmp\/listen\/https;/g, `listen 127.0.0.1:${ports.https} ssl;`],
        [/listen 127\.0\.0\.1:8081/g, `listen 127.0.0.1:${ports.status}`],
        [/listen 127\.0\.0\.1:8444/g, `listen 127.0.0.1:${ports.check}`],
        [/\/tmp\//g, `${folder}/tmp/`],
        [/\/srv\/files\//g, `${folder}/files/`],
        [/\/dev\/std(out|err)/g, `${folder}/std$1`],
        [/worker_processes auto;/, "worker_processes 2;"],
    ] as const;
    const there = moved.reduce((current, [pattern, replacement]) => current.replace(pattern, replacement), text);
    // There's no resolver of Docker's: each name and port is the place where its test server listens.
    const named = Object.entries(backends).reduce(
        (current, [name, port]) => current.replaceAll(`server ${name} resolve`, `server 127.0.0.1:${port}`),
        there,
    );
    return forVersion(named.replace(/server \S+ resolve/g, "server 127.0.0.1:1"));
}

/** The spelling of older versions of nginx than the one in the catalogue. */
function forVersion(text: string): string {
    const isBefore = (minor: number, patch: number) =>
        nginxVersion !== undefined &&
        nginxVersion[0] === 1 &&
        (nginxVersion[1] < minor || (nginxVersion[1] === minor && nginxVersion[2] < patch));
    const withoutMinimum = isBefore(27, 4) ? text.replace(/^ *keepalive_min_timeout .*\n/m, "") : text;
    return isBefore(25, 1) ? withoutMinimum.replace(/^ *http2 on;\n/m, "").replace(/(listen \S+ ssl)/g, "$1 http2") : withoutMinimum;
}

/** A certificate of the machine's openssl, with a key of ours. */
export function certificate(folder: string, names: readonly string[], days = 1): void {
    const sans = names.map((name) => `DNS:${name}`).join(",");
    execFileSync(
        "openssl",
        [
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-days",
            String(days),
            "-subj",
            `/CN=${names[0]}`,
        ].concat(["-addext", `subjectAltName=${sans}`, "-keyout", join(folder, "key.pem"), "-out", join(folder, "certificate.pem")]),
        { stdio: "pipe" },
    );
}

/** The real nginx with a configuration of the component's. */
export class RealNginx {
    private constructor(
        readonly folder: string,
        readonly ports: Ports,
        private readonly child: ChildProcess,
    ) {}

    static async start(folder: string, args: ProxyArgs, backends: Readonly<Record<string, number>>): Promise<RealNginx> {
        const ports = await freePorts();
        for (const part of ["tmp", "files"]) mkdirSync(join(folder, part), { recursive: true });
        // Workers of an nginx that root starts are another user.
        chmodSync(folder, 0o755);
        const spec = resolveProxy({ ...args, ports: { ...args.ports, https: ports.https } });
        certificate(folder, spec.names);
        writeFileSync(join(folder, "nginx.conf"), onLoopback(nginxConfig(spec, "version-1"), folder, ports, backends));
        const child = spawn("nginx", ["-p", `${folder}/`, "-c", "nginx.conf", "-g", "daemon off;"], {
            stdio: ["ignore", "ignore", "pipe"],
            env: environment(),
        });
        const nginx = new RealNginx(folder, ports, child);
        let said = "";
        child.stderr?.setEncoding("utf8").on("data", (text: string) => (said += text));
        for (let attempt = 0; attempt < 100; attempt++) {
            if (
                await fetch(`http://127.0.0.1:${ports.status}/healthz`).then(
                    ({ ok }) => ok,
                    () => false,
                )
            )
                return nginx;
            if (child.exitCode !== null) break;
            await new Promise((resolve) => setTimeout(resolve, 50));
        }
        throw new Error(`nginx didn't start: ${said}`);
    }

    get accessLog(): string {
        return readFileSync(join(this.folder, "stdout"), "utf8");
    }

    get authority(): string {
        return readFileSync(join(this.folder, "certificate.pem"), "utf8");
    }

    async stop(): Promise<void> {
        const ended = new Promise((resolve) => this.child.once("exit", resolve));
        this.child.kill("SIGTERM");
        await ended;
    }
}

export async function freePorts(): Promise<Ports> {
    return { http: await freePort(), https: await freePort(), status: await freePort(), check: await freePort() };
}

export function freePort(): Promise<number> {
    return new Promise((resolve) => {
        const probe = createServer().listen(0, "127.0.0.1", () => {
            const { port } = probe.address() as AddressInfo;
            probe.close(() => resolve(port));
        });
    });
}
