import "./area";
import { createPrivateKey, createPublicKey, sign, verify } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { scramVerifier } from "../../../components/postgres-with-backup/sql";
import { constantLoad } from "../../bench/constant-load";
import { askJson, eventually } from "../support/ask";
import {
    administratorSql,
    api,
    authority,
    checkout,
    docker,
    HOST,
    HTTPS,
    mustUp,
    objects,
    quai,
    STACK,
    STACK_ID,
} from "../support/checkout";
import { atTime } from "../support/moved-clock";
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
const BEGUN = today();
/** The day of a rotation in this file. Midnight may have passed since it began. */
const aDay = () => expect.stringMatching(`^(${BEGUN}|${today()})$`) as string;

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
    (parse(readFileSync(join(checkout(), `Pulumi.${STACK}.yaml`), "utf8")) as { config: Record<string, Record<string, string | string[]>> })
        .config["quai:rotation"];

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

test("R24, R25: passwords, the keys of tokens and sessions: alphabet, length, one line each; what one key signs the other verifies", () => {
    const container = objects("container").find((name) => name.startsWith(`${STACK_ID}-api-`)) ?? "none";
    const read = (file: string) => docker("exec", container, "cat", `/run/secrets/${file}`);
    for (const password of [first.database.password, first.redis, first.repository, first.superuser]) {
        expect(password).toMatch(/^[A-Za-z0-9]{32,}$/);
    }
    expect(read("sessionKey")).toMatch(/^[\w-]{64,}$/);
    const [key, other] = [createPrivateKey(read("jwtPrivate")), createPublicKey(read("jwtPublic"))];
    expect([key.asymmetricKeyType, key.asymmetricKeyDetails?.modulusLength]).toEqual(["rsa", 4096]);
    expect(verify("sha256", Buffer.from("text"), other, sign("sha256", Buffer.from("text"), key))).toBe(true);
});

describe("each kind under load: nothing fails, the former value is refused afterwards, and only its users are released anew", () => {
    test("R34, R35: the database's password, by ./quai rotate", async () => {
        const before = containers();
        await underLoad(() => rotate("database"));
        expect(rotation()).toEqual({ databasePassword: aDay() });
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
        expect(rotation()).toMatchObject({ jwt: [aDay(), "first"], sessionKey: [aDay(), "first"] });
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
    const NAMES = ["databasePassword", "migrationPassword", "redisPassword", "backupPassword", "postgresPassword"];
    let former: Credentials;
    let date: string;
    let written: ReturnType<typeof rotation>;
    const all = () => ({
        "quai:rotation": {
            ...Object.fromEntries(NAMES.map((name) => [name, date])),
            // Two in a row: both former keys count.
            jwt: [date, ...(written?.["jwt"] ?? [])],
            sessionKey: [date, ...(written?.["sessionKey"] ?? [])],
        },
    });

    test("R23, R34: the former values are valid and in use; nobody notices", async () => {
        former = credentials();
        [date, written] = [`${today()}.5`, rotation()];
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
        const roles = administratorSql("SELECT rolname FROM pg_roles WHERE rolcanlogin");
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

test("R33: the overlap ends, by the clock: tokens of former keys are refused, those of the present one are not", async () => {
    const now = new Visitor();
    await now.login();
    await now.visit();
    const inDays = (days: number) => new Date(Date.parse(BEGUN) + days * 86_400_000).toISOString();
    // A day counts until it has ended everywhere on Earth, 36 hours after it began in UTC; then come the 24 hours.
    expect((await atTime(inDays(2), () => quai("preview", STACK))).text).toContain("Nothing changes.");
    await visitor.whoami();
    await underLoad(() => atTime(inDays(4), async () => void (await mustUp())));
    await visitor.whoami(401);
    await now.whoami();
    expect([await now.known(), await visitor.known()]).toEqual([1, 0]);
    const files = docker("exec", objects("container").find((name) => name.startsWith(`${STACK_ID}-api-`)) ?? "none", "ls", "/run/secrets");
    expect(files).not.toMatch(/Former/);
    // Today they would count again, and there are none any more.
    settings({ "quai:rotation": rotation(), "quai:overlap": { jwt: "0s", sessionKey: "0s" }, ...api({ DEMO_VERSION: "2" }) });
});

test("R34: the stack's own authority: the database's certificate and the proxy's; then the former one is trusted by nobody", async () => {
    const before = containers();
    await underLoad(() => rotate("localAuthority"));
    expect(changed(before)).toEqual(["api", "scheduler", "worker"]);
    const config = { "quai:rotation": rotation(), "quai:overlap": { jwt: "0s", sessionKey: "0s", localAuthority: "0s" } };
    await underLoad(async () => {
        settings({ ...config, ...api({ DEMO_VERSION: "2" }) });
        await mustUp();
    });
    // The server was told, without a restart: the application trusts the new authority alone, and checks.
    expect(authority().match(/BEGIN CERTIFICATE/g)).toHaveLength(1);
    expect((await askJson<{ database: string }>("/api/health")).database).toBe("connected");
    expect(containers()["postgres"]).toBe(before["postgres"]);
});
