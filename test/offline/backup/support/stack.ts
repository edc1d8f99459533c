import { clientAuthentication, identityMap, rolesAndDatabase } from "../../../../components/postgres-with-backup/sql";
import { resolvePostgres } from "../../../../components/postgres-with-backup/spec";
import { beside, docker, type Images, must, PREFIX, type Ran, until } from "./docker";

export const STACK = "quaitest-dev";
export const PASSWORD = "first-repository-password-0123456789";

export interface Settings {
    readonly at?: string;
    /** Null: there is no PostgreSQL. */
    readonly database?: null;
    readonly keep?: { readonly daily: number; readonly weekly: number; readonly monthly: number; readonly days: number | null };
    readonly offsite?: { readonly repository: string } | null;
    readonly drill?: string;
    /** Files below /run/secrets besides the settings and the password. */
    readonly client?: Readonly<Record<string, string>>;
    readonly password?: string;
}

export interface Snapshot {
    readonly id: string;
    readonly time: string;
    readonly reason: string;
    readonly rows: number;
    readonly files: number;
}

export interface Backup {
    readonly snapshot: string;
    readonly added: number;
    readonly bytes: number;
    readonly rows: number;
    readonly offsite: { readonly ok: boolean; readonly error: string | null } | null;
}

export interface Status {
    readonly last: (Backup & { readonly reason: string; readonly time: string }) | null;
    readonly lastError: { readonly error: string } | null;
    readonly lastDrill: {
        readonly ok: boolean;
        readonly tables: number;
        readonly rows: number;
        readonly files: number;
        readonly error: string | null;
        readonly repository: string;
    } | null;
    readonly problems: readonly string[];
    readonly overdue: boolean;
    readonly next: string;
}

/** A server and the backup tool as the component runs them: same mounts, same rights, read-only, but no application. */
export class TestStack {
    readonly server: string;
    readonly backup: string;
    readonly network: string;

    constructor(
        readonly images: Images,
        readonly name: string,
        /** Volumes shared with another test stack, by their part: another machine that has the same off-site disk. */
        private readonly shared: Readonly<Record<string, string>> = {},
    ) {
        this.server = `${PREFIX}-${name}-postgres`;
        this.backup = `${PREFIX}-${name}-backup`;
        this.network = `${PREFIX}-network`;
    }

    volume(part: string): string {
        return this.shared[part] ?? `${PREFIX}-${this.name}-${part}`;
    }

    /** Writes files into a volume, as a user. */
    fill(part: string, owner: number, files: Readonly<Record<string, string>>): void {
        for (const [name, content] of Object.entries(files)) {
            const program = `umask 077; rm -f "/v/${name}"; cat >"/v/${name}"; chown -R ${owner}:${owner} /v`;
            must(
                [
                    "run",
                    "--rm",
                    "-i",
                    "--user",
                    "0:0",
                    "-v",
                    `${this.volume(part)}:/v`,
                    "--entrypoint",
                    "sh",
                    this.images.postgres,
                    "-c",
                    program,
                ],
                content,
            );
        }
    }

    async startServer(): Promise<void> {
        const tuning = ["-c", "hba_file=/run/secrets/pg_hba.conf", "-c", "ident_file=/run/secrets/pg_ident.conf"];
        // The authentication of the component, except that its TLS files aren't there: nobody comes over the network here.
        const authentication = clientAuthentication()
            .replaceAll("hostssl ", "host    ")
            .replace(/^hostnossl.*$/m, "");
        this.fill("server-files", 999, {
            "pg_hba.conf": authentication,
            "pg_ident.conf": identityMap(),
            "superuser-password": "not-used-over-the-socket",
        });
        const mounts = [
            `${this.volume("data")}:/var/lib/postgresql/data`,
            `${this.volume("socket")}:/var/run/postgresql`,
            `${this.volume("server-files")}:/run/secrets:ro`,
        ];
        must([
            ...["run", "--detach", "--init", "--name", this.server, "--network", "none", "--user", "999:999", "--shm-size", "256m"],
            ...mounts.flatMap((mount) => ["-v", mount]),
            ...["-e", "PGDATA=/var/lib/postgresql/data/pgdata", "-e", "POSTGRES_PASSWORD_FILE=/run/secrets/superuser-password"],
            ...["-e", "POSTGRES_INITDB_ARGS=--encoding=UTF8", this.images.postgres, "postgres", ...tuning],
        ]);
        await until(
            "the server",
            120,
            () => docker(["exec", this.server, "pg_isready", "-q", "-h", "127.0.0.1", "-U", "postgres"]).status === 0,
        );
        this.sql("postgres", rolesAndDatabase(resolvePostgres({ version: 15, database: "demo", backup: false, extensions: ["pgcrypto"] })));
    }

