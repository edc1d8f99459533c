import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import type { Reporter, Step } from "../engine/types";

type Stream = NodeJS.WriteStream | (NodeJS.WritableStream & { isTTY?: boolean; columns?: number });
export type Colour = "red" | "green" | "yellow" | "blue" | "bold" | "dim";

const codes: Readonly<Record<Colour, readonly [number, number]>> = {
    red: [31, 39],
    green: [32, 39],
    yellow: [33, 39],
    blue: [34, 39],
    bold: [1, 22],
    dim: [2, 22],
};

export interface TerminalOptions {
    /** Results: what a program may read. @default process.stdout */
    readonly out?: Stream;
    /** Progress, warnings, questions. @default process.stderr */
    readonly err?: Stream;
    readonly input?: NodeJS.ReadStream;
    readonly env?: Readonly<Record<string, string | undefined>>;
    /** Seconds between two lines about the same step where it can't be updated in place. @default 30 */
    readonly everySeconds?: number;
}

/** Whether a stream gets colours: NO_COLOR turns them off, FORCE_COLOR on, else a terminal that can show them. */
export function wantsColour(stream: { isTTY?: boolean }, env: Readonly<Record<string, string | undefined>>): boolean {
    if (env["NO_COLOR"]) return false;
    if (env["FORCE_COLOR"] && env["FORCE_COLOR"] !== "0") return true;
    return stream.isTTY === true && env["TERM"] !== "dumb";
}

/** Length of a text as the terminal shows it, colours left out. */
export function visibleLength(text: string): number {
    // eslint-disable-next-line no-control-regex
    return text.replace(/\u001b\[[0-9;]*m/g, "").length;
}

/** What the command line prints: results to stdout, everything else to stderr, so that `--json` output stays clean. */
export class Terminal implements Reporter {
    private readonly out: Stream;
    private readonly err: Stream;
    private readonly input: NodeJS.ReadStream;
    private readonly env: Readonly<Record<string, string | undefined>>;
    private readonly everyMs: number;
    /** The line that is being updated in place, if any. */
    private live = "";

    constructor(options: TerminalOptions = {}) {
        this.out = options.out ?? process.stdout;
        this.err = options.err ?? process.stderr;
        this.input = options.input ?? process.stdin;
        this.env = options.env ?? process.env;
        this.everyMs = (options.everySeconds ?? 30) * 1000;
    }

    /** Whether somebody can be asked: both ends are a terminal, and it isn't a CI run. */
    get interactive(): boolean {
        return this.input.isTTY && this.err.isTTY === true && !this.env["CI"];
    }

    colour(colour: Colour, text: string, stream: Stream = this.err): string {
        const [on, off] = codes[colour];
        return wantsColour(stream, this.env) ? `\u001b[${on}m${text}\u001b[${off}m` : text;
    }

    /** A line of the result, on stdout. */
    print(text = ""): void {
        this.pausing(() => this.out.write(`${text}\n`));
    }

    /** A value as JSON, on stdout. */
    json(value: unknown): void {
        this.print(JSON.stringify(value, null, 2));
    }

    info(text: string): void {
        this.pausing(() => this.err.write(`${text}\n`));
    }

    warn(text: string): void {
        this.info(`${this.colour("yellow", "warning:")} ${text}`);
    }

    error(text: string): void {
        this.info(`${this.colour("red", "error:")} ${text}`);
    }

    /** A table on stdout, columns as wide as their longest cell. Cells may hold colours. */
    table(rows: readonly (readonly string[])[]): void {
        const widths: number[] = [];
        for (const row of rows) row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, visibleLength(cell))));
        for (const row of rows) {
            const cells = row.map((cell, i) => (i === row.length - 1 ? cell : cell + " ".repeat((widths[i] ?? 0) - visibleLength(cell))));
            this.print(cells.join("  ").trimEnd());
        }
    }

    /** Asks a yes-or-no question; no terminal to ask on means no. */
    async confirm(question: string): Promise<boolean> {
        if (!this.interactive) return false;
        const reader = createInterface({ input: this.input, output: this.err });
        try {
            return /^y(es)?$/i.test((await reader.question(`${question} [y/N] `)).trim());
        } finally {
            reader.close();
        }
    }

    /** Asks for a line that nobody is to see; the terminal must be one that can be asked. */
    async askHidden(question: string): Promise<string> {
        this.err.write(`${question} `);
        const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
        const reader = createInterface({ input: this.input, output: nowhere, terminal: true });
        try {
            return await reader.question("");
        } finally {
            reader.close();
            this.err.write("\n");
        }
    }

    /** All of standard input. */
    async read(): Promise<string> {
        const chunks: Buffer[] = [];
        for await (const chunk of this.input) chunks.push(Buffer.from(chunk as Buffer | string));
        return Buffer.concat(chunks).toString("utf8");
    }

    /** Asks for a line of text, e.g. a name to confirm a deletion; undefined where nobody can be asked. */
    async ask(question: string): Promise<string | undefined> {
        if (!this.interactive) return undefined;
        const reader = createInterface({ input: this.input, output: this.err });
        try {
            return (await reader.question(`${question} `)).trim();
        } finally {
            reader.close();
        }
    }

    step(title: string): Step {
        return this.err.isTTY === true ? this.liveStep(title) : this.plainStep(title);
    }

    private liveStep(title: string): Step {
        const frames = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
        let detail = "";
        let frame = 0;
        const show = (): void => {
            const text = detail ? `${title} ${this.colour("dim", `(${detail})`)}` : title;
            this.draw(`${this.colour("blue", frames[frame++ % frames.length] ?? "")} ${text}`);
        };
        const clock = setInterval(show, 120);
        clock.unref();
        show();
        const end = (mark: string, last?: string): void => {
            clearInterval(clock);
            this.draw("");
            this.info(`${mark} ${title}${last ? ` ${this.colour("dim", `(${last})`)}` : ""}`);
        };
        return {
            update: (text) => (detail = text),
            done: (text) => end(this.colour("green", "✓"), text),
            fail: (text) => end(this.colour("red", "✗"), text),
        };
    }

    private plainStep(title: string): Step {
        let shown = Date.now();
        this.info(`${title}…`);
        const end = (word: string, last?: string): void => this.info(`${title}: ${word}${last ? ` (${last})` : ""}`);
        return {
            update: (text) => {
                if (Date.now() - shown < this.everyMs) return;
                shown = Date.now();
                this.info(`${title}: ${text}`);
            },
            done: (text) => end("done", text),
            fail: (text) => end("failed", text),
        };
    }

    /** Puts a text in the place of the line that is updated; an empty one removes it. */
    private draw(text: string): void {
        const columns = this.err.columns ?? 80;
        this.live =
            visibleLength(text) < columns ? text : text.slice(0, columns - 1) + (wantsColour(this.err, this.env) ? "\u001b[0m" : "");
        this.err.write(`\r\u001b[2K${this.live}`);
    }

    /** Writes whole lines above the line that is being updated. */
    private pausing(write: () => void): void {
        if (this.live) this.err.write("\r\u001b[2K");
        write();
        if (this.live) this.err.write(this.live);
    }
}

let shared: Terminal | undefined;

/** The process's own terminal. */
export function terminal(): Terminal {
    shared ??= new Terminal();
    return shared;
}
