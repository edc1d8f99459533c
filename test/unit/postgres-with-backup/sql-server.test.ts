import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { PostgresWithBackup } from "../../../components/postgres-with-backup";
import { resolvePostgres } from "../../../components/postgres-with-backup/spec";
import { createLogin, dropLogin, identifier, literal, rolesAndDatabase, scramVerifier } from "../../../components/postgres-with-backup/sql";
import { SecretsBundle } from "../../../components/secrets-bundle";
import { record, valueOf } from "../support/mocks";
import { scratchFolder } from "../support/scratch";
import { dockerTarget } from "../support/target";
import { TestServer, thereIsPostgres } from "./server";

const SPEC = resolvePostgres({ version: 15, database: "demo", backup: false, extensions: ["pgcrypto", "uuid-ossp"] });
const WEB = { name: "demo_web_1", memberOf: "demo_app", actsAs: false };
const MIGRATE = { name: "demo_migrate_1", memberOf: "demo_owner", actsAs: true };
const WEB_PASSWORD = "kX8vPz2Lq0wNkX8vPz2Lq0wNkX8vPz2L";
const MIGRATE_PASSWORD = "p@ss/w:rd%25 'with\" \\everything é";

/** Everything that the component's SQL decides, as the server has it. */
const CATALOGUE = `
    SELECT rolname, rolsuper, rolcreaterole, rolcreatedb, rolcanlogin, rolinherit, rolconfig FROM pg_roles WHERE rolname LIKE 'demo%' ORDER BY 1;
    SELECT rolname, rolpassword FROM pg_authid WHERE rolname LIKE 'demo%' ORDER BY 1;
    SELECT datname, pg_get_userbyid(datdba), pg_encoding_to_char(encoding), datacl FROM pg_database WHERE datname = 'demo';
    SELECT nspname, pg_get_userbyid(nspowner), nspacl FROM pg_namespace WHERE nspname = 'public';
    SELECT pg_get_userbyid(defaclrole), defaclobjtype, defaclacl FROM pg_default_acl ORDER BY 1, 2;
    SELECT roleid::regrole, member::regrole FROM pg_auth_members WHERE member::regrole::text LIKE 'demo%' ORDER BY 1, 2;
    SELECT extname FROM pg_extension ORDER BY 1;
`;

if (!thereIsPostgres) {
    test.skip("needs PostgreSQL 15: apt-get install postgresql-15", () => undefined);
}

