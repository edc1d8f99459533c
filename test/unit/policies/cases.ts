import type { Around, Made } from "../../../policies";
import { CONTAINER, IMAGE, VOLUME } from "../../../policies/made";
import type { Raw } from "../settings/base";

type Cases<Pass, Fail> = Readonly<Record<string, { readonly pass: readonly Pass[]; readonly fail: readonly Fail[] }>>;

const staging = { stack: "staging", environment: "staging", hosts: ["staging.quay.eu"], fingerprints: { smtpPassword: ["a1", "b2"] } };
const secret = (name: string, rotatedOn: string, kind: "signing" | "other" = "other"): Around => ({ secrets: [{ name, kind, rotatedOn }] });
const given = (rotatedOn: string): Around => ({ secrets: [{ name: "smtpPassword", kind: "other", given: true, rotatedOn }] });
const warned = (problem: string) => ({ problem, level: "warn" as const });

/** What is known around the settings; the clock of these tests says 2026-11-20, noon. */
export const AROUND: Cases<[Raw, Around], [Raw, Around, ...unknown[]]> = {
    "own-host": {
        pass: [
            [{}, {}],
            [{}, { others: [staging] }],
        ],
        fail: [
            [{ domain: "staging.quay.eu" }, { others: [staging] }, "quai:domain: staging.quay.eu is the name of staging (staging) already"],
            [
                { aliases: ["a.eu", "staging.quay.eu"] },
                { others: [staging] },
                "quai:aliases[1]: staging.quay.eu is the name of staging (staging) already",
            ],
        ],
    },
    "shared-secrets": {
        pass: [
            [{}, {}],
            [{}, { others: [staging], fingerprints: { smtpPassword: ["c3"] } }],
            [{}, { others: [{ ...staging, environment: "production" }], fingerprints: { smtpPassword: ["a1"] } }],
        ],
        fail: [
            [
                {},
                { others: [staging], fingerprints: { mailPassword: ["x", "b2"] } },
                "quai:secrets.mailPassword: is the same as quai:secrets.smtpPassword of Pulumi.staging.yaml (staging)",
            ],
        ],
    },
    "secret-age": {
        pass: [
            [{}, secret("database", "2026-09-05")],
            [{}, secret("jwt", "2025-12-05", "signing")],
            [{ rotation: { database: "2026-11-20" } }, secret("database", "2026-01-01")],
            [{}, given("2026-09-05")],
            // A number rather than a secret: nothing to renew.
            [{ backup: { offsite: { repository: "s3:x/y", environment: { AWS_ACCESS_KEY_ID: "smtpPassword" } } } }, given("2020-01-01")],
        ],
        fail: [
            [{}, secret("database", "2026-09-04"), warned("quai:rotation.database: 2026-09-04 is 77 days ago; more than 90 is refused")],
            [{}, secret("database", "2026-08-22"), warned("quai:rotation.database: 2026-08-22 is 90 days ago; more than 90 is refused")],
            [{}, secret("database", "2026-08-21"), "quai:rotation.database: 2026-08-21 is 91 days ago, more than 90"],
            [{}, secret("jwt", "2025-11-20", "signing"), warned("quai:rotation.jwt: 2025-11-20 is 365 days ago; more than 365 is refused")],
            [{}, secret("jwt", "2025-11-19", "signing"), "quai:rotation.jwt: 2025-11-19 is 366 days ago, more than 365"],
            [
                { secretGrace: "14d" },
                secret("database", "2026-08-21"),
                warned("quai:rotation.database: 2026-08-21 is 91 days ago, more than 90; refused from 105 days on"),
            ],
            [
                {},
                given("2026-08-21"),
                {
                    problem: "quai:secrets.smtpPassword: 2026-08-21 is 91 days ago, more than 90",
                    level: "refuse",
                    fix: "give another value with `./quai secrets set smtpPassword --stack prod`",
                },
            ],
            [
                { secretGrace: "14d" },
                secret("database", "2026-08-07"),
                "quai:rotation.database: 2026-08-07 is 105 days ago, more than 90 and 14d of grace",
            ],
        ],
    },
    "encrypted-disk": {
        pass: [
            [{}, {}],
            [{}, { encryptedDisk: true }],
        ],
        fail: [[{}, { encryptedDisk: false }, "quai:target: the disk with the engine's volumes isn't encrypted"]],
    },
    "backup-fresh": {
        pass: [
            [{}, {}],
            [{}, { lastBackup: "2026-11-19T10:00:00Z" }],
            [{ backup: false }, { lastBackup: null }],
        ],
        fail: [
            [{}, { lastBackup: null }, "quai:backup.maxAge: there is no good snapshot yet"],
            [{}, { lastBackup: "2026-11-19T09:00:00Z" }, "quai:backup.maxAge: the last good snapshot is 1d3h old, more than 1d2h"],
        ],
    },
    "certificate-valid": {
        pass: [
            [{}, {}],
            [{}, { certificateDays: 7 }],
            [{ tls: { mode: "files", certificate: "a", key: "b" } }, { certificateDays: -1 }],
        ],
        fail: [
            [{}, { certificateDays: 6 }, "quai:tls: the certificate ends in 6 days"],
            [{}, { certificateDays: -1 }, "quai:tls: the certificate has ended"],
        ],
    },
    "shared-state": {
        pass: [
            [{}, {}],
            [{}, { backend: "s3://quay-state" }],
        ],
        fail: [[{}, { backend: "file:///home/a/.quai/state" }, "PULUMI_BACKEND_URL: the state is kept on this machine alone"]],
    },
};

