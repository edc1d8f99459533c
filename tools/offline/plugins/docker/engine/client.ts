import { Agent, request as httpRequest, type IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import { text as readText } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { isRecord, type Values } from "../values";
import { resolveEndpoint, type Endpoint } from "./endpoint";
import { Places } from "./places";
import { pause } from "../cancel";
import { MOST_SESSIONS, SshAgent } from "./ssh-agent";
import { SshError } from "./ssh-stream";

/** An answer of the engine that isn't a success. */
export class EngineError extends Error {
    constructor(
        readonly status: number,
        message: string,
    ) {
        super(message);
    }
}

export const isNotFound = (error: unknown): boolean => error instanceof EngineError && error.status === 404;
export const isConflict = (error: unknown): boolean => error instanceof EngineError && error.status === 409;

export interface RequestOptions {
    /** A list becomes a parameter that is repeated. */
    readonly query?: Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;
    readonly json?: unknown;
    readonly body?: Buffer | Readable;
    readonly headers?: Readonly<Record<string, string>>;
    readonly signal?: AbortSignal;
    /** Sent again when its connection was lost: doing it twice is the same as doing it once. @default true for GET, HEAD and DELETE */
    readonly repeatable?: boolean;
}

type Method = "GET" | "POST" | "PUT" | "DELETE" | "HEAD";

const OLDEST_API = 40;
/** The newest one whose requests and answers this plugin was written for; engines of a later one still speak it. */
const NEWEST_API = 48;

/** Milliseconds between attempts after a connection was lost. */
const PAUSES = [1000, 2000, 4000, 8000];
const REPEATABLE: readonly Method[] = ["GET", "HEAD", "DELETE"];

/** The Docker Engine API over one endpoint. Connects at the first request. */
export class EngineClient {
    readonly #agent: Agent;
    readonly #places: Places;
    #minor: Promise<number> | undefined;
    /** The host has answered before: a connection that fails now was lost, and may come back. */
    #reached = false;

    constructor(readonly endpoint: Endpoint) {
        this.#agent = endpoint.kind === "ssh" ? new SshAgent(endpoint) : new Agent({ keepAlive: true });
        // Node's agent counts connections only once they are made, so it can't hold back a burst while ssh logs in.
        this.#places = new Places(endpoint.kind === "ssh" ? MOST_SESSIONS : Infinity);
    }

    /** The minor number of the API version in use: 41 for v1.41. */
    async apiMinor(): Promise<number> {
        this.#minor ??= this.#negotiate().catch((error: unknown) => {
            this.#minor = undefined;
            throw error;
        });
        return this.#minor;
    }

    async json<T>(method: Method, path: string, options: RequestOptions = {}): Promise<T> {
        const body = await readText(await this.stream(method, path, options));
        return (body === "" ? undefined : JSON.parse(body)) as T;
    }

    /** Sends a request whose answer doesn't matter beyond its success. */
    async send(method: Method, path: string, options: RequestOptions = {}): Promise<void> {
        const response = await this.stream(method, path, options);
        response.resume();
        await pipeline(response, async (source) => {
            for await (const _ of source) {
                // An answer must be read to the end before its connection can serve the next request.
            }
        });
    }

    /** The answer's body as it comes. Throws EngineError for a status of 400 or more. */
    async stream(method: Method, path: string, options: RequestOptions = {}): Promise<IncomingMessage> {
        const response = await this.#attempt(method, `/v1.${await this.apiMinor()}${path}`, options);
        return succeeded(response);
    }

    close(): void {
        this.#agent.destroy();
    }

    async #negotiate(): Promise<number> {
        const response = await succeeded(await this.#attempt("GET", "/_ping", {}));
        response.resume();
        const offered = Number(/^1\.(\d+)$/.exec(String(response.headers["api-version"] ?? ""))?.[1]);
        if (!(offered >= OLDEST_API)) {
            throw new Error(
                `docker:host: the engine at ${this.endpoint.address} speaks API ${String(response.headers["api-version"])}; ` +
                    `1.${OLDEST_API} (Docker 19.03) or later is needed`,
            );
        }
        return Math.min(offered, NEWEST_API);
    }

    async #attempt(method: Method, path: string, options: RequestOptions): Promise<IncomingMessage> {
        const { repeatable = REPEATABLE.includes(method) } = options;
        for (let lost = 0; ; lost += 1) {
            try {
                return await this.#once(method, path, options);
            } catch (error) {
                const wait = PAUSES[lost];
                if (wait === undefined || !repeatable || !this.#mayComeBack(error)) throw error;
                await pause(wait, options.signal);
            }
        }
    }

    #mayComeBack(error: unknown): boolean {
        return error instanceof SshError && !error.refused && this.#reached;
    }

    async #once(method: Method, path: string, options: RequestOptions): Promise<IncomingMessage> {
        try {
            return await this.#exchange(method, path, options);
        } catch (error) {
            // A kept connection may be closed by the engine just as it is used again; such a request was not seen by it.
            if (error instanceof StaleConnection && !isStream(options.body)) {
                return this.#exchange(method, path, options);
            }
            throw error;
        }
    }

    async #exchange(method: Method, path: string, options: RequestOptions): Promise<IncomingMessage> {
        const leave = await this.#places.enter();
        try {
            const response = await this.#send(method, path, options);
            this.#reached = true;
            response.once("close", leave);
            return response;
        } catch (error) {
            leave();
            throw error;
        }
    }

    #send(method: Method, path: string, options: RequestOptions): Promise<IncomingMessage> {
        const body = options.json === undefined ? options.body : Buffer.from(JSON.stringify(options.json));
        return new Promise((resolve, reject) => {
            const request = httpRequest({
                agent: this.#agent,
                ...(this.endpoint.kind === "unix" ? { socketPath: this.endpoint.socket } : {}),
                host: "docker",
                method,
                path: path + queryString(options.query),
                headers: {
                    ...(options.json === undefined ? {} : { "Content-Type": "application/json" }),
                    ...(Buffer.isBuffer(body) ? { "Content-Length": body.length } : {}),
                    ...(body === undefined && method !== "GET" && method !== "HEAD" ? { "Content-Length": 0 } : {}),
                    ...options.headers,
                },
                signal: options.signal,
            });
            request.on("response", resolve);
            request.on("error", (error: NodeJS.ErrnoException) => {
                const stale = request.reusedSocket && (error.code === "ECONNRESET" || error.code === "EPIPE");
                reject(stale ? new StaleConnection(error.message) : this.#explain(error));
            });
            if (isStream(body)) {
                body.on("error", (error) => request.destroy(error));
                body.pipe(request);
            } else {
                request.end(body);
            }
        });
    }

    #explain(error: NodeJS.ErrnoException): Error {
        if (this.endpoint.kind === "unix" && (error.code === "ENOENT" || error.code === "ECONNREFUSED")) {
            return new Error(
                `docker:host: no Docker engine answers at ${this.endpoint.address} (${error.code}); start it, or set docker:host`,
            );
        }
        if (this.endpoint.kind === "unix" && error.code === "EACCES") {
            return new Error(`docker:host: no permission to use ${this.endpoint.address}; add your user to the docker group`);
        }
        return error;
    }
}

