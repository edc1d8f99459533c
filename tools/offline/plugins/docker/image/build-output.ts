import type { CallContext } from "../../kit/types";
import type { Values } from "../values";
import { decodeTrace } from "./buildkit-trace";

const KEPT_LINES = 20;
/** Lines of the classic builder that say nothing about the program's own steps. */
const BOOKKEEPING = /^ ---> |^Removing intermediate container /;
/** The classic builder colours what goes to stderr. */
// eslint-disable-next-line no-control-regex
const COLOURS = /\u001b\[[0-9;]*m/g;

/** Shows a build's output as it comes and keeps its last lines for the error. */
export class BuildOutput {
    readonly #last: string[] = [];
    readonly #seen = new Set<string>();
    readonly #context: CallContext;

    constructor(context: CallContext) {
        this.#context = context;
    }

    add(line: Values): void {
        if (typeof line.stream === "string") {
            this.#show(line.stream);
        } else if (line.id === "moby.buildkit.trace" && typeof line.aux === "string") {
            this.#addTrace(Buffer.from(line.aux, "base64"));
        } else if (typeof line.status === "string" && line.progressDetail === undefined) {
            this.#show(typeof line.id === "string" ? `${line.id}: ${line.status}` : line.status);
        }
    }

    /** The last lines, to be appended to an error; "" where there was no output. */
    tail(): string {
        return this.#last.length === 0 ? "" : `\nlast lines of the build's output:\n${this.#last.join("\n")}`;
    }

    #addTrace(trace: Buffer): void {
        const { vertexes, logs } = decodeTrace(trace);
        for (const vertex of vertexes) {
            if (vertex.started && vertex.name !== "" && !this.#seen.has(vertex.digest)) {
                this.#seen.add(vertex.digest);
                this.#show(vertex.name);
            }
        }
        logs.forEach((log) => this.#show(log));
    }

    #show(text: string): void {
        for (const line of text
            .replace(COLOURS, "")
            .split(/\r?\n/)
            .map((part) => part.trimEnd())) {
            if (line !== "") {
                this.#last.push(line);
                this.#last.splice(0, this.#last.length - KEPT_LINES);
                if (!BOOKKEEPING.test(line)) {
                    this.#context.log("info", line, true);
                }
            }
        }
    }
}
