import { readFileSync } from "node:fs";
import { docker, objects, proxy, STACK_ID, transcript } from "../support/checkout";
import { middleOf, walkForLeaks } from "../support/leaks";

/** The values of all generated secrets, asked of the containers that have them. */
function secretValues(): ReadonlyMap<string, string> {
    const read = (container: string, file: string) => docker("exec", container, "cat", `/run/secrets/${file}`);
    const api = objects("container").find((name) => name.startsWith(`${STACK_ID}-api-`)) ?? "none";
    const password = (url: string) => decodeURIComponent(/:\/\/[^:]*:([^@]*)@/.exec(url)?.[1] ?? "");
    return new Map([
        ["database password", password(read(api, "databaseUrl"))],
        ["redis password", password(read(api, "redisUrl"))],
        ["session key", read(api, "sessionKey")],
        ["JWT private key", middleOf(read(api, "jwtPrivate"))],
        ["superuser password", read(`${STACK_ID}-postgres`, "superuser-password")],
        ["database key", middleOf(read(`${STACK_ID}-postgres`, "server.key"))],
        ["repository password", read(`${STACK_ID}-backup`, "repository-password")],
        ["TLS key", middleOf(docker("exec", proxy(), "cat", "/etc/quai/current/key.pem"))],
    ]);
}

describe("R27: no secret stands in plain text", () => {
    test("in anything that this run has written, shown or started; each is looked for by its value", async () => {
        expect(readFileSync(transcript(), "utf8").length).toBeGreaterThan(1000);
        // That the walk finds what it looks for is proved by test/e2e/rules/30-leaks.test.ts, place by place.
        const { leaks, looked } = await walkForLeaks({ stacks: [STACK_ID], secrets: secretValues() });
        expect(leaks).toEqual([]);
        const kinds = ["inspect", "state", "files of .quai", "logs", "history", "layers", "volumes", "processes", "environments"];
        expect(kinds.filter((kind) => (looked[kind] ?? 0) === 0)).toEqual([]);
    });

    test("R25: a container's secrets are files that only its own user reads", () => {
        const api = objects("container").find((name) => name.startsWith(`${STACK_ID}-api-`)) ?? "none";
        const listing = docker("exec", api, "stat", "-c", "%a %u %n", "/run/secrets/databaseUrl", "/run/secrets/jwtPrivate")
            .trim()
            .split("\n");
        expect(listing).toEqual(["400 10001 /run/secrets/databaseUrl", "400 10001 /run/secrets/jwtPrivate"]);
        expect(() => docker("exec", "--user", "12345", api, "cat", "/run/secrets/databaseUrl")).toThrow();
    });
});
