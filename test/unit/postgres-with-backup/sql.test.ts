import {
    clientAuthentication,
    createLogin,
    dropLogin,
    identifier,
    identityMap,
    literal,
    rolesAndDatabase,
    scramVerifier,
} from "../../../components/postgres-with-backup/sql";
import { resolvePostgres } from "../../../components/postgres-with-backup/spec";

const SPEC = resolvePostgres({ version: 15, database: "demo", backup: false, extensions: ["uuid-ossp"] });
const PASSWORD = "kX8vPz2Lq0wNkX8vPz2Lq0wNkX8vPz2L";

describe("quoting", () => {
    test.each([
        ["plain", '"plain"', "'plain'"],
        ['a"b', '"a""b"', `'a"b'`],
        ["a'b", `"a'b"`, "'a''b'"],
        ["a\\b", '"a\\b"', "'a\\b'"],
    ])("%s", (text, asIdentifier, asLiteral) => {
        expect(identifier(text)).toBe(asIdentifier);
        expect(literal(text)).toBe(asLiteral);
    });
});

describe("what is kept of a password", () => {
    test("R27: isn't the password, is the same each time, and differs by role and password", () => {
        const verifier = scramVerifier("demo_web_1", PASSWORD);
        expect(verifier).toMatch(/^SCRAM-SHA-256\$4096:[A-Za-z0-9+/]{22}==\$[A-Za-z0-9+/]{43}=:[A-Za-z0-9+/]{43}=$/);
        expect(scramVerifier("demo_web_1", PASSWORD)).toBe(verifier);
        expect(scramVerifier("demo_web_2", PASSWORD)).not.toBe(verifier);
        expect(scramVerifier("demo_web_1", `${PASSWORD}x`)).not.toBe(verifier);
    });

    test("R27: no statement holds the password itself", () => {
        const sql = createLogin({ name: "demo_web_1", memberOf: "demo_app", actsAs: false }, PASSWORD);
        expect(sql).not.toContain(PASSWORD);
        expect(sql).toContain(`PASSWORD '${scramVerifier("demo_web_1", PASSWORD)}'`);
    });
});

test("R43: who may connect and how", () => {
    const rules = clientAuthentication()
        .split("\n")
        .filter((line) => line !== "" && !line.startsWith("#"))
        .map((line) => line.split(/\s+/));
    expect(rules).toEqual([
        ["local", "all", "postgres", "peer", "map=administrator"],
        ["hostssl", "all", "postgres", "all", "reject"],
        ["hostssl", "all", "all", "all", "scram-sha-256"],
        ["hostnossl", "all", "all", "all", "reject"],
    ]);
    expect(
        identityMap()
            .trim()
            .split("\n")
            .map((line) => line.split(/\s+/)),
    ).toEqual([
        ["administrator", "postgres", "postgres"],
        ["administrator", "root", "postgres"],
    ]);
});

test("R45: the owner and the application's role can't log in; only logins can", () => {
    const sql = rolesAndDatabase(SPEC);
    expect(sql.match(/CREATE ROLE/g)).toHaveLength(2);
    expect(sql.match(/CREATE ROLE %I NOLOGIN/g)).toHaveLength(2);
    expect(sql).not.toMatch(/SUPERUSER|PASSWORD/);
    expect(createLogin({ name: "l", memberOf: "demo_app", actsAs: false }, PASSWORD)).toContain(
        "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE INHERIT",
    );
});

test("a login that goes: its connections first, and nothing else", () => {
    expect(dropLogin("demo_web_1")).toBe(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'demo_web_1';\nDROP ROLE IF EXISTS "demo_web_1";\n`,
    );
});
