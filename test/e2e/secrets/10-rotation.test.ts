import "./area";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { scramVerifier } from "../../../components/postgres-with-backup/sql";
import { constantLoad } from "../../bench/constant-load";
import { askJson, eventually } from "../support/ask";
import { api, checkout, docker, HOST, HTTPS, mustUp, objects, quai, STACK, STACK_ID } from "../support/checkout";
import {
    type Credentials,
    credentials,
    databaseLetsIn,
    redisLetsIn,
    repositoriesOpen,
    superuserVerifier,
    watchLogins,
} from "./credentials";
import { people, Visitor } from "./people";
import { settings } from "./stack";

const RATE = 20;
const today = () => new Date().toISOString().slice(0, 10);

/** Everything that clients do, while something happens: not one request and not one login fails. */
async function underLoad(happens: () => Promise<void>): Promise<void> {
    const clients = constantLoad({ port: HTTPS, host: HOST, rate: RATE, sockets: 3 });
    const users = people();
    const refused = watchLogins();
    await new Promise((resolve) => setTimeout(resolve, 2000));
    try {
        await happens();
        await new Promise((resolve) => setTimeout(resolve, 1000));
    } finally {
        const [load, { rounds, failures }] = await Promise.all([clients.stop(), users.stop()]);
        expect([...load.failures]).toEqual([]);
        expect(failures).toEqual([]);
        expect(load.requests).toBeGreaterThan(RATE * 3);
        expect(rounds).toBeGreaterThan(10);
    }
    expect(refused()).toEqual([]);
}

async function rotate(...names: readonly string[]): Promise<void> {
    for (const name of names) {
        const result = await quai("rotate", name, STACK, "--yes");
        if (result.code !== 0) throw new Error(`./quai rotate ${name} ended with ${result.code}:\n${result.text.slice(-6000)}`);
    }
}

const rotation = () =>
    (parse(readFileSync(join(checkout(), `Pulumi.${STACK}.yaml`), "utf8")) as { config: Record<string, unknown> }).config["quai:rotation"];

/** Service → identifiers of its containers. */
function containers(): Record<string, string> {
    const lines = docker(
        "ps",
        "--all",
        "--no-trunc",
        "--filter",
        `label=io.quai.stack=${STACK_ID}`,
        "--format",
        '{{.Label "io.quai.service"}} {{.ID}}',
    );
    return Object.fromEntries(
        lines
            .trim()
            .split("\n")
            .map((line) => line.split(" ") as [string, string])
            .filter(([service]) => service !== "migrate"),
    );
}

/** Services that were released anew since. */
const changed = (before: Record<string, string>) => {
    const after = containers();
    return Object.keys(after)
        .filter((name) => after[name] !== before[name])
        .sort();
};

function allValid({ database, redis, repository }: Credentials): void {
    expect([databaseLetsIn(database), redisLetsIn(redis), ...repositoriesOpen(repository)]).toEqual([true, true, true, true]);
}

function copied(): boolean {
    const { last } = JSON.parse(docker("exec", `${STACK_ID}-backup`, "quai-backup", "status", "--json")) as {
        last?: { offsite?: { ok: boolean } };
    };
    return last?.offsite?.ok === true;
}

/** Its token and cookie are signed by the first keys, and stay as they are. */
const visitor = new Visitor();
let first: Credentials;

beforeAll(async () => {
    // The first backup makes the off-site repository.
    await eventually("the first backup is copied", () => Promise.resolve(copied()));
    first = credentials();
    allValid(first);
    await visitor.login();
    await visitor.visit();
});

describe("each kind under load: nothing fails, the former value is refused afterwards, and only its users are released anew", () => {
    test("R34, R35: the database's password, by ./quai rotate", async () => {
        const before = containers();
        await underLoad(() => rotate("database"));
        expect(rotation()).toEqual({ databasePassword: today() });
        expect(changed(before)).toEqual(["api", "scheduler", "worker"]);
        expect(databaseLetsIn(first.database)).toBe(false);
        allValid(credentials());
    });

    test("R34, R35: Redis's password: the server runs on, and the former one is refused", async () => {
        const before = containers();
        await underLoad(() => rotate("redisPassword"));
        expect(changed(before)).toEqual(["api", "scheduler", "worker"]);
        expect(redisLetsIn(first.redis)).toBe(false);
        allValid(credentials());
        docker("restart", `${STACK_ID}-redis`);
        await eventually("Redis knows who may log in after a restart", () => Promise.resolve(redisLetsIn(credentials().redis)), 30);
        expect(redisLetsIn(first.redis)).toBe(false);
        await eventually(
            "the application is connected again",
            async () => (await askJson<{ database: string }>("/api/health")).database === "connected",
        );
    });

    test("R33, R35: the keys of tokens and sessions: what the former ones signed still counts", async () => {
        const before = containers();
        await underLoad(() => rotate("jwt", "session"));
        expect(rotation()).toMatchObject({ jwt: [today(), "first"], sessionKey: [today(), "first"] });
        expect(changed(before)).toEqual(["api"]);
        await visitor.whoami();
        expect(await visitor.known()).toBe(1);
    });

    test("R34: the backups' password: the former one opens neither repository", async () => {
        const before = containers();
        await underLoad(() => rotate("backup"));
        expect(changed(before)).toEqual(["backup"]);
        allValid(credentials());
        expect(repositoriesOpen(first.repository)).toEqual([false, false]);
    });

    test("R34: the superuser's and the migrations' passwords: the server runs on", async () => {
        const before = containers();
        await underLoad(() => rotate("postgres", "migration"));
        expect(changed(before)).toEqual([]);
        const { superuser } = credentials();
        expect(superuser).not.toBe(first.superuser);
        expect(superuserVerifier()).toBe(scramVerifier("postgres", superuser));
    });
});