const container = (inputs: Record<string, unknown>, role = "service"): Made => ({
    type: CONTAINER,
    name: "api-3fa9c1d2",
    inputs: { labels: [{ label: "io.quai.role", value: role }], ...inputs },
    protect: false,
});
const other = (type: string, name: string, inputs: Record<string, unknown> = {}, protect = false): Made => ({
    type,
    name,
    inputs,
    protect,
});
/** As an output that isn't known yet is given. */
const LATER = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export const RESOURCES: Cases<[Made], [Made, ...string[]]> = {
    "one-way-in": {
        pass: [[container({})], [container({ ports: LATER })], [container({ ports: [{ internal: 443, external: 443 }] }, "port")]],
        fail: [
            [container({ ports: [{ internal: 5432, external: 15432 }] }, "postgres"), "container api-3fa9c1d2: publishes port 15432"],
            [container({ ports: [{ internal: 443, external: 443 }] }, "proxy"), "container api-3fa9c1d2: publishes port 443"],
            [container({ publishAllPorts: true }), "container api-3fa9c1d2: publishes all ports"],
        ],
    },
    "no-privileges": {
        pass: [
            [container({ capabilities: { drops: ["ALL"], adds: ["CHOWN", "FOWNER"] } })],
            [container({ mounts: [{ type: "volume", source: "demo-prod-uploads", target: "/files" }] })],
            [container({ mounts: LATER, networkMode: "bridge" })],
            [container({ capabilities: { adds: ["CAP_DAC_READ_SEARCH"] } }, "backup")],
            [container({ networkMode: "host", capabilities: { adds: ["NET_BIND_SERVICE", "SETGID", "SETUID"] } }, "port")],
        ],
        fail: [
            [container({ privileged: true }), "container api-3fa9c1d2: is privileged"],
            [
                container({ networkMode: "host", pidMode: "host" }),
                "container api-3fa9c1d2: shares the host's network",
                "container api-3fa9c1d2: shares the host's pid",
            ],
            [container({ capabilities: { adds: ["CAP_SYS_ADMIN"] } }), "container api-3fa9c1d2: has the capability CAP_SYS_ADMIN"],
            [container({ capabilities: { adds: ["DAC_READ_SEARCH"] } }), "container api-3fa9c1d2: has the capability DAC_READ_SEARCH"],
            [
                container({ mounts: [{ type: "bind", source: "/var/run/docker.sock", target: "/var/run/docker.sock" }] }),
                "container api-3fa9c1d2: sees /var/run/docker.sock of the host",
            ],
            [container({ volumes: [{ hostPath: "/etc", containerPath: "/x" }] }), "container api-3fa9c1d2: sees /etc of the host"],
        ],
    },
    "data-protected": {
        pass: [[other(VOLUME, "postgres-data", {}, true)], [other(VOLUME, "postgres-socket")], [other(VOLUME, "static")]],
        fail: [
            [other(VOLUME, "postgres-data"), "volume postgres-data: isn't protected, an update may delete it"],
            [other(VOLUME, "backup-repository"), "volume backup-repository: isn't protected, an update may delete it"],
        ],
    },
    "secrets-not-in-env": {
        pass: [[container({ envs: ["POSTGRES_PASSWORD_FILE=/run/secrets/x", "TOKEN_LIFETIME=30"] })], [container({ envs: LATER })]],
        fail: [
            [container({ envs: ["POSTGRES_PASSWORD=hunter2"] }), "container api-3fa9c1d2, variable POSTGRES_PASSWORD: looks like a secret"],
            [
                container({ envs: ["DB=postgresql://u:hunter2@db/x"] }),
                "container api-3fa9c1d2, variable DB: is an address with a password in it",
            ],
        ],
    },
    "pinned-images": {
        pass: [
            [other(IMAGE, "nginx", { name: "nginx:1.27.5-bookworm" })],
            [other(IMAGE, "a", { name: `ghcr.io/quay/api@sha256:${"6c3c624b".repeat(8)}` })],
        ],
        fail: [
            [other(IMAGE, "nginx", { name: "nginx:latest" }), "image nginx:latest: has neither a version nor a digest"],
            [other(IMAGE, "nginx", { name: "localhost:5000/nginx" }), "image localhost:5000/nginx: has neither a version nor a digest"],
        ],
    },
    "encrypted-disk": {
        pass: [
            [other("aws:rds/instance:Instance", "db", { storageEncrypted: true })],
            [other("aws:efs/fileSystem:FileSystem", "files", { encrypted: true })],
        ],
        fail: [
            [other("aws:rds/instance:Instance", "db"), "Instance db: isn't encrypted at rest"],
            [other("aws:efs/fileSystem:FileSystem", "files", { encrypted: false }), "FileSystem files: isn't encrypted at rest"],
        ],
    },
};
