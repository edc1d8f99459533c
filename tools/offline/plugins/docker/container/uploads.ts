import { readFile } from "node:fs/promises";
import type { EngineClient } from "../engine/client";
import { tarOf } from "../tar";
import { flag, records, text, type Values } from "../values";

/** Puts the program's files into a container that hasn't started yet, in one archive. */
export async function uploadFiles(engine: EngineClient, id: string, inputs: Values): Promise<void> {
    const uploads = records(inputs, "uploads");
    if (uploads.length === 0) {
        return;
    }
    const files = await Promise.all(
        uploads.map(async (upload) => ({ name: text(upload, "file") ?? "", mode: modeOf(upload), content: await contentOf(upload) })),
    );
    files.sort((a, b) => (a.name < b.name ? -1 : 1));
    await engine.send("PUT", `/containers/${id}/archive`, {
        query: { path: "/" },
        body: tarOf(files),
        headers: { "Content-Type": "application/x-tar" },
    });
}

function modeOf(upload: Values): number {
    const permissions = text(upload, "permissions");
    return permissions === undefined ? (flag(upload, "executable") ? 0o744 : 0o644) : parseInt(permissions, 8);
}

async function contentOf(upload: Values): Promise<Buffer> {
    const source = text(upload, "source");
    if (source !== undefined) {
        try {
            return await readFile(source);
        } catch (error) {
            throw new Error(
                `uploads: can't read source ${JSON.stringify(source)}: ${error instanceof Error ? error.message : String(error)}`,
            );
        }
    }
    const encoded = text(upload, "contentBase64");
    return encoded === undefined ? Buffer.from(text(upload, "content") ?? "", "utf8") : Buffer.from(encoded, "base64");
}