class StaleConnection extends Error {}

function isStream(body: unknown): body is Readable {
    return body !== undefined && !Buffer.isBuffer(body);
}

async function succeeded(response: IncomingMessage): Promise<IncomingMessage> {
    const status = response.statusCode ?? 0;
    if (status < 400) {
        return response;
    }
    const body = await readText(response);
    let message = body.trim();
    try {
        const parsed: unknown = JSON.parse(body);
        message = isRecord(parsed) && typeof parsed.message === "string" ? parsed.message : message;
    } catch {
        // Not JSON: the text itself is the message.
    }
    throw new EngineError(status, message || `the engine answered with status ${status}`);
}

function queryString(query: RequestOptions["query"]): string {
    const parameters = new URLSearchParams();
    for (const [name, value] of Object.entries(query ?? {})) {
        for (const entry of Array.isArray(value) ? (value as readonly string[]) : value === undefined ? [] : [value]) {
            parameters.append(name, String(entry));
        }
    }
    const encoded = parameters.toString();
    return encoded === "" ? "" : `?${encoded}`;
}

const clients = new Map<string, EngineClient>();

/** The client for a provider's configuration, shared by all of its resources. */
export function engineFor(config: Values): EngineClient {
    const endpoint = resolveEndpoint(config);
    const key = JSON.stringify(endpoint);
    let client = clients.get(key);
    if (client === undefined) {
        client = new EngineClient(endpoint);
        clients.set(key, client);
    }
    return client;
}

/** Closes every connection (tests; the plugin's own process just ends). */
export function closeEngines(): void {
    for (const client of clients.values()) {
        client.close();
    }
    clients.clear();
}
