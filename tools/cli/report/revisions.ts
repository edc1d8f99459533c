import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { parseReference } from "../../../components/internal/images";
import type { DockerHost } from "../stack/docker";
import type { Revisions } from "./releases";
import { isRecord } from "./values";

const LABEL = "org.opencontainers.image.revision";
const PATIENCE_MS = 5_000;

/**
 * Commits that images were made of, where they say so: on the host, else in their registry. Who doesn't answer says nothing.
 *
 * @param host undefined: it can't be asked
 */
export async function revisionsOf(host: Pick<DockerHost, "docker"> | undefined, names: readonly string[]): Promise<Revisions> {
    const found = await Promise.all(
        names.map(async (name): Promise<[string, string]> => {
            const format = `{{.Id}} {{index .Config.Labels "${LABEL}"}}`;
            const here = await host?.docker(["image", "inspect", "--format", format, name]).catch(() => undefined);
            if (here !== undefined) return [name, here.trim().split(" ")[1] ?? ""];
            const there = isBuilt(name) ? undefined : await inRegistry(name).catch(() => undefined);
            return [name, there ?? ""];
        }),
    );
    return Object.fromEntries(found.filter(([, revision]) => /^[0-9a-f]{7,40}$/.test(revision)));
}

/** Made on the host itself, or an equivalent: no registry has it. */
function isBuilt(name: string): boolean {
    return /^quai(\.local)?\//.test(name) || name.startsWith("sha256:");
}

const MANIFESTS = ["oci.image.index.v1", "oci.image.manifest.v1", "docker.distribution.manifest.list.v2", "docker.distribution.manifest.v2"]
    .map((kind) => `application/vnd.${kind}+json`)
    .join(", ");

async function inRegistry(reference: string): Promise<string | undefined> {
    const { registry, repository, tag, digest } = parseReference(reference);
    const server = new Registry(registry, repository);
    let manifest = await server.get(`manifests/${digest ?? tag ?? "latest"}`);
    const platforms = Array.isArray(manifest["manifests"]) ? manifest["manifests"].filter(isRecord) : [];
    // All platforms are made of the same commit; attestations have none.
    const first = platforms.find(({ platform }) => !isRecord(platform) || platform["os"] !== "unknown");
    if (first !== undefined) manifest = await server.get(`manifests/${String(first["digest"])}`);
    const config = isRecord(manifest["config"]) ? await server.get(`blobs/${String(manifest["config"]["digest"])}`) : {};
    const labels = isRecord(config["config"]) ? config["config"]["Labels"] : undefined;
    const revision = isRecord(labels) ? labels[LABEL] : undefined;
    return typeof revision === "string" ? revision : undefined;
}

/** What may be read of a repository by anybody, or by the login that `docker login` left on this machine. */
class Registry {
    private authorization: string | undefined;
    private readonly signal = AbortSignal.timeout(PATIENCE_MS);

    constructor(
        private readonly name: string,
        private readonly repository: string,
    ) {}

    async get(path: string): Promise<Readonly<Record<string, unknown>>> {
        const host = this.name === "docker.io" ? "registry-1.docker.io" : this.name;
        const url = `${isLoopback(host) ? "http" : "https"}://${host}/v2/${this.repository}/${path}`;
        let answer = await this.ask(url);
        const challenge = answer.headers.get("www-authenticate");
        if (answer.status === 401 && challenge !== null && this.authorization === undefined) {
            this.authorization = await this.authorize(challenge);
            answer = await this.ask(url);
        }
        return json(answer);
    }

    private ask(url: string): Promise<Response> {
        const headers = new Headers({ accept: `${MANIFESTS}, application/json` });
        if (this.authorization !== undefined) headers.set("authorization", this.authorization);
        return fetch(url, { headers, signal: this.signal });
    }

    /** @param challenge `Bearer realm="https://…",service="…",scope="…"`, or `Basic …` */
    private async authorize(challenge: string): Promise<string | undefined> {
        const login = this.login();
        if (!/^bearer /i.test(challenge)) return login;
        const words = Object.fromEntries([...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = "", value = ""]) => [key, value]));
        const realm = new URL(words["realm"] ?? "");
        realm.searchParams.set("service", words["service"] ?? "");
        realm.searchParams.set("scope", words["scope"] ?? `repository:${this.repository}:pull`);
        const safe = realm.protocol === "https:" || isLoopback(realm.host);
        const headers = new Headers(login === undefined || !safe ? [] : [["authorization", login]]);
        const given = await json(await fetch(realm, { headers, signal: this.signal }));
        return `Bearer ${String(given["token"] ?? given["access_token"])}`;
    }

    private login(): string | undefined {
        const file = join(process.env["DOCKER_CONFIG"] ?? join(homedir(), ".docker"), "config.json");
        if (!existsSync(file)) return undefined;
        const { auths = {} } = JSON.parse(readFileSync(file, "utf8")) as { auths?: Record<string, { auth?: string }> };
        const auth = auths[this.name === "docker.io" ? "https://index.docker.io/v1/" : this.name]?.auth;
        return auth === undefined || auth === "" ? undefined : `Basic ${auth}`;
    }
}

async function json(answer: Response): Promise<Readonly<Record<string, unknown>>> {
    if (!answer.ok) throw new Error(`${answer.url}: ${answer.status}`);
    const content: unknown = await answer.json();
    return isRecord(content) ? content : {};
}

/** Docker asks nobody else without TLS. */
function isLoopback(host: string): boolean {
    return /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/.test(host);
}
