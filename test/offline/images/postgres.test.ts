import { randomBytes } from "node:crypto";
import { catalogue } from "../../../components/internal/images";
import { ensureOfflineImages, recipeFor } from "../../../tools/offline/images";
import { docker, fresh, hardened, logs, must, removeAll, until, volumeWith } from "./engine";

/** 15 always; the others where they've been built, or all with QUAI_TEST_ALL_IMAGES=1, as each takes another root file system. */
const versions = Object.keys(catalogue.postgres).filter((version) => {
    const { tag } = recipeFor({ reference: catalogue.postgres[version]! });
    return version === "15" || process.env.QUAI_TEST_ALL_IMAGES === "1" || docker("image", "inspect", tag).code === 0;
});
jest.setTimeout(120_000);
const password = randomBytes(18).toString("base64url");
let toolbox: string;

beforeAll(async () => {
    const map = await ensureOfflineImages([
        ...versions.map((v) => ({ reference: catalogue.postgres[v]! })),
        { reference: catalogue.debian["12"]! },
    ]);
    toolbox = map[catalogue.debian["12"]!]!;
}, 900_000);
afterAll(removeAll);

const initFiles = {
    "10-table.sql": "create table kept (n int); insert into kept values (42);",
    "20-script.sh": '#!/bin/sh\npsql -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d "$POSTGRES_DB" -c "create extension pgcrypto"\n',
    "30-ignored.txt": "not for the database",
};

describe.each(versions)("R9, R13: postgres %s", (version) => {
    const recipe = recipeFor({ reference: catalogue.postgres[version]! });
    const secret = { volume: "" };
    const init = { volume: "" };
    const data = fresh(`data${version}`);
    let server: string;

    function start(name: string, volume: string, ...more: string[]): void {
        const socket = "/var/run/postgresql:uid=999,gid=999,mode=0775";
        const mounts = [
            "-v",
            `${volume}:${recipe.args.PG_VOLUME}`,
            "-v",
            `${secret.volume}:/run/secrets:ro`,
            "-v",
            `${init.volume}:/docker-entrypoint-initdb.d:ro`,
        ];
        const env = ["-e", "POSTGRES_USER=app", "-e", "POSTGRES_DB=app-db", "-e", "POSTGRES_PASSWORD_FILE=/run/secrets/db"];
        must("run", "-d", "--name", name, "--user", "999:999", ...hardened, "--tmpfs", socket, ...mounts, ...env, ...more);
    }
    const query = (name: string, text: string): ReturnType<typeof docker> =>
        docker("exec", name, "sh", "-c", 'PGPASSWORD=$(cat /run/secrets/db) psql -h "$(hostname)" -U app -d app-db -Atc "$1"', "sh", text);
    const isReady = (name: string): Promise<void> =>
        until(`${name} answers`, () => docker("exec", name, "pg_isready", "-q", "-h", "127.0.0.1").code === 0);

    beforeAll(async () => {
        secret.volume = volumeWith(toolbox, { db: `${password}\n` }, "999:999");
        init.volume = volumeWith(toolbox, initFiles, "999:999");
        server = fresh(`pg${version}`);
        start(
            server,
            data,
            "-e",
            "POSTGRES_INITDB_ARGS=--data-checksums --auth-local=scram-sha-256",
            recipe.tag,
            "-c",
            "max_connections=33",
        );
        await isReady(server);
    }, 120_000);

    test("makes the cluster as 999, without capabilities, from a password file; init files have run in order", () => {
        expect(must("exec", server, "id", "-u")).toBe("999");
        expect(query(server, "select n from kept").out).toBe("42");
        expect(query(server, "select extname from pg_extension where extname = 'pgcrypto'").out).toBe("pgcrypto");
        expect(logs(server)).toContain("ignoring /docker-entrypoint-initdb.d/30-ignored.txt");
    });

    test("arguments and initdb's arguments count; the major version is the wanted one", () => {
        expect(query(server, "show max_connections").out).toBe("33");
        expect(query(server, "show data_checksums").out).toBe("on");
        expect(query(server, "show server_version").out).toMatch(new RegExp(`^${version}(\\.|\\b)`));
        expect(query(server, "show data_directory").out).toBe(recipe.args.PG_DATA);
        expect(query(server, "select datcollate from pg_database where datname = current_database()").out).toBe("en_US.utf8");
    });

    test("the password is asked for over the network and shows nowhere", () => {
        // Connections from the container itself are trusted on 127.0.0.1, as in the official image; those over its network are not.
        const wrong = docker("exec", "-e", "PGPASSWORD=wrong", server, "sh", "-c", 'psql -h "$(hostname)" -U app -d app-db -c "select 1"');
        expect(wrong.err).toContain("password authentication failed");
        expect(logs(server)).not.toContain(password);
        expect(must("inspect", server)).not.toContain(password);
        expect(must("exec", server, "sh", "-c", "cat /proc/*/cmdline /proc/1/environ | tr '\\0' ' '")).not.toContain(password);
    });

    test("the tools of the same version are on the path", () => {
        for (const tool of ["psql", "pg_dump", "pg_restore", "pg_isready", "pg_basebackup", "initdb"]) {
            expect(must("exec", server, tool, "--version")).toMatch(new RegExp(`\\) ${version}\\.`));
        }
    });

    test("R14: stops at once and cleanly, and a new container finds the data, without init files running again", async () => {
        const before = Date.now();
        must("stop", "-t", "30", server);
        expect(Date.now() - before).toBeLessThan(10_000);
        expect(must("inspect", "--format", "{{.State.ExitCode}}", server)).toBe("0");
        const next = fresh(`pg${version}-next`);
        start(next, data, recipe.tag);
        await isReady(next);
        expect(query(next, "select count(*) from kept").out).toBe("1");
        expect(logs(next)).not.toContain("10-table.sql");
        must("stop", next);
    });

    test("started as root it hands the folder over and drops to 999", async () => {
        const volume = volumeWith(toolbox, {}, "0:0");
        const name = fresh(`pg${version}-root`);
        must("run", "-d", "--name", name, "-e", "POSTGRES_PASSWORD=x", "-v", `${volume}:${recipe.args.PG_VOLUME}`, recipe.tag);
        await isReady(name);
        expect(must("exec", name, "stat", "-c", "%u", "/proc/1", recipe.args.PG_DATA!)).toBe("999\n999");
    });
});

