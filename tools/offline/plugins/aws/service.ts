import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Properties } from "../kit/types";
import type { Made } from "./attributes";

/** A program that makes things at an endpoint which speaks AWS's API, and its arguments, as JSON: set by tests that want that. */
export const MAKER = "QUAI_AWS_MAKER";

interface Answer extends Partial<Made> {
    readonly number: number;
    readonly error?: string;
}

/** A process that makes things at the endpoint: only of some types, and only makes them. */
export class Service {
    private readonly waiting = new Map<number, (answer: Answer) => void>();
    private count = 0;

    private constructor(
        private readonly child: ChildProcess,
        private readonly types: readonly string[],
    ) {}

    /** Undefined where no endpoint is set: then nothing is made anywhere. */
    static async start(region: string): Promise<Service | undefined> {
        const words = process.env[MAKER];
        if (words === undefined) return undefined;
        const [program = "", ...args] = JSON.parse(words) as string[];
        const child = spawn(program, args, {
            stdio: ["pipe", "pipe", "inherit"],
            env: { ...process.env, QUAI_AWS_REGION: region },
        });
        const lines = createInterface({ input: child.stdout });
        const [first] = (await once(lines, "line")) as [string];
        const service = new Service(child, JSON.parse(first) as string[]);
        lines.on("line", (line) => service.answered(JSON.parse(line) as Answer));
        return service;
    }

    makes(type: string): boolean {
        return this.types.includes(type);
    }

    /** @throws Error with what the service says */
    async make(type: string, inputs: Properties): Promise<Made> {
        const number = ++this.count;
        const answer = new Promise<Answer>((resolve) => this.waiting.set(number, resolve));
        this.child.stdin?.write(`${JSON.stringify({ number, type, inputs })}\n`);
        const { id, outputs, error } = await answer;
        if (id === undefined || outputs === undefined) throw new Error(error ?? `${type}: no answer`);
        return { id, outputs };
    }

    close(): void {
        this.child.stdin?.end();
    }

    private answered(answer: Answer): void {
        this.waiting.get(answer.number)?.(answer);
        this.waiting.delete(answer.number);
    }
}
