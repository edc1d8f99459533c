import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { backupOnDocker, repositoryName } from "../backup/docker";
import { localCertificate } from "../internal/certificates";
import type { FileVolume } from "../internal/docker/file-volume";
import { fileVolume } from "../internal/docker/file-volume";
import { hardened, keptData, memoryLimit, containerOptions } from "../internal/docker/hardening";
import type { Health } from "../internal/health";
import { healthcheck, waitTimeout } from "../internal/health";
import { isFirst, trustedVersion } from "../secrets-bundle/versions";
import { officialImage } from "../internal/images";
import { labelList } from "../internal/labels";
import { releaseOf } from "../internal/release";
import { quote, script, sh } from "../internal/shell";
import type { DockerTarget } from "../targets";
import type { HostCommand } from "../targets/host-command";
import { hostCommand } from "../targets/host-command";
import type { PostgresEndpoint, PostgresWithBackup } from ".";
import type { PostgresWithBackupArgs } from "./args";
import { loginsOf } from "./logins";
import type { PostgresSpec } from "./spec";
import { clientAuthentication, createLogin, dropLogin, identityMap, rolesAndDatabase, setPassword } from "./sql";

const PORT = 5432;
const HOST = "postgres";
/** The user of the official image. */
const UID = 999;
const SOCKET = "/var/run/postgresql";
const RELOAD = "SELECT pg_reload_conf();";
/** The number that initdb gave the data, whatever is restored into them. */
const SHOW_DATA = "SELECT 'data ' || system_identifier FROM pg_control_system();";

export function postgresOnDocker(
    self: PostgresWithBackup,
    name: string,
    spec: PostgresSpec,
    target: DockerTarget,
    args: Pick<PostgresWithBackupArgs, "secrets" | "files">,
): PostgresEndpoint {
    const certificate = localCertificate(
        name,
        target,
        {
            authorityName: `${target.stack} database authority`,
            commonName: HOST,
            dnsNames: [HOST, target.name(name)],
            authority: args.secrets.authority,
        },
        self,
    );
    const logins = loginsOf(spec, args.secrets);
    const volumes = dataVolumes(self, name, target);
    const repository = spec.backup === false ? undefined : repositoryName(target);
    const endpoint = {
        host: HOST,
        port: PORT,
        authorityPem: certificate.authorityPem,
        authorityVersion: trustedVersion(args.secrets.authority),
        logins: { application: logins.application.name, migration: logins.migration.name },
        repository,
    };
    const backUp = (ready: pulumi.Resource | undefined) => {
        if (spec.backup === false) return;
        const database = { name: spec.database, roles: spec.roles, socketVolume: volumes.socket.name, ready };
        const base = officialImage("postgres", String(spec.version));
        backupOnDocker(self, { target, secrets: args.secrets, backup: spec.backup, files: args.files ?? [], base, database });
    };
    if (!target.running) {
        backUp(undefined);
        return { ...endpoint, ready: undefined, data: undefined };
    }
    const authentication = clientAuthentication();
    const identities = identityMap();
    const superuser = args.secrets.get("postgresPassword");
    // Not the superuser's password: the server reads it only while it makes its first data, and is told another one by SQL.
    const release = releaseOf({ authentication, identities });
    const files = fileVolume(
        target,
        `${name}-files-${release}`,
        {
            name: `${name}-files-${release}`,
            uid: UID,
            gid: UID,
            files: {
                "server.crt": { content: certificate.certificatePem },
                "server.key": { content: certificate.keyPem },
                "pg_hba.conf": { content: authentication },
                "pg_ident.conf": { content: identities },
                "superuser-password": { content: superuser.value },
            },
        },
        { parent: self },
    );
    const server = serverContainer(self, name, spec, target, { files, volumes });
    const database = administer(target, `${name}-database`, server, `${rolesAndDatabase(spec)}\n${SHOW_DATA}`, undefined, { parent: self });
    administer(
        target,
        `${name}-superuser`,
        server,
        superuser.value.apply((password) => setPassword("postgres", password)),
        undefined,
        { parent: self },
    );
    // The server reads its certificate when it starts, and when it is told.
    const reloaded = isFirst(args.secrets.authority)
        ? undefined
        : administer(target, `${name}-certificate`, server, `-- ${trustedVersion(args.secrets.authority)}\n${RELOAD}`, undefined, {
              parent: self,
          });
    const loginResources = [logins.application, logins.migration].map(
        ({ secret, ...login }) =>
            administer(
                target,
                `${name}-login-${login.name}`,
                server,
                secret.value.apply((password) => createLogin(login, password)),
                dropLogin(login.name),
                { parent: self, dependsOn: [database.resource, ...(reloaded === undefined ? [] : [reloaded.resource])] },
            ).resource,
    );
    backUp(database.resource);
    return { ...endpoint, ready: barrier(loginResources), data: pulumi.unsecret(database.stdout) };
}

/** Both logins exist; the last made stands for all, as the earlier ones are its dependencies. */
function barrier(resources: readonly pulumi.Resource[]): pulumi.Resource | undefined {
    return resources.at(-1);
}

