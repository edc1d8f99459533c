import { resolvePostgres } from "../../../components/postgres-with-backup/spec";
import { createLogin, dropLogin, rolesAndDatabase, scramVerifier } from "../../../components/postgres-with-backup/sql";
import { scratchFolder } from "../support/scratch";
import { TestServer, thereIsPostgres } from "./server";

const SPEC = resolvePostgres({ version: 15, database: "demo", backup: false, extensions: ["pgcrypto"] });
const MASTER = "master-password-0123456789abcdefghij";
const WEB = { name: "demo_web_1", memberOf: "demo_app", actsAs: false };
const MIGRATE = { name: "demo_migrate_1", memberOf: "demo_owner", actsAs: true };

if (!thereIsPostgres) {
    test.skip("needs PostgreSQL 15: apt-get install postgresql-15", () => undefined);
}

/** RDS's master user has these rights and no others: it may make roles and databases, and signal other sessions. */
(thereIsPostgres ? describe : describe.skip)("the SQL by an administrator who is no superuser, on a real PostgreSQL 15", () => {
    let server: TestServer;
    afterAll(() => server.stop());
    const folder = scratchFolder("postgres-aws");
    const master = (sql: string) => server.client(server.url("master", MASTER, "postgres"), sql);

    beforeAll(async () => {
        server = await TestServer.start(folder);
        await server.admin(
            `CREATE ROLE master LOGIN CREATEDB CREATEROLE PASSWORD '${scramVerifier("master", MASTER)}'; GRANT pg_signal_backend TO master;`,
        );
    }, 60_000);

    test("R42, R45: database, roles, logins; again, and nothing changes", async () => {
        for (const sql of [
            rolesAndDatabase(SPEC, "creator"),
            createLogin(WEB, "web-password-1", "creator"),
            createLogin(MIGRATE, "migrate-password-1", "creator"),
        ]) {
            expect(await master(sql)).toMatchObject({ code: 0 });
            expect(await master(sql)).toMatchObject({ code: 0 });
        }
        const migrate = await server.client(
            server.url(MIGRATE.name, "migrate-password-1", "demo"),
            "CREATE TABLE t (n int); SELECT tableowner FROM pg_tables WHERE tablename = 't';",
        );
        expect(migrate).toMatchObject({ code: 0, stdout: "demo_owner\n" });
        const web = (sql: string) => server.client(server.url(WEB.name, "web-password-1", "demo"), sql);
        expect(await web("INSERT INTO t VALUES (1); SELECT n FROM t;")).toMatchObject({ code: 0, stdout: "1\n" });
        expect((await web("DROP TABLE t;")).stderr).toContain("must be owner of table t");
    });

    test("R34: a login goes, and with it its sessions", async () => {
        expect(await master(dropLogin(WEB.name))).toMatchObject({ code: 0 });
        expect((await server.client(server.url(WEB.name, "web-password-1", "demo"), "SELECT 1")).code).not.toBe(0);
    });

    test("what a superuser may say, this administrator may not: the difference is needed", async () => {
        expect((await master(createLogin(WEB, "web-password-1"))).stderr).toMatch(/superuser/);
        expect(
            (await master(rolesAndDatabase({ ...SPEC, database: "other", roles: { owner: "other_owner", application: "other_app" } })))
                .stderr,
        ).toMatch(/must be member of role "other_owner"/);
    });
});
