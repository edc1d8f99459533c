import { createHash } from "node:crypto";
import type { Connection } from "./connection";
import { SshSession } from "./ssh-session";

const sessions = new Map<string, SshSession>();

/** The session for a connection: the same for all resources that give the same one. */
export function sessionFor(connection: Connection): SshSession {
    const key = createHash("sha256").update(JSON.stringify(connection)).digest("hex");
    const known = sessions.get(key) ?? new SshSession(connection);
    sessions.set(key, known);
    return known;
}

export async function closeSessions(): Promise<void> {
    await Promise.allSettled([...sessions.values()].map((session) => session.close()));
    sessions.clear();
}