    configure(settings: Settings = {}): void {
        const raw = {
            stack: STACK,
            ...(settings.database === null
                ? { database: null, owner: null, application: null }
                : { database: "demo", owner: "demo_owner", application: "demo_app" }),
            files: ["uploads"],
            at: settings.at ?? "02:00",
            timeZone: "Europe/Paris",
            keep: settings.keep ?? { daily: 7, weekly: 4, monthly: 12, days: null },
            offsite: settings.offsite ?? null,
            drill: settings.drill ?? "never",
            maxAgeSeconds: 93600,
        };
        const client = Object.fromEntries(Object.entries(settings.client ?? {}).map(([name, value]) => [`offsite-${name}`, value]));
        this.fill("secrets", 0, { "backup.json": JSON.stringify(raw), "repository-password": settings.password ?? PASSWORD, ...client });
    }

    /** `serve`, or an idle container in which the test runs commands. */
    startBackup(mode: "idle" | "serve", options: { readonly filesReadOnly?: boolean; readonly network?: string } = {}): void {
        const entry = mode === "serve" ? [this.images.backup] : ["--entrypoint", "sleep", this.images.backup, "infinity"];
        const mounts = [
            ...[`${this.volume("repository")}:/backup`, `${this.volume("keys")}:/keys`, `${this.volume("offsite")}:/offsite`],
            ...[`${this.volume("uploads")}:/files/uploads${options.filesReadOnly === true ? ":ro" : ""}`],
            ...[`${this.volume("socket")}:/var/run/postgresql`, `${this.volume("secrets")}:/run/secrets:ro`],
        ];
        docker(["rm", "--force", "--volumes", this.backup]);
        must([
            ...["run", "--detach", "--init", "--name", this.backup, "--network", options.network ?? "none", "--user", "0:0", "--read-only"],
            ...[
                "--cap-drop",
                "ALL",
                ...["DAC_READ_SEARCH", "DAC_OVERRIDE", "CHOWN", "FOWNER", "FSETID"].flatMap((each) => ["--cap-add", each]),
            ],
            ...["--security-opt", "no-new-privileges:true", "--memory", "1g", "--tmpfs", "/tmp:rw,noexec,nosuid,size=256m"],
            ...mounts.flatMap((mount) => ["-v", mount]),
            ...entry,
        ]);
    }

    sql(database: string, text: string): string {
        return must(["exec", "-i", this.server, "psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-d", database], text).trim();
    }

    /** A shell script in the backup's container. */
    sh(script: string, input?: string): string {
        return must(["exec", "-i", this.backup, "bash", "-euc", script], input);
    }

    /** A shell script that may do everything to the stack's volumes. */
    tamper(script: string): string {
        const mounts = ["repository:/backup", "keys:/keys", "uploads:/files/uploads", "offsite:/offsite"];
        const volumes = mounts.flatMap((mount) => ["-v", `${this.volume(mount.split(":")[0] ?? "")}:${mount.split(":")[1] ?? ""}`]);
        return must(["run", "--rm", "-i", "--user", "0:0", ...volumes, "--entrypoint", "bash", this.images.postgres, "-euc", script]);
    }

    tool(...words: string[]): Ran {
        return docker(["exec", "-i", this.backup, "quai-backup", ...words]);
    }

    toolBeside(...words: string[]): Promise<Ran> {
        return beside(["exec", this.backup, "quai-backup", ...words]);
    }

    /** The result of a command; throws when it fails. */
    ask<T>(...words: string[]): T {
        return JSON.parse(must(["exec", this.backup, "quai-backup", ...words, "--json"])) as T;
    }

    snapshots(): Snapshot[] {
        return this.ask<Snapshot[]>("list");
    }

