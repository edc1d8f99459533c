import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { resolvePostgres } from "../../../components/postgres-with-backup/spec";
import { createLogin, rolesAndDatabase, scramVerifier } from "../../../components/postgres-with-backup/sql";
import { run, scratchFolder } from "../support/scratch";
import { TestServer, thereIsPostgres } from "./server";

const SPEC = resolvePostgres({ version: 15, database: "demo", backup: false, extensions: ["pgcrypto"] });
const MASTER = "master-password-0123456789abcdefghij";
const WEB = { name: "demo_web_1", memberOf: "demo_app", actsAs: false };
const MIGRATE = { name: "demo_migrate_1", memberOf: "demo_owner", actsAs: true };
const PASSWORD = "password-0123456789";

/** The commands of the page, as they stand there. */
const COMMANDS = [...readFileSync(join(__dirname, "../../../docs/aws.md"), "utf8").matchAll(/^ {3}((?:pg_restore|psql) .*)$/gm)].map(
    ([, line = ""]) => line,
);

const SCHEMA = `
    CREATE TYPE mood AS ENUM ('calm', 'busy');
    CREATE TABLE notes (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body text, feel mood, token uuid DEFAULT gen_random_uuid());
    CREATE TABLE marks (note int REFERENCES notes, made timestamptz DEFAULT now());
    CREATE INDEX ON marks (note);
    CREATE FUNCTION words() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM notes';
    CREATE VIEW busy AS SELECT * FROM notes WHERE feel = 'busy';`;
const ROWS = `
    INSERT INTO notes (body, feel) SELECT 'note ' || n, CASE WHEN n % 2 = 0 THEN 'busy' ELSE 'calm' END::mood FROM generate_series(1, 500) n;
    INSERT INTO marks (note) SELECT id FROM notes;`;
const COUNTS = "SELECT (SELECT count(*) FROM notes), (SELECT count(*) FROM marks), (SELECT count(*) FROM busy), words();";

(thereIsPostgres ? describe : describe.skip)("a database that moves from a Docker host to RDS, on two real PostgreSQL 15", () => {
    let [there, here]: TestServer[] = [];
    // Before the folder goes.
    afterAll(() => {
        there?.stop();
        here?.stop();
    });
    const folder = scratchFolder("move");
    const dump = join(folder, "dump");
    const master = () => here?.url("master", MASTER, "demo") ?? "";
    const asked = async (login: string, sql: string) => here?.client(here.url(login, PASSWORD, "demo"), sql);

    beforeAll(async () => {
        // PostgreSQL runs as another user where this is root.
        chmodSync(folder, 0o755);
        for (const part of ["there", "here"]) mkdirSync(join(folder, part));
        there = await TestServer.start(join(folder, "there"));
        await there.admin(rolesAndDatabase(SPEC));
        for (const login of [WEB, MIGRATE]) await there.admin(createLogin(login, PASSWORD));
        await there.client(there.url(MIGRATE.name, PASSWORD, "demo"), SCHEMA + ROWS);
        const socket = join(folder, "there", "socket");
        const where = ["--host", socket, "--port", String(there.port), "--username", "postgres"];
        execFileSync("pg_dump", [...where, "--format", "directory", "--compress", "0", "--file", dump, "--dbname", "demo"]);
        // RDS's administrator has these rights and no others; the new deployment has run the migrations once.
        here = await TestServer.start(join(folder, "here"));
        await here.admin(
            `CREATE ROLE master LOGIN CREATEDB CREATEROLE PASSWORD '${scramVerifier("master", MASTER)}'; GRANT pg_signal_backend TO master;`,
        );
        const made = [rolesAndDatabase(SPEC, "creator"), createLogin(WEB, PASSWORD, "creator"), createLogin(MIGRATE, PASSWORD, "creator")];
        for (const sql of made) await here.client(here.url("master", MASTER, "postgres"), sql);
        await asked(MIGRATE.name, SCHEMA);
    }, 120_000);

    const load = () =>
        run("sh", ["-euc", `cd "$WORK"; ${COMMANDS.join("\n")}`], {
            input: "",
            env: { PATH: process.env["PATH"] ?? "", WORK: folder, DUMP: dump, DATABASE: master() },
        });

    test("the page's commands bring every row, twice; they belong to the owner, and the application may use them", async () => {
        expect(COMMANDS.length).toBe(3);
        for (const time of ["once", "again"]) {
            expect([time, await load()]).toEqual([time, expect.objectContaining({ code: 0, stderr: "" })]);
            expect(await asked(WEB.name, COUNTS)).toMatchObject({ code: 0, stdout: "500|500|250|500\n" });
        }
        expect(await asked(WEB.name, "INSERT INTO notes (body, feel) VALUES ('new', 'calm') RETURNING id;")).toMatchObject({
            stdout: "501\n",
        });
        expect((await asked(WEB.name, "DROP TABLE marks;"))?.stderr).toContain("must be owner of table marks");
        expect(await asked(MIGRATE.name, "ALTER TABLE notes ADD COLUMN more text;")).toMatchObject({ code: 0 });
        expect(await here?.admin("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'", "demo")).toBe("demo_owner");
    });

    test("a dump that is damaged changes nothing", async () => {
        const before = await asked(WEB.name, "SELECT count(*) FROM notes;");
        const data = execFileSync("sh", ["-c", `ls -S ${dump}/*.dat | head -n 1`], { encoding: "utf8" }).trim();
        const kept = readFileSync(data);
        writeFileSync(data, kept.subarray(0, kept.length / 2));
        expect((await load()).code).not.toBe(0);
        expect(await asked(WEB.name, "SELECT count(*) FROM notes;")).toEqual(before);
        rmSync(dump, { recursive: true });
    });
});
