import "./area";
import { Agent } from "node:https";
import { ask, type Ask } from "../support/ask";

/** Clients that use every secret of the application: a login, a session, rows, and tasks. Nothing is tried twice. */
export interface People {
    stop(): Promise<{ readonly rounds: number; readonly failures: readonly string[] }>;
}

const ROUNDS_PER_TOKEN = 15;
const PAUSE_MS = 60;

export function people(count = 4): People {
    const failures: string[] = [];
    let rounds = 0;
    let stopped = false;
    const person = async (index: number) => {
        const agent = index % 2 === 0 ? new Agent({ keepAlive: true, maxSockets: 1 }) : false;
        const visitor = new Visitor(agent);
        for (let round = 0; !stopped; round++, rounds++) {
            try {
                if (round % ROUNDS_PER_TOKEN === 0) await visitor.login();
                await visitor.whoami();
                await visitor.visit();
                await visitor.note();
                await visitor.task();
            } catch (error) {
                failures.push(`${error instanceof Error ? error.message : String(error)} at ${new Date().toISOString()}`);
            }
            await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
        }
        if (agent !== false) agent.destroy();
    };
    const all = Array.from({ length: count }, (_, index) => person(index));
    return {
        stop: async () => {
            stopped = true;
            await Promise.all(all);
            return { rounds, failures };
        },
    };
}

/** One that has a token, signed by the JWT key, and a cookie, signed by the session key. */
export class Visitor {
    token = "";
    private cookie = "";
    private visits = 0;

    constructor(private readonly agent: Agent | false = false) {}

    async login(): Promise<void> {
        this.token = (JSON.parse(await this.expect(200, "/api/token", post({ name: "ada" }))) as { token: string }).token;
    }

    /** Refused once the key that signed the token counts no more. */
    async whoami(status = 200): Promise<void> {
        await this.expect(status, "/api/whoami", { headers: { Authorization: `Bearer ${this.token}` } });
    }

    /** A cookie that isn't accepted begins to count anew. */
    async visit(): Promise<number> {
        const { visits, cookie } = await this.session();
        this.cookie = cookie;
        if (visits !== this.visits + 1) throw new Error(`session: visit ${visits} after ${this.visits}`);
        this.visits = visits;
        return visits;
    }

    /** How many visits the cookie of the last one is good for. */
    async known(): Promise<number> {
        return (await this.session()).visits - 1;
    }

    note(): Promise<string> {
        return this.expect(201, "/api/notes", post({ body: "under load" }));
    }

    task(): Promise<string> {
        return this.expect(202, "/api/jobs", post({ kind: "words", payload: { text: "one two" } }));
    }

    private async session(): Promise<{ visits: number; cookie: string }> {
        const answer = await ask("/api/session", { agent: this.agent, headers: { Cookie: this.cookie } });
        if (answer.status !== 200) throw new Error(`/api/session: status ${answer.status}`);
        return {
            visits: (JSON.parse(answer.text) as { visits: number }).visits,
            cookie: String(answer.headers["set-cookie"]?.[0]).split(";")[0] ?? "",
        };
    }

    private async expect(status: number, path: string, options: Ask): Promise<string> {
        const answer = await ask(path, { agent: this.agent, ...options });
        if (answer.status !== status) throw new Error(`${path}: status ${answer.status} instead of ${status}`);
        return answer.text;
    }
}

function post(body: object): Ask {
    return { method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json" } };
}