    /** Owners, modes, types, contents, links of the application's files, as one text to compare. */
    filesText(): string {
        const list = `find . -path './.quai-*' -prune -o -printf '%P %y %U:%G %m %l\\n'`;
        return this.sh(
            `cd /files/uploads; ${list} | LC_ALL=C sort; find . -path './.quai-*' -prune -o -type f -exec sha256sum {} + | LC_ALL=C sort -k2`,
        );
    }

    /** Databases besides PostgreSQL's own. */
    databases(): string[] {
        return this.sql("postgres", "SELECT datname FROM pg_database WHERE NOT datistemplate AND datname <> 'postgres' ORDER BY 1").split(
            "\n",
        );
    }
}

/** Tables of every kind that a dump treats in its own way. */
export const SCHEMA = `
SET ROLE demo_owner;
CREATE TABLE notes (id bigserial PRIMARY KEY, body text NOT NULL, made timestamptz DEFAULT now());
INSERT INTO notes (body) SELECT 'note ' || i FROM generate_series(1, 1000) i;
CREATE TABLE "Odd ""name"" é" (id int GENERATED ALWAYS AS IDENTITY, value jsonb);
INSERT INTO "Odd ""name"" é" (value) SELECT jsonb_build_object('text', E'line\\nbreak\\ttab \\\\ é') FROM generate_series(1, 20);
CREATE TABLE measures (day date, value int) PARTITION BY RANGE (day);
CREATE TABLE measures_1 PARTITION OF measures FOR VALUES FROM ('2026-01-01') TO ('2026-07-01');
CREATE TABLE measures_2 PARTITION OF measures FOR VALUES FROM ('2026-07-01') TO ('2027-01-01');
INSERT INTO measures SELECT '2026-01-01'::date + i, i FROM generate_series(0, 364) i;
CREATE MATERIALIZED VIEW recent AS SELECT * FROM notes ORDER BY id DESC LIMIT 10;
CREATE TABLE empty ();
RESET ROLE;
CREATE ROLE reporting NOLOGIN;
GRANT SELECT ON notes TO reporting;
ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON notes FOR SELECT TO demo_app USING (true);
SELECT lo_from_bytea(0, 'a large object');
ALTER DATABASE demo SET search_path TO "$user", public;
ALTER DATABASE demo SET timezone TO 'Europe/Paris';
`;

/** Everything that tells two states of the database apart. */
export const CONTENT = `
SELECT 'notes', count(*), md5(string_agg(n::text, ',' ORDER BY id)) FROM notes n;
SELECT 'odd', count(*), md5(string_agg(value::text, ',' ORDER BY id)) FROM "Odd ""name"" é";
SELECT 'measures', count(*), sum(value) FROM measures;
SELECT 'recent', count(*), sum(id) FROM recent;
SELECT 'objects', convert_from(lo_get(oid), 'UTF8') FROM pg_largeobject_metadata;
SELECT c.relname, pg_get_userbyid(c.relowner), c.relacl, c.relrowsecurity FROM pg_class c JOIN pg_namespace s ON s.oid = c.relnamespace
    WHERE s.nspname = 'public' ORDER BY 1;
SELECT last_value, is_called FROM notes_id_seq;
SELECT pg_get_userbyid(datdba), has_database_privilege('demo_app', datname, 'CONNECT'), has_database_privilege('reporting', datname, 'CONNECT'),
    encoding, datcollate FROM pg_database WHERE datname = current_database();
SELECT unnest(setconfig) FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase WHERE d.datname = current_database() ORDER BY 1;
SELECT defaclobjtype, defaclacl FROM pg_default_acl ORDER BY 1;
SELECT extname FROM pg_extension ORDER BY 1;
`;

/** Files of several owners and modes, links, odd names, an empty folder. */
export const FILES = `
cd /files/uploads; rm -rf a 'odd [n]ame*' link empty
mkdir -p a/b empty; printf hello >a/b/x; printf 'déjà vu' >'odd [n]ame*'; head -c 300000 /dev/zero >a/zeros; ln -s a/b/x link
chown 10001:10002 a a/b/x; chown -h 10003:10003 link; chmod 0600 a/b/x; chmod 0444 'odd [n]ame*'; chmod 2770 a; chown 10001:10001 .; chmod 2775 .
`;
