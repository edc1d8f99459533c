import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Reporter } from "../../../tools/engine/types";

/** A folder that is removed after the test file. */
export function scratchFolder(name: string): string {
    const folder = mkdtempSync(join(tmpdir(), `quai-unit-${name}-`));
    afterAll(() => rmSync(folder, { recursive: true, force: true }));
    return folder;
}

/** Writes a small shell program. */
export function shellProgram(file: string, body: string): string {
    mkdirSync(join(file, ".."), { recursive: true });
    writeFileSync(file, `#!/bin/sh\n${body}\n`);
    chmodSync(file, 0o755);
    return file;
}

/** Keeps what was said. */
export function recorder(): Reporter & { readonly said: string[] } {
    const said: string[] = [];
    return {
        said,
        info: (text) => void said.push(text),
        warn: (text) => void said.push(`warning: ${text}`),
        step: (title) => {
            said.push(title);
            return {
                update: () => undefined,
                done: () => void said.push(`${title}: done`),
                fail: () => void said.push(`${title}: failed`),
            };
        },
    };
}

/** Starts HTTP servers on loopback; they end with the test file. To be called at its top. */
export function loopback(): (listener: RequestListener) => Promise<string> {
    const servers: Server[] = [];
    afterAll(() => {
        for (const server of servers) {
            server.closeAllConnections();
            server.close();
        }
    });
    return async (listener) => {
        const server = createServer(listener);
        servers.push(server);
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
        return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    };
}
