/** Why no test proves a requirement, or not all of it: what isn't there, or is proved by hand. */
const WATCH = "monitoring and alerts aren't there yet";

const groups: readonly (readonly [reason: string, ids: string])[] = [
    [WATCH, "R92 R93 R95"],
    ["secrets reach containers as files in volumes; there are no env files", "R28"],
    ["snapshots on a schedule; no archive of every change", "R46"],
    ["the database is at 127.0.0.1:5432; a service is had by the proxy's address alone, as a port can't be held by two releases", "R40"],
    ["neither SELinux's denials nor CORS", "R128"],
    ["./quai run sends one with the application's own script", "R126"],
];

export const reasons: Readonly<Record<string, string>> = Object.fromEntries(
    groups.flatMap(([reason, ids]) => ids.split(" ").map((id) => [id, reason])),
);
