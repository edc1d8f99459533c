import { Files } from "../../../components/files";
import type { BackupArgs } from "../../../components/postgres-with-backup";
import { PostgresWithBackup } from "../../../components/postgres-with-backup";
import { COMMAND, CONTAINER, IMAGE, record, VOLUME } from "../support/mocks";
import { commandOf, dockerTarget, filesIn, leaks, secretsFor } from "../support/target";

const BACKUP: BackupArgs = {
    at: "02:30",
    timeZone: "Europe/Paris",
    keep: { daily: 7, weekly: 4, monthly: 12 },
    drill: "weekly",
    maxAge: 93600,
};
const OFFSITE = { repository: "s3:https://s3.example.com/backups", environment: { AWS_SECRET_ACCESS_KEY: "offsiteKey" } };
const OFFSITE_KEY = "offsite-key-from-outside-0123456789";

async function backup(change: Partial<BackupArgs> | false = {}, options: { rotation?: Record<string, string>; protect?: boolean } = {}) {
    const recording = await record(() => {
        const target = dockerTarget({ protect: options.protect });
        const uploads = new Files("uploads", { target, uid: 10001, gid: 10001 });
        const cache = new Files("cache", { target, uid: 10001, gid: 10001, critical: false });
        const secrets = secretsFor(target, options.rotation);
        const args = change === false ? (false as const) : { ...BACKUP, ...change };
        return new PostgresWithBackup("postgres", {
            target,
            secrets,
            version: 16,
            database: "demo",
            backup: args,
            files: [uploads, cache],
        });
    });
    const files = recording.of(COMMAND).find(({ name }) => name.startsWith("backup-files-"));
    const contents = files === undefined ? {} : filesIn(commandOf(files).data);
    return { ...recording, files, contents, settings: JSON.parse(contents["backup.json"] ?? "null") as unknown };
}

describe("backups on a Docker host", () => {
    test("R53: a service of their own, with its image, two volumes and its files", async () => {
        const { list, files } = await backup();
        expect(list(CONTAINER, VOLUME, COMMAND).filter((each) => each.includes("backup"))).toEqual([
            `${COMMAND} ${files?.name}`,
            `${COMMAND} backup-password-1`,
            `${CONTAINER} backup`,
            `${VOLUME} backup-keys`,
            `${VOLUME} backup-repository`,
        ]);
        expect(list(IMAGE).filter((each) => each.includes("backup"))).toHaveLength(1);
    });

    test("R55, R60: what the tool is told", async () => {
        const { settings } = await backup();
        expect(settings).toEqual({
            stack: "demo-dev",
            database: "demo",
            owner: "demo_owner",
            application: "demo_app",
            files: ["uploads"],
            at: "02:30",
            timeZone: "Europe/Paris",
            keep: { daily: 7, weekly: 4, monthly: 12, days: null },
            offsite: null,
            drill: "weekly",
            maxAgeSeconds: 93600,
        });
        expect((await backup({ keep: { daily: 1, weekly: 0, monthly: 0, days: 30 } })).settings).toMatchObject({
            keep: { daily: 1, weekly: 0, monthly: 0, days: 30 },
        });
    });

    test("the container: what it mounts, the little of root's power that it has, no network that leads out", async () => {
        const { get, files } = await backup();
        const { inputs, after } = get(CONTAINER, "backup");
        expect(inputs).toMatchObject({
            name: "demo-dev-backup",
            readOnly: true,
            user: "0:0",
            capabilities: { drops: ["ALL"], adds: ["CAP_DAC_READ_SEARCH", "CAP_DAC_OVERRIDE", "CAP_CHOWN", "CAP_FOWNER", "CAP_FSETID"] },
            securityOpts: ["no-new-privileges:true"],
            ulimits: [{ name: "core", soft: 0, hard: 0 }],
            memory: 1024,
            networksAdvanced: [{ name: "demo-dev-data" }],
            tmpfs: { "/tmp": "rw,noexec,nosuid,size=256m" },
            healthcheck: { interval: "2s", timeout: "38s" },
            restart: "unless-stopped",
        });
        expect(inputs["mounts"]).toEqual([
            { type: "volume", source: "demo-dev-backup-repository", target: "/backup", readOnly: false },
            { type: "volume", source: "demo-dev-backup-keys", target: "/keys", readOnly: false },
            { type: "volume", source: "demo-dev-postgres-socket", target: "/var/run/postgresql", readOnly: false },
            { type: "volume", source: `demo-dev-${files?.name}`, target: "/run/secrets", readOnly: true },
            { type: "volume", source: "demo-dev-uploads", target: "/files/uploads", readOnly: false },
        ]);
        expect(inputs).not.toHaveProperty("envs");
        expect(inputs).not.toHaveProperty("ports");
        expect(after).toEqual(expect.arrayContaining(["postgres-database", "uploads-owner", files?.name]));
    });

    test("R57: an off-site repository is reached by its network, with credentials that are files", async () => {
        const { get, settings, contents, resources } = await backup({ offsite: OFFSITE });
        expect(settings).toMatchObject({ offsite: { repository: OFFSITE.repository } });
        expect(get(CONTAINER, "backup").inputs["networksAdvanced"]).toEqual([{ name: "demo-dev-app" }]);
        expect(contents["offsite-AWS_SECRET_ACCESS_KEY"]).toBe(OFFSITE_KEY);
        expect(leaks(resources, [OFFSITE_KEY])).toEqual([]);
        expect(contents["backup.json"]).not.toContain(OFFSITE_KEY);
    });

    test("R57: a disk of the host is mounted, and called by its place in the container", async () => {
        const { get, settings } = await backup({ offsite: { repository: "/mnt/nas/demo" } });
        expect(settings).toMatchObject({ offsite: { repository: "/offsite" } });
        expect((get(CONTAINER, "backup").inputs["mounts"] as object[]).at(-1)).toEqual({
            type: "bind",
            source: "/mnt/nas/demo",
            target: "/offsite",
        });
    });

    test("a name of a secret that isn't there is told", async () => {
        await expect(backup({ offsite: { repository: "s3:x", environment: { KEY: "nothing" } } })).rejects.toThrow(
            /^secrets\.nothing: no such secret/,
        );
    });

    test("settings and versions of secrets make other files; the same ones the same", async () => {
        const names = [
            await backup(),
            await backup(),
            await backup({ at: "03:00" }),
            await backup({ offsite: OFFSITE }),
            await backup({}, { rotation: { backupPassword: "2026-11-01" } }),
        ].map(({ files }) => files?.name);
        expect(names[0]).toBe(names[1]);
        expect(new Set(names).size).toBe(4);
    });

    test("R34: a rotation ends with the former password opening no repository any more", async () => {
        const { get } = await backup({}, { rotation: { backupPassword: "2026-11-01" } });
        const { inputs, after } = get(COMMAND, "backup-password-2026-11-01");
        expect(inputs["delete"]).toContain("docker exec demo-dev-backup quai-backup retire --wait 20");
        expect(after).toContain("backup");
    });

    test("R48: repository and keys are protected together with the data", async () => {
        const { get } = await backup({}, { protect: true });
        for (const name of ["backup-repository", "backup-keys", "postgres-data"]) expect(get(VOLUME, name).protect).toBe(true);
    });

    test("backup: false leaves all of it out", async () => {
        const { list, result } = await backup(false);
        expect(list().filter((each) => / backup/.test(each) && !each.includes("backupPassword"))).toEqual([]);
        expect(result.endpoint.repository).toBeUndefined();
        expect((await backup()).result.endpoint.repository).toBe("docker volume demo-dev-backup-repository");
    });
});
