import type { Readable } from "node:stream";
import { isRecord, type Values } from "../values";

/** The objects of a stream of JSON texts, one per line, as builds and pulls report their progress. */
export async function* jsonLines(source: Readable): AsyncGenerator<Values> {
    let rest = "";
    for await (const chunk of source.setEncoding("utf8") as AsyncIterable<string>) {
        const lines = (rest + chunk).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) {
            yield* parsed(line);
        }
    }
    yield* parsed(rest);
}

function* parsed(line: string): Generator<Values> {
    if (line.trim() !== "") {
        const value: unknown = JSON.parse(line);
        if (isRecord(value)) {
            yield value;
        }
    }
}

/** The error that a progress line carries, if any. */
export function lineError(line: Values): string | undefined {
    const detail = line.errorDetail;
    if (isRecord(detail) && typeof detail.message === "string" && detail.message !== "") {
        return detail.message;
    }
    return typeof line.error === "string" && line.error !== "" ? line.error : undefined;
}