describe("postgres refuses, and says what to do", () => {
    const tag = recipeFor({ reference: catalogue.postgres["15"]! }).tag;
    const run = (...args: string[]): string => {
        const result = docker("run", "--rm", "--user", "999:999", ...args);
        expect(result.code).not.toBe(0);
        return result.err;
    };

    test("a data folder of somebody else", () => {
        const volume = volumeWith(toolbox, { "data/PG_VERSION": "15\n" }, "1000:1000");
        const err = run("-v", `${volume}:/v`, "-e", "PGDATA=/v/data", "-e", "POSTGRES_PASSWORD=x", tag);
        expect(err).toContain(
            'PGDATA: "/v/data" belongs to uid 1000, but the server runs as uid 999: chown -R 999 the volume, or start the container as root once',
        );
    });

    test("no password", () => {
        expect(run(tag)).toContain(
            "POSTGRES_PASSWORD: needed to make a new cluster: set POSTGRES_PASSWORD_FILE (better) or POSTGRES_PASSWORD",
        );
    });

    test("a password twice, and a password file that isn't there", () => {
        expect(run("-e", "POSTGRES_PASSWORD=x", "-e", "POSTGRES_PASSWORD_FILE=/y", tag)).toContain(
            "set either POSTGRES_PASSWORD or POSTGRES_PASSWORD_FILE, not both",
        );
        expect(run("-e", "POSTGRES_PASSWORD_FILE=/y", tag)).toContain('POSTGRES_PASSWORD_FILE: cannot read "/y" as uid 999');
    });

    test("an init file that fails stops the start", () => {
        const volume = volumeWith(toolbox, { "10-bad.sql": "select 1/0;" }, "999:999");
        expect(run("-e", "POSTGRES_PASSWORD=x", "-v", `${volume}:/docker-entrypoint-initdb.d`, tag)).toContain("division by zero");
    });
});
