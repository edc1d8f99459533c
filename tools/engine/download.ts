import { createHash } from "node:crypto";
import { createReadStream, createWriteStream, rmSync, statSync } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { findOnPath, type Environment } from "./paths";
import { lastLines, run } from "./process";

export interface DownloadOptions {
    readonly env: Environment;
    /** Milliseconds to get a connection. @default 3000 */
    readonly connectTimeoutMs?: number;
    /** Milliseconds for the whole file. @default 600000 */
    readonly timeoutMs?: number;
    /** Bytes so far, about twice a second. */
    readonly onProgress?: (bytes: number) => void;
    readonly signal?: AbortSignal;
}

/** The download site didn't answer, as opposed to answering that it doesn't have the file. */
export class Unreachable extends Error {}

// curl's exit codes for "no name", "no connection", "no proxy", "too slow", "TLS failed".
const unreachableCodes = new Set([5, 6, 7, 28, 35, 56]);

async function withCurl(curl: string, url: string, file: string, options: DownloadOptions): Promise<void> {
    const seconds = (ms: number): string => (ms / 1000).toFixed(1);
    const args = ["--fail", "--silent", "--show-error", "--location", "--proto-redir", "=https,http", "--output", file];
    args.push("--connect-timeout", seconds(options.connectTimeoutMs ?? 3_000), "--max-time", seconds(options.timeoutMs ?? 600_000), url);
    const timer = setInterval(() => options.onProgress?.(sizeOf(file)), 500);
    try {
        const result = await run(curl, args, { env: options.env, signal: options.signal });
        if (result.code === 0) return;
        const reason = lastLines(result.stderr, 1).replace(/^curl: /, "");
        if (unreachableCodes.has(result.code)) throw new Unreachable(`${url}: ${reason}`);
        throw new Error(`${url}: ${reason}`);
    } finally {
        clearInterval(timer);
    }
}

function sizeOf(file: string): number {
    try {
        return statSync(file).size;
    } catch {
        return 0;
    }
}

async function withFetch(url: string, file: string, options: DownloadOptions): Promise<void> {
    const abort = new AbortController();
    const connect = setTimeout(() => abort.abort(), options.connectTimeoutMs ?? 3_000);
    const total = setTimeout(() => abort.abort(), options.timeoutMs ?? 600_000);
    const forward = (): void => abort.abort();
    options.signal?.addEventListener("abort", forward, { once: true });
    try {
        const answer = await fetch(url, { signal: abort.signal, redirect: "follow" }).catch((error: unknown) => {
            const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
            throw new Unreachable(`${url}: ${cause}`);
        });
        clearTimeout(connect);
        if (!answer.ok || !answer.body) throw new Error(`${url}: answered ${answer.status} ${answer.statusText}`);
        const source = Readable.fromWeb(answer.body);
        let bytes = 0;
        source.on("data", (chunk: Buffer) => options.onProgress?.((bytes += chunk.length)));
        await pipeline(source, createWriteStream(file));
    } finally {
        clearTimeout(connect);
        clearTimeout(total);
        options.signal?.removeEventListener("abort", forward);
    }
}

/**
 * Fetches a file over http or https. With curl where there is one, since it knows the user's proxies and certificates; else with node.
 * Throws `Unreachable` where the site doesn't answer in time, another error where it answers with anything but the file.
 */
export async function download(url: string, file: string, options: DownloadOptions): Promise<void> {
    const curl = findOnPath("curl", options.env);
    try {
        await (curl ? withCurl(curl, url, file, options) : withFetch(url, file, options));
    } catch (error) {
        rmSync(file, { force: true });
        throw error;
    }
}

/** SHA-256 of a file, in hexadecimal. */
export async function sha256(file: string): Promise<string> {
    const hash = createHash("sha256");
    for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
    return hash.digest("hex");
}

export function megabytes(bytes: number): string {
    return `${(bytes / 1_000_000).toFixed(bytes < 10_000_000 ? 1 : 0)} MB`;
}

/** Whether a site answers at all, with whatever status, in time. */
export async function isReachable(url: string, options: DownloadOptions): Promise<boolean> {
    const ms = options.connectTimeoutMs ?? 3_000;
    const curl = findOnPath("curl", options.env);
    if (curl) {
        const args = [
            "--silent",
            "--head",
            "--output",
            "/dev/null",
            "--connect-timeout",
            (ms / 1000).toFixed(1),
            "--max-time",
            (ms / 500).toFixed(1),
        ];
        return (await run(curl, [...args, url], { env: options.env, signal: options.signal })).code === 0;
    }
    return fetch(url, { method: "HEAD", signal: AbortSignal.timeout(ms) }).then(
        () => true,
        () => false,
    );
}
