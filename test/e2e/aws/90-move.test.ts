import { readFileSync } from "node:fs";
import { join } from "node:path";
import { docker, images, must, PREFIX, removeAll } from "../../offline/backup/support/docker";
import { type Backup, CONTENT, FILES, PASSWORD, SCHEMA, TestStack } from "../../offline/backup/support/stack";
import { Moto } from "./moto/server";
import { ACCOUNT } from "./rehearsal";

/*
 * From a Docker host to AWS by its page: the backup service of a host copies its snapshots to a server that speaks S3 (moto); the page's commands
 * fetch them from there and load them into another PostgreSQL. What RDS's administrator may do is another test (move-to-aws.test.ts).
 */

const SECTION =
    /## From a Docker host to AWS[\s\S]*?(?=\n## )/.exec(readFileSync(join(__dirname, "../../../docs/aws.md"), "utf8"))?.[0] ?? "";
/** The page's blocks of commands, without the values that everybody replaces by their own. */
const BLOCKS = [...SECTION.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block = ""]) => block.replace(/^ *export .*$/m, ""));
const COPY = /`(cp -a [^`]*)`/.exec(SECTION)?.[1] ?? "";

const move = ACCOUNT === undefined ? describe : describe.skip;

move("R57, R63: data that move from a Docker host to AWS", () => {
    let moto: Moto;
    let here: TestStack;
    let there: TestStack;
    const login = { AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test-secret-0123456789" };
    let repository: string;

    beforeAll(async () => {
        const all = await images();
        must(["network", "create", `${PREFIX}-network`]);
        const gateway = must(["network", "inspect", "-f", "{{(index .IPAM.Config 0).Gateway}}", `${PREFIX}-network`]).trim();
        moto = await Moto.start(gateway);
        repository = `s3:${moto.endpoint}/acme-backups/demo`;
        there = new TestStack(all, "there");
        there.configure({ offsite: { repository }, client: login });
        await there.startServer();
        there.sql("demo", SCHEMA);
        there.startBackup("idle", { network: there.network });
        there.sh(FILES);
        here = new TestStack(all, "here");
        await here.startServer();
    }, 900_000);
    afterAll(() => {
        moto?.stop();
        removeAll();
    });

    /** The page's machine: restic, PostgreSQL's client, and a way to both. */
    const page = (script: string) => {
        const env = { ...login, RESTIC_REPOSITORY: repository, RESTIC_PASSWORD: PASSWORD, DATABASE: "postgresql:///demo?user=postgres" };
        return docker([
            ...["run", "--rm", "--network", here.network, "--user", "0:0", "-v", `${here.volume("socket")}:/var/run/postgresql`],
            ...["-v", `${PREFIX}-mnt:/mnt`, "-v", `${PREFIX}-back:/var/tmp/back`, "-w", "/tmp"],
            ...Object.entries(env).flatMap(([key, value]) => ["-e", `${key}=${value}`]),
            ...["--entrypoint", "bash", here.images.backup, "-euc", script],
        ]);
    };
    const DUMP = 'DUMP=$(dirname "$(find /var/tmp/back -name toc.dat)")';

    test("the host's backup is copied to S3, and the page's commands find the newest and fetch it", () => {
        expect(BLOCKS).toHaveLength(2);
        expect(there.ask<Backup>("now").offsite).toMatchObject({ ok: true, error: null });
        const fetched = page(BLOCKS[0] ?? "");
        expect([fetched.status, fetched.stderr]).toEqual([0, ""]);
        expect(fetched.stdout).toContain("1 snapshots");
        expect(page(DUMP).status).toBe(0);
    });

    test("they load every row, twice, and copy every file; both counts are the manifest's", () => {
        for (const time of ["once", "again"]) {
            const loaded = page(`${DUMP}; ${BLOCKS[1] ?? ""}`);
            expect([time, loaded.status, loaded.stderr]).toEqual([time, 0, ""]);
        }
        // Rights of roles that only the host has, and what is set for the whole database, are its own.
        // Its time zone is, too, and times are text here.
        const rows = CONTENT.split("\n").filter((line) => /^SELECT '(notes|odd|measures|recent|objects)'/.test(line));
        const [before, after] = [there, here].map((stack) => stack.sql("demo", ["SET timezone TO 'UTC';", ...rows].join("\n")).split("\n"));
        expect(after).toEqual(before);
        expect(after).toHaveLength(5);
        const copied = page(`${DUMP}; ${COPY}; cat "$(dirname "$DUMP")/manifest.json"`);
        expect([copied.status, copied.stderr]).toEqual([0, ""]);
        const { files } = JSON.parse(copied.stdout) as { files: { uploads: { count: number } } };
        expect(Number(page("find /mnt -type f | wc -l").stdout)).toBe(files.uploads.count);
        const listed = page(
            `cd /mnt; find . -printf '%P %y %m %l\\n' | LC_ALL=C sort; find . -type f -exec sha256sum {} + | LC_ALL=C sort -k2`,
        );
        const original = there.sh(
            `cd /files/uploads; find . -printf '%P %y %m %l\\n' | LC_ALL=C sort; find . -type f -exec sha256sum {} + | LC_ALL=C sort -k2`,
        );
        expect(listed.stdout).toBe(original);
    });
});
