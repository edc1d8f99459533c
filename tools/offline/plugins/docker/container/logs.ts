import { buffer } from "node:stream/consumers";
import type { EngineClient } from "../engine/client";

/** Output of a container, stdout and stderr together; the last `tail` lines of it where given. */
export async function containerLogs(
    engine: EngineClient,
    id: string,
    options: { readonly tty: boolean; readonly tail?: number },
): Promise<string> {
    const response = await engine.stream("GET", `/containers/${id}/logs`, {
        query: { stdout: true, stderr: true, tail: options.tail },
    });
    const raw = await buffer(response);
    return (options.tty ? raw : withoutFrames(raw)).toString("utf8");
}

/** Without a terminal, output comes in frames: stream number, three zeros, length (4 bytes), content. */
export function withoutFrames(raw: Buffer): Buffer {
    const parts: Buffer[] = [];
    let offset = 0;
    while (offset + 8 <= raw.length) {
        const length = raw.readUInt32BE(offset + 4);
        parts.push(raw.subarray(offset + 8, offset + 8 + length));
        offset += 8 + length;
    }
    return Buffer.concat(parts);
}
