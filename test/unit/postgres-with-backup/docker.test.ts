import * as pulumi from "@pulumi/pulumi";
import type { PostgresWithBackupArgs } from "../../../components/postgres-with-backup";
import { PostgresWithBackup } from "../../../components/postgres-with-backup";
import { createLogin, dropLogin, rolesAndDatabase } from "../../../components/postgres-with-backup/sql";
import { resolvePostgres } from "../../../components/postgres-with-backup/spec";
import type { DockerTargetArgs } from "../../../components/targets/docker-target";
import { COMMAND, CONTAINER, idOf, record, valueOf, VOLUME } from "../support/mocks";
import { commandOf, dockerTarget, filesIn, leaks, MIB, secretsFor } from "../support/target";
import { healthcheck } from "../../../components/internal/health";

interface Options {
    readonly target?: Partial<DockerTargetArgs>;
    readonly rotation?: Readonly<Record<string, string>>;
}

function database(change: Partial<PostgresWithBackupArgs> = {}, options: Options = {}) {
    return record(() => {
        const target = dockerTarget(options.target);
        const secrets = secretsFor(target, options.rotation);
        return new PostgresWithBackup("postgres", { target, secrets, version: 16, database: "demo", backup: false, ...change });
    });
}

const listed = (names: readonly string[]) => names.map((name) => name.replace(/-[0-9a-f]{8}$/, "-<release>"));