(thereIsPostgres ? describe : describe.skip)("the SQL on a real PostgreSQL 15", () => {
    let server: TestServer;
    // Before the folder goes.
    afterAll(() => server.stop());
    const folder = scratchFolder("postgres");
    const web = () => server.url(WEB.name, WEB_PASSWORD, "demo");
    const migrate = () => server.url(MIGRATE.name, MIGRATE_PASSWORD, "demo");

    beforeAll(async () => {
        server = await TestServer.start(folder);
        await server.admin(rolesAndDatabase(SPEC));
        await server.admin(createLogin(WEB, WEB_PASSWORD));
        await server.admin(createLogin(MIGRATE, MIGRATE_PASSWORD));
    }, 60_000);

    test("run again, it changes nothing and says nothing", async () => {
        const before = await server.admin(CATALOGUE, "demo");
        expect(await server.admin(rolesAndDatabase(SPEC))).toBe("");
        expect(await server.admin(createLogin(WEB, WEB_PASSWORD))).toBe("");
        expect(await server.admin(createLogin(MIGRATE, MIGRATE_PASSWORD))).toBe("");
        expect(await server.admin(CATALOGUE, "demo")).toBe(before);
        expect(before).toContain("demo|demo_owner|UTF8");
    });

    test("the computed verifier is what the server keeps, and logs in", async () => {
        expect(await server.admin(`SELECT rolpassword FROM pg_authid WHERE rolname = '${WEB.name}'`)).toBe(
            scramVerifier(WEB.name, WEB_PASSWORD),
        );
        expect(await server.client(web(), "SELECT current_user")).toEqual({ code: 0, stdout: "demo_web_1\n", stderr: "" });
        const wrong = await server.client(server.url(WEB.name, `${WEB_PASSWORD}x`, "demo"), "SELECT 1");
        expect(wrong.code).toBe(2);
        expect(wrong.stderr).toContain("password authentication failed");
    });

    test("R30: a password with @ / : % quotes and accents connects by its connection string", async () => {
        expect(await server.client(migrate(), "SELECT current_user, session_user")).toMatchObject({
            code: 0,
            stdout: "demo_owner|demo_migrate_1\n",
        });
        const { result } = await record(() => {
            const target = dockerTarget();
            const given = (value: string) => ({ value, version: "1" });
            const secrets = new SecretsBundle("secrets", {
                target,
                given: {
                    databasePassword: given(WEB_PASSWORD),
                    migrationPassword: given(MIGRATE_PASSWORD),
                    postgresPassword: given("x"),
                    backupPassword: given("x"),
                },
            });
            return new PostgresWithBackup("postgres", { target, secrets, version: 15, database: "demo", backup: false });
        });
        const composed = await valueOf(result.url({ as: "migration" }).value);
        const here = composed
            .replace("@postgres:5432", `@localhost:${server.port}`)
            .replace("/run/secrets/databaseAuthority", join(folder, "server.crt"));
        expect(await server.client(here, "SELECT 1")).toEqual({ code: 0, stdout: "1\n", stderr: "" });
    });

    test("R43: without TLS nobody gets in, over the network the administrator never does", async () => {
        const plain = await server.client(server.url(WEB.name, WEB_PASSWORD, "demo", "sslmode=disable"), "SELECT 1");
        expect(plain).toMatchObject({ code: 2, stdout: "" });
        expect(plain.stderr).toContain("pg_hba.conf rejects connection");
        const administrator = await server.client(server.url("postgres", "x", "postgres"), "SELECT 1");
        expect(administrator.stderr).toContain("pg_hba.conf rejects connection");
    });

    test("R45: the application's login reads and writes rows, and can't change anything else", async () => {
        expect((await server.client(migrate(), "CREATE TABLE notes (id serial PRIMARY KEY, text text)")).stderr).toBe("");
        expect(await server.admin("SELECT tableowner FROM pg_tables WHERE tablename = 'notes'", "demo")).toBe("demo_owner");
        expect(
            await server.client(
                web(),
                "INSERT INTO notes (text) VALUES ('one'); UPDATE notes SET text = 'two'; SELECT text FROM notes; DELETE FROM notes",
            ),
        ).toEqual({
            code: 0,
            stdout: "two\n",
            stderr: "",
        });
        for (const forbidden of [
            "CREATE ROLE x",
            "CREATE TABLE x (id int)",
            "DROP TABLE notes",
            "ALTER TABLE notes ADD y int",
            "TRUNCATE notes",
            "SET ROLE demo_owner",
            "CREATE DATABASE x",
            "SELECT pg_read_file('/etc/passwd')",
        ]) {
            const { code, stderr } = await server.client(web(), forbidden);
            expect([forbidden, code, /permission denied|must be owner/.test(stderr)]).toEqual([forbidden, 3, true]);
        }
    });

    test("R42: extensions answer", async () => {
        const { stdout } = await server.client(
            web(),
            "SELECT length(uuid_generate_v4()::text); SELECT encode(digest('a', 'sha256'), 'hex')",
        );
        expect(stdout).toMatch(/^36\n[0-9a-f]{64}\n$/);
    });

    test("R34: a rotation: both logins work side by side, then the old one is gone, with its connections, and nothing it made", async () => {
        const [nextWeb, nextMigrate] = [
            { ...WEB, name: "demo_web_20261101" },
            { ...MIGRATE, name: "demo_migrate_20261101" },
        ];
        await server.admin(createLogin(nextWeb, "another-password-of-32-characters"));
        await server.admin(createLogin(nextMigrate, "another-password-of-32-characters"));
        const next = server.url(nextWeb.name, "another-password-of-32-characters", "demo");
        expect((await server.client(web(), "SELECT 1")).code).toBe(0);
        expect((await server.client(next, "INSERT INTO notes (text) VALUES ('kept')")).code).toBe(0);

        const open = server.client(web(), "SELECT pg_sleep(30)");
        await untilConnected(WEB.name);
        await server.admin(dropLogin(WEB.name));
        await server.admin(dropLogin(MIGRATE.name));
        expect((await open).stderr).toContain("terminating connection");
        expect((await server.client(web(), "SELECT 1")).stderr).toContain("authentication failed");
        expect(await server.client(next, "SELECT text FROM notes")).toMatchObject({ code: 0, stdout: "kept\n" });
        expect(
            (await server.client(server.url(nextMigrate.name, "another-password-of-32-characters", "demo"), "ALTER TABLE notes ADD y int"))
                .stderr,
        ).toBe("");
    });

    test("a login that isn't there any more can be dropped again", async () => {
        expect(await server.admin(dropLogin("demo_nobody"))).toBe("");
    });

    test("R27: the server's log, with every statement in it, holds no password", () => {
        expect(server.log).toContain("ALTER ROLE");
        expect(readFileSync(join(folder, "settings", "log"), "utf8")).not.toContain(WEB_PASSWORD);
        expect(server.log).not.toContain("everything é");
    });

    test("identifiers and literals are read back as they were, whatever they hold", async () => {
        const character = fc.string({ unit: "grapheme", maxLength: 30 }).filter((text) => !text.includes("\0"));
        const texts = fc.sample(character, 300).concat(["'; DROP TABLE x; --", "\\'", "$$", "E'\\n'", '"', "", "\n\r\t"]);
        const rows = await server.admin(
            `SELECT encode(convert_to(v, 'UTF8'), 'hex') || '.' FROM (VALUES ${texts.map((text, i) => `(${i}, ${literal(text)})`).join(",")}) AS t(i, v) ORDER BY i`,
        );
        expect(rows.split("\n").map((row) => Buffer.from(row.slice(0, -1), "hex").toString("utf8"))).toEqual(texts);
        const names = [...new Set(texts.map((text) => Buffer.from(text).subarray(0, 50).toString("utf8").replaceAll("\uFFFD", "")))].filter(
            (name) => name !== "",
        );
        const columns = await server.admin(
            `SELECT row_to_json(t) FROM (SELECT ${names.map((name) => `1 AS ${identifier(name)}`).join(", ")}) AS t`,
        );
        expect(Object.keys(JSON.parse(columns) as object).sort()).toEqual([...names].sort());
    });

    async function untilConnected(user: string): Promise<void> {
        for (let attempt = 0; attempt < 50; attempt++) {
            if ((await server.admin(`SELECT count(*) FROM pg_stat_activity WHERE usename = '${user}' AND query LIKE '%pg_sleep%'`)) !== "0")
                return;
            await new Promise((resolve) => setTimeout(resolve, 100));
        }
        throw new Error(`${user} didn't connect`);
    }
});
