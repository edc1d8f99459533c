import { createHash, randomBytes } from "node:crypto";
import { request as plainRequest, type IncomingHttpHeaders } from "node:http";
import { Agent, request, type RequestOptions } from "node:https";
import type { Duplex } from "node:stream";
import { authority, HOST, HTTP, HTTPS } from "./checkout";

export interface Answer {
    readonly status: number;
    readonly headers: IncomingHttpHeaders;
    readonly rawHeaders: readonly string[];
    readonly body: Buffer;
    readonly text: string;
}

export interface Ask extends RequestOptions {
    readonly body?: string | Buffer;
}

/** A request to the deployed application, over TLS that is checked, as a client on this machine would make it. */
export function ask(path: string, options: Ask = {}): Promise<Answer> {
    const { body, ca = authority(), ...rest } = options;
    return new Promise((resolve, reject) => {
        const sent = request(
            {
                host: "127.0.0.1",
                port: HTTPS,
                servername: HOST,
                ca,
                path,
                agent: false,
                timeout: 90_000,
                ...rest,
                headers: { Host: `${HOST}:${HTTPS}`, ...rest.headers },
            },
            (answer) => {
                const chunks: Buffer[] = [];
                answer.on("data", (chunk: Buffer) => chunks.push(chunk));
                answer.on("error", reject);
                answer.on("end", () => {
                    const whole = Buffer.concat(chunks);
                    resolve({
                        status: answer.statusCode ?? 0,
                        headers: answer.headers,
                        rawHeaders: answer.rawHeaders,
                        body: whole,
                        text: whole.toString("utf8"),
                    });
                });
            },
        );
        sent.on("timeout", () => sent.destroy(new Error("no answer in time")));
        sent.on("error", reject);
        sent.end(body);
    });
}

export async function askJson<T>(path: string, options: Ask = {}): Promise<T> {
    const answer = await ask(path, { ...options, headers: { "Content-Type": "application/json", ...options.headers } });
    if (answer.status >= 400) {
        throw new Error(`${path} answered ${answer.status}: ${answer.text}`);
    }
    return JSON.parse(answer.text) as T;
}

export function askPlain(path: string): Promise<{ status: number; headers: IncomingHttpHeaders }> {
    return new Promise((resolve, reject) => {
        const sent = plainRequest({ host: "127.0.0.1", port: HTTP, path, headers: { Host: HOST } }, (answer) => {
            answer.resume();
            resolve({ status: answer.statusCode ?? 0, headers: answer.headers });
        });
        sent.on("error", reject);
        sent.end();
    });
}

/** A WebSocket, as little of it as an echo needs (RFC 6455). */
export function webSocket(path: string): Promise<{ send(text: string): void; next(): Promise<string>; close(): void }> {
    const key = randomBytes(16).toString("base64");
    return new Promise((resolve, reject) => {
        const headers = {
            Host: `${HOST}:${HTTPS}`,
            Origin: `https://${HOST}:${HTTPS}`,
            Connection: "Upgrade",
            Upgrade: "websocket",
            "Sec-WebSocket-Key": key,
            "Sec-WebSocket-Version": "13",
        };
        const sent = request({ host: "127.0.0.1", port: HTTPS, servername: HOST, ca: authority(), path, agent: false, headers });
        sent.on("response", (answer) => reject(new Error(`no upgrade: ${answer.statusCode}`)));
        sent.on("error", reject);
        sent.on("upgrade", (answer, socket, head) => {
            const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
            if (answer.headers["sec-websocket-accept"] !== accept) reject(new Error("not a WebSocket server"));
            resolve({ send: (text) => socket.write(frame(text)), next: reader(socket, head), close: () => socket.destroy() });
        });
        sent.end();
    });
}

function frame(text: string): Buffer {
    const payload = Buffer.from(text);
    const mask = randomBytes(4);
    return Buffer.concat([Buffer.from([0x81, 0x80 | payload.length]), mask, payload.map((byte, i) => byte ^ (mask[i % 4] ?? 0))]);
}

function reader(socket: Duplex, head: Buffer): () => Promise<string> {
    let rest = head;
    const waiting: ((text: string) => void)[] = [];
    const ready: string[] = [];
    const take = (chunk: Buffer) => {
        rest = Buffer.concat([rest, chunk]);
        for (;;) {
            const short = (rest[1] ?? 0) & 0x7f;
            const start = short === 126 ? 4 : 2;
            const length = short === 126 && rest.length >= 4 ? rest.readUInt16BE(2) : short;
            if (rest.length < start || rest.length < start + length) return;
            const text = rest.subarray(start, start + length).toString("utf8");
            rest = rest.subarray(start + length);
            const next = waiting.shift();
            if (next === undefined) ready.push(text);
            else next(text);
        }
    };
    take(Buffer.alloc(0));
    socket.on("data", take);
    return () => new Promise((resolve) => (ready.length > 0 ? resolve(ready.shift() ?? "") : waiting.push(resolve)));
}

/** Waits until something holds. @throws Error with the last failure when it doesn't in time */
export async function eventually(what: string, check: () => Promise<boolean>, seconds = 60): Promise<void> {
    const deadline = Date.now() + seconds * 1000;
    let last: unknown;
    while (Date.now() < deadline) {
        try {
            if (await check()) return;
        } catch (error) {
            last = error;
        }
        await new Promise((resolve) => setTimeout(resolve, 500));
    }
    throw new Error(`${what}: not within ${seconds} s${last instanceof Error ? ` (${last.message})` : ""}`);
}

export interface Load {
    /** Ends it and tells what came back. */
    stop(): Promise<{ readonly requests: number; readonly failures: readonly string[]; readonly releases: ReadonlySet<string> }>;
}

/** Clients that keep asking: one on kept-alive connections, one on a new connection each time. Nothing is tried twice. */
export function load(path: string, pauseMs = 25): Load {
    const failures: string[] = [];
    const releases = new Set<string>();
    let requests = 0;
    let stopped = false;
    const client = async (agent: Agent | false, kind: string) => {
        while (!stopped) {
            requests++;
            try {
                const answer = await ask(path, { agent });
                if (answer.status >= 400) failures.push(`${kind}: status ${answer.status} at ${new Date().toISOString()}`);
                releases.add(String(answer.headers["x-release"]));
            } catch (error) {
                failures.push(`${kind}: ${error instanceof Error ? error.message : String(error)} at ${new Date().toISOString()}`);
            }
            await new Promise((resolve) => setTimeout(resolve, pauseMs));
        }
    };
    const kept = new Agent({ keepAlive: true, maxSockets: 1 });
    const clients = [client(kept, "kept-alive connection"), client(false, "new connection"), client(false, "new connection")];
    return {
        stop: async () => {
            stopped = true;
            await Promise.all(clients);
            kept.destroy();
            return { requests, failures, releases };
        },
    };
}
