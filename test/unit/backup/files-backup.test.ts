import { FilesBackup, backupSecrets } from "../../../components/backup";
import { Files } from "../../../components/files";
import { PostgresWithBackup } from "../../../components/postgres-with-backup";
import { SecretsBundle } from "../../../components/secrets-bundle";
import type { DockerTarget } from "../../../components/targets";
import { COMMAND, CONTAINER, IMAGE, record, VOLUME } from "../support/mocks";
import { commandOf, dockerTarget, filesIn, secretsFor } from "../support/target";

const BACKUP = { at: "02:30", timeZone: "UTC", keep: { daily: 7, weekly: 4, monthly: 12 }, drill: "weekly", maxAge: 93600 } as const;

const filesOnly = (change: object = {}, options: { running?: boolean } = {}) =>
    record(() => {
        const target: DockerTarget = dockerTarget(options);
        const secrets = new SecretsBundle("secrets", { target, generate: backupSecrets, given: {}, rotation: {} });
        const data = new Files("data", { target, uid: 1000, gid: 1000, oneWriter: true });
        const cache = new Files("cache", { target, uid: 1000, gid: 1000, critical: false });
        return new FilesBackup("backup", { target, secrets, backup: { ...BACKUP, ...change }, files: [data, cache] });
    });

describe("backups of files alone, on a Docker host", () => {
    test("R56: the critical ones, with no database and nothing of one", async () => {
        const { of, get, result } = await filesOnly();
        const settings = of(COMMAND).find(({ name }) => name.startsWith("backup-files-"));
        const written = settings === undefined ? {} : filesIn(commandOf(settings).data);
        expect(JSON.parse(written["backup.json"] ?? "null")).toMatchObject({
            stack: "demo-dev",
            database: null,
            owner: null,
            application: null,
            files: ["data"],
        });
        expect(get(CONTAINER, "backup").inputs["mounts"]).toMatchObject([
            { target: "/backup" },
            { target: "/keys" },
            { target: "/run/secrets", readOnly: true },
            { target: "/files/data", readOnly: false },
        ]);
        const build = of(IMAGE).find(({ name }) => name.startsWith("backup-image-"))?.inputs["build"] as { buildArgs: { BASE: string } };
        expect(build.buildArgs.BASE).toMatch(/^debian:/);
        expect(result.repository).toBe("docker volume demo-dev-backup-repository");
    });

    test("R48: of a stack that is stopped only the snapshots and their keys stay", async () => {
        const { of } = await filesOnly({}, { running: false });
        expect(of(CONTAINER)).toEqual([]);
        expect(of(VOLUME).map(({ name }) => name)).toEqual(expect.arrayContaining(["backup-repository", "backup-keys"]));
    });

    test("what needs a database is refused", async () => {
        await expect(filesOnly({ pointInTime: true })).rejects.toThrow(
            "quai:backup.pointInTime: archives the changes of a database, and there is none (got true); remove it",
        );
    });

    test("with PostgreSQL the service stays where it was: in the database's component, under its names", async () => {
        const { resources } = await record(() => {
            const target = dockerTarget();
            return new PostgresWithBackup("postgres", {
                target,
                secrets: secretsFor(target),
                version: 16,
                database: "demo",
                backup: BACKUP,
            });
        });
        const service = resources.find(({ type, name }) => type === CONTAINER && name === "backup");
        expect(service?.parent).toBe("postgres");
        expect(resources.some(({ type }) => type === "quai:index:FilesBackup")).toBe(false);
    });
});
