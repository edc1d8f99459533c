import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { checkout, docker, objects, proxy, STACK, STACK_ID, transcript } from "../support/checkout";

/** The values of all generated secrets, asked of the containers that have them. */
function secretValues(): ReadonlyMap<string, string> {
    const read = (container: string, file: string) => docker("exec", container, "cat", `/run/secrets/${file}`);
    const api = objects("container").find((name) => name.startsWith(`${STACK_ID}-api-`)) ?? "none";
    const password = (url: string) => decodeURIComponent(/:\/\/[^:]*:([^@]*)@/.exec(url)?.[1] ?? "");
    // A line that only the private key has: an RSA key begins with what its public key holds too, a key on a curve ends with it.
    const pem = (text: string) => {
        const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("-----"));
        return lines[lines.length > 10 ? Math.floor(lines.length * 0.6) : 0] ?? "";
    };
    return new Map([
        ["database password", password(read(api, "databaseUrl"))],
        ["redis password", password(read(api, "redisUrl"))],
        ["session key", read(api, "sessionKey")],
        ["JWT private key", pem(read(api, "jwtPrivate"))],
        ["superuser password", read(`${STACK_ID}-postgres`, "superuser-password")],
        ["database key", pem(read(`${STACK_ID}-postgres`, "server.key"))],
        ["repository password", read(`${STACK_ID}-backup`, "repository-password")],
        ["TLS key", pem(docker("exec", proxy(), "cat", "/etc/quai/current/key.pem"))],
    ]);
}

function files(folder: string): string[] {
    return readdirSync(folder, { recursive: true, encoding: "utf8" })
        .map((name) => join(folder, name))
        .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile() === true);
}

let known: (readonly [string, string])[] | undefined;
const secrets = () => (known ??= [...secretValues()]);

function mustNotHold(where: string, text: string): void {
    for (const [name, value] of secrets()) {
        expect(value.length).toBeGreaterThanOrEqual(32);
        // Not expect(text).not.toContain(value): a failure would print the secret.
        const forms = [value, Buffer.from(value).toString("base64").replace(/=+$/, ""), encodeURIComponent(value)];
        if (forms.some((form) => text.includes(form))) throw new Error(`${where} holds the ${name}`);
    }
}

describe("R27: no secret stands in plain text", () => {
    test("the search finds what it looks for", () => {
        const [[name, value] = ["", ""]] = secrets();
        expect(() => mustNotHold("this text", `x${value}x`)).toThrow(`this text holds the ${name}`);
    });

    test("in docker inspect of any container, image, volume or network", () => {
        for (const kind of ["container", "image", "volume", "network"] as const) {
            const names = objects(kind);
            expect(names.length).toBeGreaterThan(0);
            mustNotHold(`docker inspect of a ${kind}`, docker(kind, "inspect", ...names));
        }
    });

    test("in the state, its history and its backups", () => {
        const state = files(join(checkout(), ".quai", "state"));
        expect(state.some((path) => path.endsWith(`${STACK}.json`))).toBe(true);
        for (const path of state) mustNotHold(path, readFileSync(path, "utf8"));
    });

    test("in anything else below .quai, and in what any command printed", () => {
        expect(readFileSync(transcript(), "utf8").length).toBeGreaterThan(1000);
        const rest = files(join(checkout(), ".quai")).filter((path) => !path.includes("/state/") && !path.includes("/offsite/"));
        for (const path of rest.filter((each) => statSync(each).size < 50_000_000)) mustNotHold(path, readFileSync(path, "latin1"));
    });

    test("in the logs of any container", () => {
        for (const name of objects("container")) {
            mustNotHold(
                `the log of ${name}`,
                execFileSync("sh", ["-c", 'docker logs "$0" 2>&1', name], { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 }),
            );
        }
    });

    test("in the command line or the environment of any process in a container", () => {
        for (const name of objects("container").filter((each) => !each.includes("-migrate-"))) {
            const pids = docker("top", name, "-eo", "pid")
                .split("\n")
                .slice(1)
                .map((line) => line.trim())
                .filter((pid) => pid !== "");
            for (const pid of pids) {
                for (const part of ["cmdline", "environ"]) {
                    try {
                        mustNotHold(`${part} of a process of ${name}`, readFileSync(`/proc/${pid}/${part}`, "latin1"));
                    } catch (error) {
                        if (!["ENOENT", "ESRCH", "EACCES"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
                    }
                }
            }
        }
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
