import { execFileSync } from "node:child_process";
import { appendFileSync, chmodSync, chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { userInfo } from "node:os";
import { join } from "node:path";
import { clientAuthentication, identityMap } from "../../../components/postgres-with-backup/sql";
import type { Ran } from "../support/scratch";
import { run } from "../support/scratch";

const PROGRAMS = "/usr/lib/postgresql/15/bin";

/** Debian's package postgresql-15; without it the tests against a real server are skipped, visibly. */
export const thereIsPostgres = existsSync(join(PROGRAMS, "initdb"));

/** A real PostgreSQL 15 with the component's own access rules and a throw-away certificate, on loopback. */
export class TestServer {
    private constructor(
        readonly folder: string,
        readonly port: number,
    ) {}

    static async start(folder: string): Promise<TestServer> {
        const server = new TestServer(folder, await freePort());
        for (const part of ["data", "socket", "settings"]) mkdirSync(join(folder, part), { mode: 0o700 });
        chmodSync(folder, 0o755);
        const settings = join(folder, "settings");
        execFileSync(
            "openssl",
            [
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:prime256v1",
                "-nodes",
                "-days",
                "1",
                "-subj",
                "/CN=localhost",
            ].concat([
                "-addext",
                "subjectAltName=DNS:localhost",
                "-keyout",
                join(settings, "server.key"),
                "-out",
                join(folder, "server.crt"),
            ]),
            { stdio: "pipe" },
        );
        writeFileSync(join(settings, "pg_hba.conf"), clientAuthentication());
        // The administrator of this server is whoever runs the tests.
        writeFileSync(join(settings, "pg_ident.conf"), `${identityMap()}administrator  ${userInfo().username}  postgres\n`);
        writeFileSync(join(settings, "log"), "");
        server.give("data", "socket", "settings", "settings/server.key", "settings/pg_hba.conf", "settings/pg_ident.conf", "settings/log");
        chmodSync(join(folder, "socket"), 0o755);
        server.program(
            "initdb",
            "--no-sync",
            "--username",
            "postgres",
            "--auth",
            "peer",
            "--encoding",
            "UTF8",
            "--locale",
            "C",
            join(folder, "data"),
        );
        appendFileSync(join(folder, "data", "postgresql.conf"), server.parameters());
        server.program("pg_ctl", "--wait", "--pgdata", join(folder, "data"), "--log", join(settings, "log"), "start");
        return server;
    }

    stop(): void {
        this.program("pg_ctl", "--mode", "immediate", "--pgdata", join(this.folder, "data"), "stop");
    }

    get log(): string {
        return readFileSync(join(this.folder, "settings", "log"), "utf8");
    }

    /** SQL as the administrator, with the options that the component uses. */
    async admin(sql: string, database = "postgres"): Promise<string> {
        const options = ["--no-psqlrc", "--quiet", "--username", "postgres", "--set", "ON_ERROR_STOP=1", "--tuples-only", "--no-align"];
        const ran = await run(
            "psql",
            [...options, "--host", join(this.folder, "socket"), "--port", String(this.port), "--dbname", database, "--file", "-"],
            {
                input: sql,
            },
        );
        if (ran.code !== 0) throw new Error(ran.stderr);
        return ran.stdout.trim();
    }

    /** SQL by a client that has a connection string. */
    client(url: string, sql: string): Promise<Ran> {
        return run("psql", ["--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--tuples-only", "--no-align", url, "--file", "-"], {
            input: sql,
        });
    }

    url(
        user: string,
        password: string,
        database: string,
        parameters = `sslmode=verify-full&sslrootcert=${join(this.folder, "server.crt")}`,
    ): string {
        return `postgresql://${encodeURIComponent(user)}:${encodeURIComponent(password)}@localhost:${this.port}/${database}?${parameters}`;
    }

    private parameters(): string {
        const settings = join(this.folder, "settings");
        const parameters = {
            listen_addresses: "localhost",
            port: String(this.port),
            unix_socket_directories: join(this.folder, "socket"),
            ssl: "on",
            ssl_cert_file: join(this.folder, "server.crt"),
            ssl_key_file: join(settings, "server.key"),
            hba_file: join(settings, "pg_hba.conf"),
            ident_file: join(settings, "pg_ident.conf"),
            password_encryption: "scram-sha-256",
            // Everything, to see whether a password shows.
            log_statement: "all",
            fsync: "off",
        };
        return Object.entries(parameters)
            .map(([key, value]) => `${key} = '${value}'\n`)
            .join("");
    }

    /** PostgreSQL refuses to run as root. */
    private get ids(): { uid?: number; gid?: number } {
        return process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
    }

    private give(...paths: string[]): void {
        const { uid, gid } = this.ids;
        for (const path of paths) if (uid !== undefined && gid !== undefined) chownSync(join(this.folder, path), uid, gid);
    }

    private program(name: string, ...args: string[]): void {
        execFileSync(join(PROGRAMS, name), args, { ...this.ids, cwd: "/", stdio: ["ignore", "ignore", "pipe"] });
    }
}

function freePort(): Promise<number> {
    return new Promise((resolve) => {
        const probe = createServer().listen(0, "127.0.0.1", () => {
            const { port } = probe.address() as AddressInfo;
            probe.close(() => resolve(port));
        });
    });
}
