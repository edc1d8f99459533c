import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request as plainRequest } from "node:http";
import { request, type RequestOptions } from "node:https";
import { join } from "node:path";
import type { Answer } from "../support/ask";
import { checkout, docker, quai, removeLeftovers, type Result } from "../support/checkout";
import { equivalent } from "../support/images";

/** One application after the other is deployed, so they can share ports. */
export const PORTS = { http: 18600, https: 18643, address: "127.0.0.1" };

export interface System {
    /** Name of the stack and prefix of its objects. */
    readonly stack: string;
    /** Main host name. */
    readonly host: string;
}

/** A system of a test file, which begins without what a run that was killed has left of it. */
export function begun(system: System): System {
    beforeAll(() => removeLeftovers(system.stack, system.stack));
    return system;
}

type Config = Readonly<Record<string, unknown>>;

/** Writes the stack file. */
export function write({ stack }: System, config: Config): void {
    writeFileSync(join(checkout(), `Pulumi.${stack}.yaml`), JSON.stringify({ config: { ...config, "quai:ports": PORTS } }, null, 2));
}

export async function mustUp({ stack }: System): Promise<Result> {
    const result = await quai("up", stack, "--yes");
    if (result.code !== 0) throw new Error(`./quai up ${stack} ended with ${result.code}:\n${result.text.slice(-6000)}`);
    return result;
}

/** All of a system's objects go. */
export async function remove({ stack }: System): Promise<void> {
    if (process.env["QUAI_E2E_KEEP"] !== undefined) return;
    const result = await quai("down", stack, "--yes", "--delete-data");
    if (result.code !== 0) throw new Error(`./quai down ${stack} ended with ${result.code}:\n${result.text.slice(-3000)}`);
    rmSync(join(checkout(), `Pulumi.${stack}.yaml`));
}

/** A folder of apps/ as a build context in the checkout, with the authorities that this machine trusts, and the base image it has. */
export async function context(app: string): Promise<{ readonly build: string; readonly args: { readonly BASE: string } }> {
    const folder = join(checkout(), ".quai", "apps", app);
    mkdirSync(folder, { recursive: true });
    cpSync(join(__dirname, "apps", app), folder, { recursive: true });
    const authorities = process.env["SSL_CERT_FILE"] ?? "/etc/ssl/certs/ca-certificates.crt";
    if (existsSync(authorities)) copyFileSync(authorities, join(folder, "authorities.pem"));
    else writeFileSync(join(folder, "authorities.pem"), "");
    return { build: folder, args: { BASE: await equivalent("debian") } };
}

export interface Ask extends RequestOptions {
    readonly host?: string;
    readonly body?: string | Buffer;
}

/** A request over TLS that is checked. */
export function ask(system: System, path: string, { body, host = system.host, ...options }: Ask = {}): Promise<Answer> {
    const ca = readFileSync(join(checkout(), ".quai", system.stack, "ca.crt"), "utf8");
    const headers = { Host: `${host}:${PORTS.https}`, ...options.headers };
    return new Promise((resolve, reject) => {
        const sent = request(
            { agent: false, timeout: 60_000, ...options, host: "127.0.0.1", port: PORTS.https, servername: host, ca, path, headers },
            (answer) => {
                const chunks: Buffer[] = [];
                answer.on("data", (chunk: Buffer) => chunks.push(chunk)).on("error", reject);
                answer.on("end", () => {
                    const { statusCode = 0, headers: got, rawHeaders } = answer;
                    const whole = Buffer.concat(chunks);
                    resolve({ status: statusCode, headers: got, rawHeaders, body: whole, text: whole.toString("utf8") });
                });
            },
        );
        sent.on("timeout", () => sent.destroy(new Error("no answer in time"))).on("error", reject);
        sent.end(body);
    });
}

interface Opening {
    /** @default the main name */
    readonly host?: string;
    /** What the client says first. */
    readonly say?: string;
}

/** The first message of a WebSocket that is opened at a path. */
export function upgraded({ stack, host: main }: System, path: string, { host = main, say }: Opening = {}): Promise<string> {
    const ca = readFileSync(join(checkout(), ".quai", stack, "ca.crt"), "utf8");
    const upgrade = {
        Connection: "Upgrade",
        Upgrade: "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    };
    const headers = { Host: `${host}:${PORTS.https}`, Origin: `https://${host}:${PORTS.https}`, ...upgrade };
    return new Promise((resolve, reject) => {
        const sent = request({ agent: false, host: "127.0.0.1", port: PORTS.https, servername: host, ca, path, headers, timeout: 20_000 });
        sent.on("upgrade", (_answer, socket, head) => {
            // A short text frame: two bytes, or four, before the text.
            const read = (frame: Buffer) => {
                socket.destroy();
                resolve(frame.subarray((frame[1] ?? 0) < 126 ? 2 : 4).toString("utf8"));
            };
            // One of a client's, below 126 bytes, under a mask of zeros.
            if (say !== undefined) socket.write(Buffer.concat([Buffer.from([0x81, 0x80 | say.length, 0, 0, 0, 0]), Buffer.from(say)]));
            if (head.length > 0) read(head);
            else socket.once("data", read);
        });
        sent.on("response", ({ statusCode }) => reject(new Error(`no upgrade: ${statusCode}`)));
        sent.on("timeout", () => sent.destroy(new Error("no answer in time"))).on("error", reject);
        sent.end();
    });
}

/** Where http is sent to. */
export function redirected({ host }: System, path: string): Promise<string | undefined> {
    return new Promise((resolve, reject) => {
        const sent = plainRequest({ host: "127.0.0.1", port: PORTS.http, path, headers: { Host: host } }, (answer) => {
            answer.resume();
            resolve(answer.headers.location);
        });
        sent.on("error", reject).end();
    });
}

/** Statuses of so many requests at once. */
export async function burst(system: System, path: string, count: number, options: Ask = {}): Promise<Readonly<Record<number, number>>> {
    const answers = await Promise.all(Array.from({ length: count }, () => ask(system, path, options)));
    return answers.reduce<Record<number, number>>((sum, { status }) => ({ ...sum, [status]: (sum[status] ?? 0) + 1 }), {});
}

/** Containers of a service that run. */
export function running({ stack }: System, service: string): string[] {
    const filters = [`label=io.quai.stack=${stack}`, `label=io.quai.service=${service}`].flatMap((filter) => ["--filter", filter]);
    return docker("ps", ...filters, "--format", "{{.Names}}")
        .split("\n")
        .filter((name) => name !== "");
}

export { checkout, docker, quai };
