import * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import { resolve } from "node:path";
import type { Files } from "../files";
import { builtImage } from "../internal/docker/built-image";
import { fileVolume } from "../internal/docker/file-volume";
import { hardened, memoryLimit, keptData, containerOptions } from "../internal/docker/hardening";
import type { Health } from "../internal/health";
import { healthcheck, waitTimeout } from "../internal/health";
import { labelList } from "../internal/labels";
import { releaseOf } from "../internal/release";
import { quote, script, sh } from "../internal/shell";
import type { SecretRef } from "../secrets-bundle";
import type { DockerTarget } from "../targets";
import { hostCommand } from "../targets/host-command";
import type { BackupArgs, FilesBackupArgs } from "./args";

const NAME = "backup";
const DEFAULT_MEMORY = 1024 * 1024 * 1024;
/** Seconds that the end of a running backup is waited for; afterwards it's the backup's own business. */
const RETIRE_WAIT = 20;
const TOOL_CONTEXT = resolve(__dirname, "image");

/** The database that goes into the same snapshots as the files. */
export interface BackedUpDatabase {
    readonly name: string;
    readonly roles: { readonly owner: string; readonly application: string };
    /** The server's socket: the administrator's way in. */
    readonly socketVolume: pulumi.Output<string>;
    /** The database is there. Undefined: the stack is stopped, only data is kept. */
    readonly ready: pulumi.Resource | undefined;
}

export interface BackupParts extends Pick<FilesBackupArgs, "secrets" | "backup" | "files"> {
    readonly target: DockerTarget;
    /** What the tool's image is built on: it has the programs of the database's own version. */
    readonly base: string;
    readonly database?: BackedUpDatabase;
}

/** Where snapshots go on this target, as people would look for it. */
export function repositoryName(target: DockerTarget): string {
    return `docker volume ${target.name(NAME, "repository")}`;
}

/** The backup service: snapshots on a schedule, independent of the application's containers (R53). */
export function backupOnDocker(self: pulumi.ComponentResource, parts: BackupParts): void {
    const { backup, database, target } = parts;
    const volumes = backupVolumes(self, target);
    if (target.networks === undefined || !target.running) {
        return;
    }
    const password = parts.secrets.get("backupPassword");
    const critical = parts.files.filter((files) => files.critical);
    const settings = JSON.stringify(toolSettings(parts, critical));
    const client = Object.entries(backup.offsite?.environment ?? {}).map(([variable, name]) => ({
        variable,
        secret: parts.secrets.get(name),
    }));
    const release = releaseOf({ settings, versions: [password, ...client.map(({ secret }) => secret)].map(({ version }) => version) });
    const files = fileVolume(
        target,
        `${NAME}-files-${release}`,
        {
            name: `${NAME}-files-${release}`,
            uid: 0,
            gid: 0,
            files: {
                "backup.json": { content: settings },
                "repository-password": { content: password.value },
                ...Object.fromEntries(client.map(({ variable, secret }) => [`offsite-${variable}`, { content: secret.value }])),
            },
        },
        { parent: self },
    );
    const image = builtImage(target, NAME, {
        context: TOOL_CONTEXT,
        args: { BASE: target.reference(parts.base) },
        setting: "quai:backup",
        parent: self,
        dependsOn: [target.image(parts.base)],
    });
    const health: Health = { command: ["quai-backup", "health"], interval: 30, timeout: 10, retries: 4, startPeriod: 60, shell: true };
    const mount = (source: pulumi.Input<string>, path: string, readOnly = false) => ({ type: "volume", source, target: path, readOnly });
    const offsitePath = mountedPath(backup);
    const service = new docker.Container(
        NAME,
        {
            name: target.name(NAME),
            image: image.imageId,
            readOnly: true,
            ...hardened(target.logs),
            // Files belong to many users and must come back as theirs; nothing else of root's power is kept.
            user: "0:0",
            capabilities: { drops: ["ALL"], adds: ["CAP_DAC_READ_SEARCH", "CAP_DAC_OVERRIDE", "CAP_CHOWN", "CAP_FOWNER", "CAP_FSETID"] },
            ...memoryLimit(backup.memory ?? DEFAULT_MEMORY),
            // The data network leads nowhere; the other one is for an off-site repository.
            networksAdvanced: [{ name: backup.offsite === undefined ? target.networks.data.name : target.networks.app.name }],
            mounts: [
                mount(volumes.repository.name, "/backup"),
                mount(volumes.keys.name, "/keys"),
                ...(database === undefined ? [] : [mount(database.socketVolume, "/var/run/postgresql")]),
                mount(files.name, "/run/secrets", true),
                ...critical.map((each) => mount(each.mount.volume, `/files/${each.name}`)),
                ...(offsitePath === undefined ? [] : [{ type: "bind", source: offsitePath, target: "/offsite" }]),
            ],
            tmpfs: { "/tmp": "rw,noexec,nosuid,size=256m" },
            healthcheck: healthcheck(health),
            wait: true,
            waitTimeout: waitTimeout(health),
            labels: labelList(target.stack, { role: "backup", service: NAME }),
            stopTimeout: 30,
            destroyGraceSeconds: 30,
        },
        containerOptions(self, target, [
            files.resource,
            ...(database?.ready === undefined ? [] : [database.ready]),
            ...critical.flatMap((each) => each.mount.ready ?? []),
        ]),
    );
    retireWith(self, target, password, service);
}

/**
 * The service adds a new password to the repositories by itself when it starts. Its version is part of this resource's logical name, so what
 * stands for the former one goes last, when all else of the update has succeeded: only then the former password opens nothing any more.
 */
function retireWith(self: pulumi.ComponentResource, target: DockerTarget, password: SecretRef, service: docker.Container): void {
    const remove = service.name.apply((container) =>
        script(
            `if [ "$(docker inspect -f '{{.State.Running}}' ${quote(container)} 2>/dev/null)" = true ]; then`,
            sh("docker", "exec", container, "quai-backup", "retire", "--wait", RETIRE_WAIT),
            "fi",
        ),
    );
    hostCommand(target, `${NAME}-password-${password.version}`, { create: ":", delete: remove }, { parent: self, dependsOn: [service] });
}

function backupVolumes(self: pulumi.ComponentResource, target: DockerTarget) {
    const volume = (part: string) =>
        new docker.Volume(
            `${NAME}-${part}`,
            { name: target.name(NAME, part), labels: labelList(target.stack, { role: "volume", service: NAME }) },
            { parent: self, provider: target.provider, ...keptData(target.protect) },
        );
    // The keys apart from what they open: whoever copies the repository elsewhere doesn't take them along.
    return { repository: volume("repository"), keys: volume("keys") };
}

function mountedPath(backup: BackupArgs): string | undefined {
    return backup.offsite?.repository.startsWith("/") ? backup.offsite.repository : undefined;
}

/** What the tool in the image reads as backup.json. */
function toolSettings({ backup, database, target }: BackupParts, files: readonly Files[]) {
    return {
        stack: target.stack,
        database: database?.name ?? null,
        owner: database?.roles.owner ?? null,
        application: database?.roles.application ?? null,
        files: files.map(({ name }) => name),
        at: backup.at,
        timeZone: backup.timeZone,
        keep: { daily: backup.keep.daily, weekly: backup.keep.weekly, monthly: backup.keep.monthly, days: backup.keep.days ?? null },
        offsite:
            backup.offsite === undefined
                ? null
                : { repository: mountedPath(backup) === undefined ? backup.offsite.repository : "/offsite" },
        drill: backup.drill,
        maxAgeSeconds: backup.maxAge,
    };
}