describe("PostgreSQL on a Docker host", () => {
    test("everything it is made of", async () => {
        const { list } = await database();
        expect(listed(list(CONTAINER, VOLUME, COMMAND, "quai:index:PostgresWithBackup"))).toEqual([
            `${COMMAND} postgres-database`,
            `${COMMAND} postgres-files-<release>`,
            `${COMMAND} postgres-login-demo_migrate_1`,
            `${COMMAND} postgres-login-demo_web_1`,
            `${COMMAND} postgres-superuser`,
            `${CONTAINER} postgres`,
            `${VOLUME} postgres-data`,
            `${VOLUME} postgres-socket`,
            "quai:index:PostgresWithBackup postgres",
        ]);
    });

    test("R15, R16, R43: the container can do little, publishes nothing, has its limits, and speaks TLS", async () => {
        const { get, of } = await database({ memory: 512 * MIB, maxConnections: 50 });
        const files = of(COMMAND).find(({ name }) => name.startsWith("postgres-files-"));
        const { command, ...inputs } = get(CONTAINER, "postgres").inputs;
        expect(inputs).toEqual({
            name: "demo-dev-postgres",
            image: `sha256:${idOf("postgres:16.15-bookworm")}`,
            user: "999:999",
            readOnly: true,
            init: true,
            capabilities: { drops: ["ALL"] },
            securityOpts: ["no-new-privileges:true"],
            ulimits: [{ name: "core", soft: 0, hard: 0 }],
            logDriver: "json-file",
            logOpts: { "max-size": "50m", "max-file": "5" },
            restart: "unless-stopped",
            mustRun: true,
            memory: 512,
            memorySwap: 512,
            shmSize: 128,
            envs: [
                "PGDATA=/var/lib/postgresql/data/pgdata",
                "POSTGRES_PASSWORD_FILE=/run/secrets/superuser-password",
                "POSTGRES_INITDB_ARGS=--encoding=UTF8 --data-checksums",
            ],
            networksAdvanced: [{ name: "demo-dev-data", aliases: ["postgres"] }],
            mounts: [
                { type: "volume", source: "demo-dev-postgres-data", target: "/var/lib/postgresql/data" },
                { type: "volume", source: "demo-dev-postgres-socket", target: "/var/run/postgresql" },
                { type: "volume", source: `demo-dev-${files?.name}`, target: "/run/secrets", readOnly: true },
            ],
            tmpfs: { "/tmp": "rw,noexec,nosuid,size=64m" },
            healthcheck: healthcheck({
                command: ["pg_isready", "--quiet", "--host", "127.0.0.1", "--username", "postgres", "--dbname", "postgres"],
                interval: 15,
                timeout: 3,
                retries: 10,
                startPeriod: 60,
                shell: true,
            }),
            wait: true,
            waitTimeout: 130,
            labels: [
                { label: "io.quai.stack", value: "demo-dev" },
                { label: "io.quai.role", value: "postgres" },
                { label: "io.quai.service", value: "postgres" },
            ],
            stopSignal: "SIGINT",
            stopTimeout: 60,
            destroyGraceSeconds: 60,
        });
        const words = command as string[];
        expect(words[0]).toBe("postgres");
        expect(words.filter((_, index) => index % 2 === 1)).toEqual(words.slice(1).filter((_, index) => index % 2 === 0));
        expect(Object.fromEntries(words.filter((word) => word.includes("=")).map((word) => word.split("=")))).toEqual({
            max_connections: "50",
            shared_buffers: "128MB",
            effective_cache_size: "384MB",
            maintenance_work_mem: "32MB",
            work_mem: "2MB",
            max_wal_size: "1GB",
            checkpoint_completion_target: "0.9",
            random_page_cost: "1.1",
            ssl: "on",
            ssl_cert_file: "/run/secrets/server.crt",
            ssl_key_file: "/run/secrets/server.key",
            ssl_min_protocol_version: "TLSv1.2",
            hba_file: "/run/secrets/pg_hba.conf",
            ident_file: "/run/secrets/pg_ident.conf",
            password_encryption: "scram-sha-256",
            log_checkpoints: "off",
            log_lock_waits: "on",
        });
    });

    test("R40: by setting, the loopback address of the host leads to it, and no other; for that it's on a network that leads somewhere", async () => {
        const { get } = await database({ localPort: 5433 });
        expect(get(CONTAINER, "postgres").inputs).toMatchObject({
            ports: [{ internal: 5432, external: 5433, ip: "127.0.0.1", protocol: "tcp" }],
            networksAdvanced: [{ name: "demo-dev-data", aliases: ["postgres"] }, { name: "demo-dev-app" }],
        });
    });

    test("properties that the provider changes without effect make a new container; never two servers on the same data", async () => {
        const { get } = await database();
        expect(get(CONTAINER, "postgres")).toMatchObject({
            replaceOnChanges: ["healthcheck", "tmpfs", "init", "mounts"],
            deleteBeforeReplace: true,
            provider: "host",
        });
    });

    test.each([
        [15, "postgres:15.19-bookworm", "/var/lib/postgresql/data", "/var/lib/postgresql/data/pgdata"],
        [18, "postgres:18.6-bookworm", "/var/lib/postgresql", "/var/lib/postgresql/18/docker"],
    ] as const)("R9, R41: version %d is %s with its data at %s", async (version, image, mount, folder) => {
        const { get } = await database({ version });
        const { inputs } = get(CONTAINER, "postgres");
        expect(inputs["image"]).toBe(`sha256:${idOf(image)}`);
        expect((inputs["mounts"] as { target: string }[])[0]?.target).toBe(mount);
        expect((inputs["envs"] as string[])[0]).toBe(`PGDATA=${folder}`);
    });

    test("R27: no password stands in an input that anybody can read", async () => {
        const { resources, generated } = await database({ backup: BACKUP });
        expect(generated.size).toBeGreaterThan(6);
        expect(leaks(resources, generated)).toEqual([]);
    });

    test("R43: key, certificate, access rules and the first password are files of the server's own user", async () => {
        const { of, generated } = await database();
        const files = of(COMMAND).find(({ name }) => name.startsWith("postgres-files-"));
        if (files === undefined) throw new Error("no files");
        const { script, data } = commandOf(files);
        expect(script.endsWith(" tool 999 999")).toBe(true);
        const contents = filesIn(data);
        expect(Object.keys(contents)).toEqual(["server.crt", "server.key", "pg_hba.conf", "pg_ident.conf", "superuser-password"]);
        expect(contents["server.crt"]).toMatch(/^-----BEGIN CERTIFICATE-----/);
        expect(generated).toContain(contents["server.key"]);
        expect(generated).toContain(contents["superuser-password"]);
        expect(data.split("\n").every((line) => line === "" || line.split(" ")[1] === "0400")).toBe(true);
    });

    test("the database, then its logins, over the server's own socket; a new server gets them again", async () => {
        const { get, result } = await database({ extensions: ["pgcrypto"] });
        const [server, roles, login] = [
            get(CONTAINER, "postgres"),
            get(COMMAND, "postgres-database"),
            get(COMMAND, "postgres-login-demo_web_1"),
        ];
        expect(server.after.some((name) => name.startsWith("postgres-files-"))).toBe(true);
        expect(roles.after).toContain("postgres");
        expect(login.after).toContain("postgres-database");
        const spec = resolvePostgres({ version: 16, database: "demo", backup: false, extensions: ["pgcrypto"] });
        expect(commandOf(roles)).toEqual({
            script: `set -eu\n# server ${idOf("postgres")}\ndocker exec -i demo-dev-postgres psql --no-psqlrc --quiet --username postgres --set ON_ERROR_STOP=1 --tuples-only --no-align --file -`,
            data: `${rolesAndDatabase(spec)}\nSELECT 'data ' || system_identifier FROM pg_control_system();`,
        });
        expect(roles.inputs["delete"]).toBeUndefined();
        const url = await valueOf(result.url().value);
        const password = new URL(url.replace("postgresql:", "http:")).password;
        expect(commandOf(login).data).toBe(createLogin({ name: "demo_web_1", memberOf: "demo_app", actsAs: false }, password));
        expect(login.inputs["delete"]).toContain(dropLogin("demo_web_1").split("\n")[0]?.split("'")[0]);
        expect(login.inputs["delete"]).toContain("docker inspect -f '{{.State.Running}}' demo-dev-postgres");
    });

    test("R34: a rotation makes a login of another name, and touches neither the server nor the other login", async () => {
        const [before, after] = [await database(), await database({}, { rotation: { databasePassword: "2026-11-01" } })];
        expect(after.list(COMMAND).filter((name) => !before.list(COMMAND).includes(name))).toEqual([
            `${COMMAND} postgres-login-demo_web_20261101`,
        ]);
        expect(after.get(CONTAINER, "postgres")).toEqual(before.get(CONTAINER, "postgres"));
        expect(after.get(COMMAND, "postgres-login-demo_migrate_1")).toEqual(before.get(COMMAND, "postgres-login-demo_migrate_1"));
        expect(after.result.url().version).toBe("2026-11-01");
        expect(before.result.url().version).toBe("1");
    });

    test("R34: another password of the superuser is told to the server by SQL, which runs on", async () => {
        const [before, after] = [await database(), await database({}, { rotation: { postgresPassword: "2026-11-01" } })];
        expect(after.list(COMMAND)).toEqual(before.list(COMMAND));
        expect(after.get(CONTAINER, "postgres")).toEqual(before.get(CONTAINER, "postgres"));
        const sql = (made: typeof before) => commandOf(made.get(COMMAND, "postgres-superuser")).data;
        expect(sql(after)).toMatch(/^ALTER ROLE "postgres" PASSWORD 'SCRAM-SHA-256\$4096:[^']+';$/m);
        expect(sql(after)).not.toBe(sql(before));
    });

    test("R48: data are protected where asked, and never replaced for a label", async () => {
        const { get } = await database({}, { target: { protect: true } });
        expect(get(VOLUME, "postgres-data")).toMatchObject({
            protect: true,
            ignoreChanges: ["labels", "driver", "driverOpts"],
            inputs: { name: "demo-dev-postgres-data" },
        });
        expect(get(VOLUME, "postgres-socket").protect).toBe(false);
        expect((await database()).get(VOLUME, "postgres-data").protect).toBe(false);
    });

    test("a stopped stack keeps volumes, secrets and certificate, and nothing that runs", async () => {
        const stopped = await database({ backup: BACKUP }, { target: { running: false } });
        expect(stopped.list(CONTAINER, COMMAND, VOLUME)).toEqual([
            `${VOLUME} backup-keys`,
            `${VOLUME} backup-repository`,
            `${VOLUME} postgres-data`,
            `${VOLUME} postgres-socket`,
        ]);
        expect(stopped.result.endpoint.ready).toBeUndefined();
        const running = await database({ backup: BACKUP });
        for (const kept of stopped.resources.filter(
            ({ type }) => type.startsWith("tls:") || type.startsWith("random:") || type === VOLUME,
        )) {
            expect(running.get(kept.type, kept.name)).toEqual(kept);
        }
    });
});

