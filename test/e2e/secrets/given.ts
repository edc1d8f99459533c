import "./given-area";
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "node:tls";
import { parse } from "yaml";
import { checkout, docker, HOST, HTTP, HTTPS, STACK, type StackConfig } from "../support/checkout";

const folder = () => {
    const path = join(checkout(), ".quai", "given");
    mkdirSync(path, { recursive: true });
    return path;
};

/** A vault: a command that prints what it holds, and notes that it was asked. */
export class Vault {
    readonly command = join(folder(), "vault");
    private readonly calls = join(folder(), "vault.calls");
    readonly value = `vault-${randomBytes(16).toString("hex")}`;

    constructor() {
        writeFileSync(join(folder(), "vault.value"), `${this.value}\n`, { mode: 0o600 });
        writeFileSync(this.command, `#!/bin/sh\necho "$@" >> "$0.calls"\ncat "$0.value"\necho "read $1" >&2\n`);
        chmodSync(this.command, 0o755);
        writeFileSync(this.calls, "");
    }

    asked(): number {
        return readFileSync(this.calls, "utf8").split("\n").length - 1;
    }

    away(): void {
        renameSync(this.command, `${this.command}.away`);
    }

    back(): void {
        renameSync(`${this.command}.away`, this.command);
    }
}

/** The image of both services, on the demonstration's, which this area has built. */
export function buildImage(tag: string): void {
    const [base] = docker("image", "ls", "--filter", "reference=quai/demo-secrets/api", "--format", "{{.Repository}}:{{.Tag}}").split("\n");
    docker("build", "--quiet", "--build-arg", `BASE=${base ?? ""}`, "--tag", tag, join(__dirname, "app"));
}

/** Pushes and forgets it, with a login that no file of this machine's user keeps. */
export function push(tag: string, account: { readonly username: string; readonly password: string }): void {
    const config = join(folder(), "docker");
    const registry = tag.split("/")[0] ?? "";
    execFileSync("docker", ["--config", config, "login", "--username", account.username, "--password-stdin", registry], {
        input: account.password,
        stdio: ["pipe", "ignore", "ignore"],
    });
    docker("--config", config, "push", "--quiet", tag);
    docker("image", "rm", tag);
    rmSync(config, { recursive: true });
}

const CERTIFICATE = {
    CERTIFICATE_FILE: "${file:secrets.internalCertificate}",
    KEY_FILE: "${file:secrets.internalKey}",
    AUTHORITY_FILE: "${file:secrets.internalAuthority}",
};

/** A release that is broken is told sooner. */
const SOON = { interval: "2s", timeout: "2s", retries: 3, startPeriod: "5s" };

/** The stack file; `more` is added to the settings. */
export function write(image: string, more: StackConfig = {}): void {
    const service = (role: string) => ({ image: "app", user: 10001, command: ["python3", "/srv/server.py", role] });
    const config = {
        "quai:application": "custom",
        "quai:environment": "development",
        // A preview comes before each update, as in production.
        "quai:protect": true,
        "quai:domain": HOST,
        "quai:ports": { http: HTTP, https: HTTPS, address: "127.0.0.1" },
        "quai:proxy": { drain: "10s" },
        "quai:images": { app: image },
        "quai:custom": {
            name: "demo",
            secrets: {
                sessionKey: { kind: "given" },
                vaultKey: { kind: "given" },
                internal: { kind: "certificate", names: ["inner"], days: 90 },
            },
            services: {
                inner: { ...service("inner"), port: 8443, health: SOON, env: CERTIFICATE },
                front: {
                    ...service("front"),
                    port: 8000,
                    health: { http: "/health", ...SOON },
                    env: {
                        ...CERTIFICATE,
                        SESSION_KEY_FILE: "${file:secrets.sessionKey}",
                        SESSION_KEY_FORMER_FILE: "${file:former.sessionKey}",
                        VAULT_KEY_FILE: "${file:secrets.vaultKey}",
                    },
                    after: ["inner"],
                },
            },
            routes: [{ to: "front" }],
        },
        ...more,
    };
    writeFileSync(join(checkout(), `Pulumi.${STACK}.yaml`), JSON.stringify({ config }, null, 2));
}

export function written(): Readonly<Record<string, unknown>> {
    return (parse(readFileSync(join(checkout(), `Pulumi.${STACK}.yaml`), "utf8")) as { config: Record<string, unknown> }).config;
}

/** Of the certificate that the front door shows. */
export function shownFingerprint(): Promise<string> {
    return new Promise((resolve, reject) => {
        const socket = connect({ host: "127.0.0.1", port: HTTPS, servername: HOST, rejectUnauthorized: false }, () => {
            resolve(socket.getPeerCertificate().fingerprint256);
            socket.destroy();
        });
        socket.on("error", reject);
    });
}

export function state(): string {
    const file = join(checkout(), ".quai/state/.pulumi/stacks/quai", `${STACK}.json`);
    return existsSync(file) ? readFileSync(file, "utf8") : "";
}
