/** The proxy as the component runs it, two releases behind it, and the component's own script for the switch. No engine of Pulumi. */
import { spawn } from "node:child_process";
import { volumeTool } from "../../../components/internal/docker/file-volume";
import type { DockerTarget } from "../../../components/targets";
import { FIND_SERVICES } from "../../../components/tls-proxy/known-docker";
import { CONFIG_FOLDER, LISTEN_BY_ITSELF, nginxConfig } from "../../../components/tls-proxy/nginx";
import { type ProxySpec, resolveProxy } from "../../../components/tls-proxy/spec";
import { firstConfiguration, switchConfiguration } from "../../../components/tls-proxy/switch-docker";
import { fresh, hardened, must, prefix, volumeWith } from "./engine";

export const HOST = "shop.localhost";
const UID = 101;
const HTTPS_PORT = 8443;
const alias = (release: string): string => `api-${release}`;

/** A release answers with its name. */
const backendConf = (release: string): string => `
pid /tmp/nginx.pid;
error_log /dev/stderr warn;
events {}
http {
    access_log off;
    client_body_temp_path /tmp/body; proxy_temp_path /tmp/proxy; fastcgi_temp_path /tmp/fastcgi; uwsgi_temp_path /tmp/uwsgi; scgi_temp_path /tmp/scgi;
    server { listen 8000; location / { return 200 "${release}\\n"; } }
}`;

/** Runs a script of the host while other work goes on. @throws with what it said when it fails */
export function hostScript(text: string, input = ""): Promise<void> {
    return new Promise((resolve, reject) => {
        const child = spawn("/bin/sh", ["-euc", text], { stdio: ["pipe", "ignore", "pipe"] });
        let said = "";
        child.stderr.setEncoding("utf8").on("data", (chunk: string) => (said += chunk));
        child.on("error", reject);
        child.on("close", (code) => (code === 0 ? resolve() : reject(new Error(`ended with ${code}: ${said}`))));
        child.stdin.end(input);
    });
}

export function certificate(image: string): { readonly certificate: string; readonly key: string } {
    const both = must(
        ...[
            "run",
            "--rm",
            image,
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "2",
        ],
        ...["-subj", `/CN=${HOST}`, "-addext", `subjectAltName=DNS:${HOST}`, "-keyout", "/dev/stdout", "-out", "/dev/stdout"],
    );
    const part = (kind: string): string => new RegExp(`-----BEGIN ${kind}-----[^]*?-----END ${kind}-----`).exec(both)?.[0] ?? "";
    return { certificate: `${part("CERTIFICATE")}\n`, key: `${part("PRIVATE KEY")}\n` };
}

export class ProxyStand {
    readonly pem: { readonly certificate: string; readonly key: string };
    readonly container = fresh("proxy");
    private readonly network = fresh("app");
    private readonly volume = fresh("config");
    private readonly backends = new Map<string, string>();
    private readonly target: DockerTarget;
    private switches = 0;

    constructor(image: string, releases: readonly string[]) {
        // What the scripts take of a target; a whole one exists only inside a program.
        const target: Pick<DockerTarget, "stack" | "toolbox" | "name"> = {
            stack: prefix,
            toolbox: image,
            name: (what, release = "") => (what === "app" ? this.network : (this.backends.get(release) ?? "")),
        };
        this.target = target as DockerTarget;
        this.pem = certificate(image);
        must("network", "create", this.network);
        for (const release of releases) this.backends.set(release, this.backend(image, release));
        must("volume", "create", this.volume);
        const proxy = ["--network", this.network, "-p", `127.0.0.1::${HTTPS_PORT}`, "-v", `${this.volume}:${CONFIG_FOLDER}:ro`];
        must(
            ...["create", "--name", this.container, "--user", `${UID}:${UID}`, ...hardened, ...proxy, "--entrypoint", "/bin/sh", image],
            // The ports as Docker publishes them, where the component hands them over.
            ...[
                "-euc",
                `${LISTEN_BY_ITSELF}\n${FIND_SERVICES}\nexec nginx "$@"`,
                "nginx",
                "-p",
                `${CONFIG_FOLDER}/current/`,
                "-c",
                "nginx.conf",
                "-g",
                "daemon off;",
            ],
        );
    }

    /** The first start: everything is answered 503. Returns the port on 127.0.0.1. */
    async start(): Promise<number> {
        await hostScript(volumeTool(this.target, this.volume, firstConfiguration(UID)), nginxConfig(undefined, "starting"));
        must("start", this.container);
        return Number(must("port", this.container, `${HTTPS_PORT}/tcp`).replace(/^.*:/, ""));
    }

    private backend(image: string, release: string): string {
        const name = fresh(`api-${release}`);
        const conf = volumeWith(image, { "nginx.conf": backendConf(release) }, `${UID}:${UID}`);
        const net = ["--network", this.network, "--network-alias", alias(release), "-v", `${conf}:/conf:ro`, "--user", `${UID}:${UID}`];
        must("run", "-d", "--name", name, ...hardened, ...net, image, "nginx", "-g", "daemon off;", "-c", "/conf/nginx.conf");
        return name;
    }

    private spec(release: string): ProxySpec {
        const api = { name: "api", release, address: alias(release), port: 8000, healthPath: "/health", ready: [] };
        return resolveProxy({
            domain: HOST,
            ports: { http: 80, https: 443, address: "127.0.0.1" },
            routes: [{ path: "/", to: api }],
        });
    }

    /** The component's switch to a release; `edit` changes its configuration. */
    async switchTo(release: string, edit: (configuration: string) => string = (text) => text): Promise<void> {
        const spec = this.spec(release);
        const version = `${release}-${++this.switches}`;
        const files = {
            "nginx.conf": edit(nginxConfig(spec, version)),
            "certificate.pem": this.pem.certificate,
            "key.pem": this.pem.key,
        };
        const input = Object.entries(files).map(([name, text]) => `${name} ${Buffer.from(text).toString("base64")}\n`);
        const door = { container: this.container, address: "127.0.0.1", port: HTTPS_PORT };
        const args = { volume: this.volume, container: this.container, door, holders: [], uid: UID, version, spec };
        await hostScript(switchConfiguration(this.target, args), input.join(""));
    }

    /** Ends a release at once, as when its containers are removed, with whatever it was doing. */
    kill(release: string): Promise<void> {
        return hostScript(`docker kill ${this.backends.get(release)} >/dev/null`);
    }

    /** Starts a release and waits until it answers. */
    revive(release: string): Promise<void> {
        const name = this.backends.get(release);
        const answers = `docker exec ${name} curl -fs --retry 50 --retry-connrefused --retry-delay 1 -o /dev/null http://127.0.0.1:8000/`;
        return hostScript(`docker start ${name} >/dev/null; ${answers}`);
    }

    remove(): void {
        must("rm", "-fv", this.container, ...this.backends.values());
        must("network", "rm", this.network);
    }
}