function dataVolumes(self: PostgresWithBackup, name: string, target: DockerTarget) {
    const volume = (part: string, protect: boolean) =>
        new docker.Volume(
            `${name}-${part}`,
            { name: target.name(name, part), labels: labelList(target.stack, { role: "volume", service: name }) },
            { parent: self, provider: target.provider, ...keptData(protect) },
        );
    return { data: volume("data", target.protect), socket: volume("socket", false) };
}

function serverContainer(
    self: PostgresWithBackup,
    name: string,
    spec: PostgresSpec,
    target: DockerTarget,
    parts: { readonly files: FileVolume; readonly volumes: ReturnType<typeof dataVolumes> },
): docker.Container {
    const parameters: Record<string, string> = {
        ...spec.parameters,
        ssl: "on",
        ssl_cert_file: "/run/secrets/server.crt",
        ssl_key_file: "/run/secrets/server.key",
        ssl_min_protocol_version: "TLSv1.2",
        hba_file: "/run/secrets/pg_hba.conf",
        ident_file: "/run/secrets/pg_ident.conf",
        password_encryption: "scram-sha-256",
        log_checkpoints: "off",
        log_lock_waits: "on",
    };
    const health: Health = {
        // Over TCP: while the image initialises a new database, a temporary server listens on the socket only.
        command: ["pg_isready", "--quiet", "--host", "127.0.0.1", "--username", "postgres", "--dbname", "postgres"],
        interval: 15,
        timeout: 3,
        retries: 10,
        startPeriod: 60,
        shell: true,
    };
    const published = publishedOn(spec, target);
    return new docker.Container(
        name,
        {
            name: target.name(name),
            image: target.image(officialImage("postgres", String(spec.version))).imageId,
            command: ["postgres", ...Object.entries(parameters).flatMap(([key, value]) => ["-c", `${key}=${value}`])],
            user: `${UID}:${UID}`,
            readOnly: true,
            ...hardened({ ...target.logs, ...spec.logs }),
            ...memoryLimit(spec.memory),
            // Parallel queries share memory there; Docker's default of 64 MB makes them fail.
            shmSize: Math.max(64, Math.floor(spec.memory / 4 / 1024 / 1024)),
            envs: [
                `PGDATA=${spec.dataFolder}`,
                "POSTGRES_PASSWORD_FILE=/run/secrets/superuser-password",
                "POSTGRES_INITDB_ARGS=--encoding=UTF8 --data-checksums",
            ],
            networksAdvanced:
                target.networks === undefined ? [] : [{ name: target.networks.data.name, aliases: [HOST] }, ...published.networks],
            ports: published.ports,
            mounts: [
                { type: "volume", source: parts.volumes.data.name, target: spec.dataMount },
                { type: "volume", source: parts.volumes.socket.name, target: SOCKET },
                { type: "volume", source: parts.files.name, target: "/run/secrets", readOnly: true },
            ],
            tmpfs: { "/tmp": "rw,noexec,nosuid,size=64m" },
            healthcheck: healthcheck(health),
            wait: true,
            waitTimeout: waitTimeout(health),
            labels: labelList(target.stack, { role: "postgres", service: name }),
            // SIGINT is PostgreSQL's fast shutdown: running transactions are rolled back, nothing is lost.
            stopSignal: "SIGINT",
            stopTimeout: 60,
            destroyGraceSeconds: 60,
        },
        containerOptions(self, target, [parts.files.resource]),
    );
}

/** Docker leads no port into the network of data alone, which leads nowhere. */
function publishedOn({ localPort }: PostgresSpec, { networks }: DockerTarget) {
    if (localPort === undefined || networks === undefined) return { networks: [], ports: undefined };
    const port = { internal: PORT, external: localPort, ip: "127.0.0.1", protocol: "tcp" };
    return { networks: [{ name: networks.app.name }], ports: [port] };
}

/**
 * SQL as the administrator, over the server's own socket; the text travels on standard input. Done again when the server is a new one:
 * as an update (the server's id is in the text), because a replacement would end with the old one's `delete`, which drops the login.
 */
function administer(
    target: DockerTarget,
    logicalName: string,
    server: docker.Container,
    sql: pulumi.Input<string>,
    undo: string | undefined,
    opts: pulumi.CustomResourceOptions,
): HostCommand {
    const psql = ["psql", "--no-psqlrc", "--quiet", "--username", "postgres", "--set", "ON_ERROR_STOP=1"];
    const exec = (container: string, ...words: string[]) => sh("docker", "exec", "-i", container, ...psql, ...words);
    const create = pulumi
        .all([server.name, server.id])
        .apply(([container, id]) => script(`# server ${id}`, exec(container, "--tuples-only", "--no-align", "--file", "-")));
    const remove =
        undo === undefined
            ? undefined
            : server.name.apply((container) =>
                  script(
                      `if [ "$(docker inspect -f '{{.State.Running}}' ${quote(container)} 2>/dev/null)" = true ]; then`,
                      `printf '%s' ${quote(undo)} | ${exec(container, "--output", "/dev/null", "--file", "-")}`,
                      "fi",
                  ),
              );
    return hostCommand(target, logicalName, { create, delete: remove, stdin: sql }, opts);
}