describe("R30: connection strings", () => {
    test("one for the application, one for migrations, TLS verified, secret", async () => {
        const { result } = await database();
        const url = result.url();
        expect(await pulumi.isSecret(url.value)).toBe(true);
        expect(url.name).toBe("databaseUrl");
        expect(await valueOf(url.value)).toMatch(
            /^postgresql:\/\/demo_web_1:[a-z0-9]{32}@postgres:5432\/demo\?sslmode=verify-full&sslrootcert=\/run\/secrets\/databaseAuthority$/,
        );
        expect(result.url({ as: "migration" }).name).toBe("migrationUrl");
        expect(await valueOf(result.url({ as: "migration" }).value)).toMatch(
            /^postgresql:\/\/demo_migrate_1:[a-z0-9]{32}@postgres:5432\/demo\?/,
        );
    });

    test("driver prefix and authority's file are settable, TLS parameters can be left to the driver", async () => {
        const { result } = await database();
        expect(await valueOf(result.url({ driver: "postgresql+asyncpg", authorityFile: undefined }).value)).toMatch(
            /^postgresql\+asyncpg:\/\/demo_web_1:[a-z0-9]{32}@postgres:5432\/demo$/,
        );
        expect(await valueOf(result.url({ authorityFile: "/app/ca file&x.crt" }).value)).toMatch(/&sslrootcert=\/app\/ca%20file%26x\.crt$/);
    });
});

const BACKUP = {
    at: "02:00",
    timeZone: "UTC",
    keep: { daily: 7, weekly: 4, monthly: 12 },
    drill: "weekly",
    maxAge: 93600,
} as const;
