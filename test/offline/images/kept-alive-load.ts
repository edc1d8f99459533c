/** Clients that keep asking and never try twice, so that every lost request shows. */
import { Agent, request } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";

export interface LoadOptions {
    readonly port: number;
    readonly host: string;
    /** The certificate to trust, PEM. */
    readonly ca: string;
    /** Clients that keep their connection. */
    readonly kept: number;
    /** Clients that open a connection for each request. */
    readonly fresh: number;
    /** Longest pause between an answer and the next request, in milliseconds; each is chosen at random from 0 on. */
    readonly pause: number;
}

export interface LoadResult {
    readonly requests: number;
    /** Requests sent on a connection that had been used before. */
    readonly reused: number;
    /** Answers that told the client to open another connection. */
    readonly closing: number;
    readonly failures: readonly string[];
    readonly releases: readonly string[];
}

export interface Load {
    readonly failures: readonly string[];
    stop(): Promise<LoadResult>;
}

interface Answer {
    readonly status: number;
    readonly release: string;
    readonly closing: boolean;
    readonly reused: boolean;
}

function ask(options: LoadOptions, agent: Agent | false): Promise<Answer> {
    const { port, host, ca } = options;
    return new Promise((resolve, reject) => {
        const sent = request(
            { host: "127.0.0.1", port, servername: host, ca, agent, headers: { Host: host }, timeout: 30_000 },
            (answer) => {
                let body = "";
                answer.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
                answer.on("error", reject);
                answer.on("end", () => {
                    const closing = agent !== false && answer.headers.connection === "close";
                    resolve({ status: answer.statusCode ?? 0, release: body.trim(), closing, reused: sent.reusedSocket });
                });
            },
        );
        sent.on("timeout", () => sent.destroy(new Error("no answer within 30 s")));
        sent.on("error", reject);
        sent.end();
    });
}

export function load(options: LoadOptions): Load {
    const failures: string[] = [];
    const releases = new Set<string>();
    const count = { requests: 0, reused: 0, closing: 0 };
    let stopped = false;
    const client = async (agent: Agent | false): Promise<void> => {
        for (; !stopped; await sleep(Math.random() * options.pause)) {
            count.requests++;
            try {
                const answer = await ask(options, agent);
                if (answer.status === 200) releases.add(answer.release);
                else failures.push(`status ${answer.status}`);
                if (answer.reused) count.reused++;
                if (answer.closing) count.closing++;
            } catch (error) {
                failures.push(`${agent === false ? "new" : "kept"} connection: ${String(error)}`);
            }
        }
    };
    const agents = Array.from({ length: options.kept }, () => new Agent({ keepAlive: true, maxSockets: 1 }));
    const clients = [...agents, ...Array.from({ length: options.fresh }, () => false as const)].map(client);
    return {
        failures,
        stop: async () => {
            stopped = true;
            await Promise.all(clients);
            for (const agent of agents) agent.destroy();
            return { ...count, failures, releases: [...releases].sort() };
        },
    };
}