describe("a rotation that fails halfway, with a release that isn't healthy", () => {
    const DATE = `${today()}.5`;
    const NAMES = ["databasePassword", "migrationPassword", "redisPassword", "backupPassword", "postgresPassword"];
    const before = () => rotation() as Record<string, unknown>;
    let former: Credentials;
    let written: Record<string, unknown>;
    const all = () => ({
        "quai:rotation": {
            ...Object.fromEntries(NAMES.map((name) => [name, DATE])),
            // Two in a row: both former keys count.
            jwt: [DATE, today(), "first"],
            sessionKey: [DATE, today(), "first"],
        },
    });

    test("R23, R34: the former values are valid and in use; nobody notices", async () => {
        former = credentials();
        written = before();
        await underLoad(async () => {
            settings({ ...all(), ...api({ DEMO_VERSION: "bad", DEMO_BREAK: "health" }) });
            const { code, text } = await quai("up", STACK, "--yes");
            expect(code).toBe(1);
            expect(text).toContain("What served before still serves");
        });
        allValid(former);
        expect(databaseLetsIn(former.database)).toBe(true);
        await visitor.whoami();
    });

    test("R34: the revert undoes it: what was new is gone, the former values are the present ones", async () => {
        await underLoad(async () => {
            settings({ "quai:rotation": written });
            await mustUp();
        });
        expect(credentials()).toEqual(former);
        allValid(former);
        await visitor.whoami();
        const roles = docker(
            "exec",
            `${STACK_ID}-postgres`,
            "psql",
            "-U",
            "postgres",
            "-Atc",
            "SELECT rolname FROM pg_roles WHERE rolcanlogin",
        );
        expect(
            roles
                .trim()
                .split("\n")
                .filter((name) => name.startsWith("demo_")),
        ).toHaveLength(2);
    });

    test("R33, R34: everything at once, a second time that day, together with a release, after another failure: nothing fails", async () => {
        await underLoad(async () => {
            settings({ ...all(), ...api({ DEMO_VERSION: "bad", DEMO_BREAK: "start" }) });
            expect((await quai("up", STACK, "--yes")).code).toBe(1);
            settings({ ...all(), ...api({ DEMO_VERSION: "2" }) });
            await mustUp();
        });
        expect((await askJson<{ version: string }>("/api/health")).version).toBe("2");
        expect([databaseLetsIn(former.database), redisLetsIn(former.redis), ...repositoriesOpen(former.repository)]).toEqual([
            false,
            false,
            false,
            false,
        ]);
        allValid(credentials());
        // Its token is two keys old.
        await visitor.whoami();
        expect(await visitor.known()).toBe(1);
    });

    test("an update with nothing to do changes nothing", async () => {
        const before = [...objects("container"), ...objects("volume")];
        expect((await mustUp()).text).toMatch(/unchanged/);
        expect([...objects("container"), ...objects("volume")]).toEqual(before);
    });
});

test("R33: the overlap ends: tokens of former keys are refused, those of the present one are not", async () => {
    const now = new Visitor();
    await now.login();
    await now.visit();
    const config = { "quai:rotation": rotation(), "quai:overlap": { jwt: "0s", sessionKey: "0s" } };
    await underLoad(async () => {
        settings({ ...config, ...api({ DEMO_VERSION: "2" }) });
        await mustUp();
    });
    await visitor.whoami(401);
    await now.whoami();
    expect([await now.known(), await visitor.known()]).toEqual([1, 0]);
    const files = docker("exec", objects("container").find((name) => name.startsWith(`${STACK_ID}-api-`)) ?? "none", "ls", "/run/secrets");
    expect(files).not.toMatch(/Former/);
});
