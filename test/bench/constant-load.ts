/** So many requests a second whatever the answers, of every kind that clients make. Nothing is tried twice, so that every lost one shows. */
import { Agent, request } from "node:https";
import { randomBytes } from "node:crypto";
import type { Duplex } from "node:stream";

export interface LoadOptions {
    readonly port: number;
    readonly host: string;
    /** Where it listens. @default "127.0.0.1" */
    readonly address?: string;
    /** Requests per second, as many on kept connections as on new ones; every twentieth takes SLOW_SECONDS. */
    readonly rate: number;
    /** @default 20 */
    readonly sockets?: number;
    /** @default the demonstration's */
    readonly paths?: { readonly quick: string; readonly slow: string; readonly socket: string };
}

export interface Lost {
    readonly requests: number;
    readonly failed: number;
    /** Of the requests, those that take SLOW_SECONDS. */
    readonly slow: number;
}

export interface Outcome extends Lost {
    /** What went wrong, and how often. */
    readonly failures: ReadonlyMap<string, number>;
    /** WebSockets: how many were opened, and by what code they were closed (1006: cut off without a word). */
    readonly sockets: { readonly opened: number; readonly codes: Readonly<Record<string, number>> };
}

export interface ConstantLoad {
    count(): Lost;
    stop(): Promise<Outcome>;
}

export const SLOW_SECONDS = 5;
const EVERY = 20;
const PATHS = { quick: "/api/echo", slow: `/api/slow?seconds=${SLOW_SECONDS}`, socket: "/api/ws" };
const TICK_MS = 20;
/** A stall of this process isn't made up for all at once. */
const MOST_AT_ONCE = 100;
const LATE_MS = 60_000;

export function constantLoad(options: LoadOptions): ConstantLoad {
    const { port, host, address = "127.0.0.1", rate, paths = PATHS } = options;
    const agent = new Agent({ keepAlive: true, maxSockets: rate, scheduling: "fifo" });
    const failures = new Map<string, number>();
    const count = { requests: 0, failed: 0, slow: 0 };
    const codes: Record<string, number> = {};
    const pending = new Set<Promise<void>>();
    const socketsOpen = new Set<Duplex>();
    let opened = 0;
    let stopped = false;
    const fail = (what: string) => {
        count.failed++;
        failures.set(what, (failures.get(what) ?? 0) + 1);
    };
    const base = { host: address, port, servername: host, rejectUnauthorized: false };

    function one(path: string, kept: boolean): Promise<void> {
        return new Promise((done) => {
            const kind = `${kept ? "kept" : "new"} connection, ${path}`;
            const sent = request(
                { ...base, path, agent: kept ? agent : false, headers: { Host: `${host}:${port}` }, timeout: LATE_MS },
                (answer) => {
                    answer.resume();
                    answer.once("error", (error) => (fail(`${kind}: ${error.message}`), done()));
                    answer.once("end", () => {
                        if (answer.statusCode !== 200) fail(`${kind}: status ${answer.statusCode}`);
                        done();
                    });
                },
            );
            sent.once("timeout", () => sent.destroy(new Error("no answer in time")));
            sent.once("error", (error) => (fail(`${kind}: ${error.message}`), done()));
            sent.end();
        });
    }

    /** One that is closed is opened anew, as clients must. */
    function socket(): void {
        if (stopped) return;
        const headers = {
            ...{ Host: `${host}:${port}`, Origin: `https://${host}:${port}`, Connection: "Upgrade", Upgrade: "websocket" },
            ...{ "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": randomBytes(16).toString("base64") },
        };
        const sent = request({ ...base, path: paths.socket, agent: false, headers });
        const again = () => setTimeout(socket, 500);
        sent.once("response", (answer) => (answer.resume(), fail(`WebSocket: status ${answer.statusCode}`), again()));
        sent.once("error", (error) => (fail(`WebSocket: ${error.message}`), again()));
        sent.once("upgrade", (_answer, stream, head) => {
            opened++;
            socketsOpen.add(stream);
            let code: number | undefined;
            const take = frames((opcode, payload) => {
                if (opcode === PING) stream.write(pong(payload));
                if (opcode === CLOSE && payload.length >= 2) code = payload.readUInt16BE(0);
            });
            take(head);
            stream.on("data", take);
            stream.on("error", () => undefined);
            stream.once("close", () => {
                socketsOpen.delete(stream);
                if (stopped) return;
                codes[code ?? 1006] = (codes[code ?? 1006] ?? 0) + 1;
                again();
            });
            stream.once("end", () => stream.end());
        });
        sent.end();
    }

    let sequence = 0;
    const began = performance.now();
    const timer = setInterval(() => {
        // By the clock, not by ticks: those come late on a busy machine, and the rate would drop just when it matters.
        const due = Math.min(((performance.now() - began) * rate) / 1000, sequence + MOST_AT_ONCE);
        while (sequence < due) {
            const slow = sequence % EVERY === 0;
            count.requests++;
            if (slow) count.slow++;
            // Slow ones take turns, too.
            const kept = (slow ? sequence / EVERY : sequence) % 2 === 0;
            sequence++;
            const work = one(slow ? paths.slow : paths.quick, kept);
            pending.add(work);
            void work.finally(() => pending.delete(work));
        }
    }, TICK_MS);
    for (let i = 0; i < (options.sockets ?? 20); i++) socket();
    return {
        count: () => ({ ...count }),
        stop: async () => {
            clearInterval(timer);
            await Promise.all(pending);
            stopped = true;
            for (const stream of socketsOpen) stream.destroy();
            agent.destroy();
            return { ...count, failures, sockets: { opened, codes } };
        },
    };
}

const CLOSE = 8;
const PING = 9;

/** Takes a server's frames apart: they are never masked, and here always short. */
function frames(onFrame: (opcode: number, payload: Buffer) => void): (chunk: Buffer) => void {
    let rest = Buffer.alloc(0);
    return (chunk) => {
        rest = Buffer.concat([rest, chunk]);
        for (;;) {
            const [first, length] = rest;
            if (first === undefined || length === undefined || rest.length < 2 + length) return;
            onFrame(first & 0x0f, rest.subarray(2, 2 + length));
            rest = rest.subarray(2 + length);
        }
    };
}

/** A client that doesn't answer pings counts as gone. */
function pong(payload: Buffer): Buffer {
    const mask = randomBytes(4);
    return Buffer.concat([Buffer.from([0x8a, 0x80 | payload.length]), mask, payload.map((byte, i) => byte ^ (mask[i % 4] ?? 0))]);
}
