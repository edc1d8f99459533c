import { TYPES, typeOf } from "../../tools/offline/plugins/aws/types";
import type { Recording } from "../unit/support/mocks";
import { shared } from "../unit/support/mocks";
import type { Deployed } from "./support/deployed";
import { AWS, demoOn } from "./support/deployed";
import { reportBetween } from "./support/previewed";

/* Which change of the settings would make data, files or the front door anew: known here, so that nobody finds out in production. */

const before = shared(() => demoOn(AWS, { "quai:postgres": { version: 16, memory: "1g" } }));

const PRECIOUS = ["rds/instance", "efs/fileSystem", "elasticache/replicationGroup", "lb/loadBalancer", "backup/vault", "ec2/vpc"];

/** Precious things that a change would replace, or that would go with their name. */
function replaced(old: Recording<Deployed>, now: Recording<Deployed>): string[] {
    return old.resources
        .filter(({ type }) => PRECIOUS.includes(typeOf(type)))
        .flatMap(({ type, name, inputs }) => {
            const after = now.of(type).find((other) => other.name === name);
            if (after === undefined) return [`${typeOf(type)} gone`];
            const changed = (TYPES[typeOf(type)] ?? []).filter((key) => JSON.stringify(inputs[key]) !== JSON.stringify(after.inputs[key]));
            return changed.length > 0 ? [`${typeOf(type)} replaced by ${changed.join(", ")}`] : [];
        });
}

test.each([
    ["more memory for the database", { "quai:postgres": { version: 16, memory: "4g" } }, {}, []],
    ["another version of the database", { "quai:postgres": { version: 17, memory: "1g" } }, {}, []],
    ["a second server for each database", {}, { multiAz: true }, []],
    ["a third zone", {}, { zones: 3 }, []],
    ["backups elsewhere, longer", { "quai:backup": { keep: { daily: 14 } } }, { backupCopy: "eu-central-1" }, []],
    [
        "a rotated password",
        { "quai:rotation": { databasePassword: "2026-11-20", redisPassword: "2026-11-20", postgresPassword: "2026-11-20" } },
        {},
        [],
    ],
    ["another name", { "quai:domain": "other.quai.dev" }, {}, []],
    ["other limits", { "quai:proxy": { requestsPerSecond: 50, bodyLimit: "100m" } }, {}, []],
    ["stopped", { "quai:running": false }, {}, ["lb/loadBalancer gone"]],
    ["other addresses", {}, { cidr: "10.20.0.0/16" }, ["ec2/vpc replaced by cidrBlock"]],
] as const)("%s", async (_, settings, target, expected) => {
    const now = await demoOn({ ...AWS, ...target }, { "quai:postgres": { version: 16, memory: "1g" }, ...settings });
    expect(replaced(await before(), now)).toEqual(expected);
});

const aurora = shared(() =>
    demoOn({ ...AWS, aurora: { least: 0.5, most: 4 } }, { "quai:protect": true, "quai:postgres": { version: 16 } }),
);
const instance = shared(() => demoOn(AWS, { "quai:protect": true, "quai:postgres": { version: 16 } }));

describe("R48, R106: the preview says so", () => {
    test.each([
        [
            "more memory for the database",
            { "quai:postgres": { version: 16, memory: "4g" } },
            {},
            "downtime",
            /the database restarts.*another size, db\.\S+ → db\.\S+/,
        ],
        ["another version of the database", { "quai:postgres": { version: 17, memory: "1g" } }, {}, "downtime", /the database restarts/],
        ["a second server for each database", {}, { multiAz: true }, "safe", /^Safe/],
        ["a third zone", {}, { zones: 3 }, "safe", /^Safe/],
        ["throughput of files", {}, { throughput: { uploads: 50 } }, "safe", /^Safe/],
        ["other limits", { "quai:proxy": { requestsPerSecond: 50 } }, {}, "safe", /^Safe/],
        ["other addresses", {}, { cidr: "10.20.0.0/16" }, "risk", /the network is made anew: databases and files in it can't move there/],
        [
            "another region",
            {},
            { region: "eu-central-1" },
            "risk",
            /the stack moves from `eu-west-3` to `eu-central-1`, and its data stay behind/,
        ],
    ] as const)("%s", async (_, settings, target, level, words) => {
        const now = await demoOn({ ...AWS, ...target }, { "quai:postgres": { version: 16, memory: "1g" }, ...settings });
        const { verdict, downtime } = reportBetween(await before(), now);
        expect(verdict.level).toBe(level);
        expect([verdict.text, ...downtime.map(({ why }) => why)].join(" ")).toMatch(words);
    });

    test("to Aurora and back: an empty database, and the last snapshot that is left", async () => {
        const [one, other] = [await instance(), await aurora()];
        expect(reportBetween(one, other).data).toContainEqual({
            key: "postgres",
            what: "the database (demo-prod-postgres) is deleted, the new one is empty; demo-prod-postgres-final is left",
            why: "no longer in the program",
            deletes: true,
            protected: true,
            inBackups: true,
        });
        expect(reportBetween(other, one).verdict).toMatchObject({
            level: "risk",
            text: expect.stringContaining("the database (demo-prod-postgres) is deleted, the new one is empty") as unknown,
        });
    });

    test("every stateful thing, replaced for whatever reason, is data at risk; every part of the front door is downtime", async () => {
        const stack = await before();
        const replacing = (type: string, name: string) => reportBetween(stack, stack, { type, name });
        for (const [type, name] of [
            ["rds/instance", "postgres"],
            ["efs/fileSystem", "uploads"],
            ["elasticache/replicationGroup", "redis"],
            ["backup/vault", "backup"],
            ["kms/key", "key-data"],
            ["kms/key", "key-general"],
        ] as const) {
            expect([type, replacing(type, name).data.map(({ key }) => key)]).toEqual([type, [name]]);
        }
        const cluster = await aurora();
        expect(reportBetween(cluster, cluster, { type: "rds/cluster", name: "postgres" }).data.map(({ key }) => key)).toEqual(["postgres"]);
        for (const [type, name] of [
            ["lb/loadBalancer", "proxy"],
            ["lb/listener", "proxy-https"],
            ["lb/targetGroup", "api-targets"],
            ["ecs/service", "api"],
            ["efs/mountTarget", "uploads-1"],
            ["ec2/natGateway", "nat-1"],
        ] as const) {
            const { data, downtime, verdict } = replacing(type, name);
            expect([type, data, downtime.length, verdict.level]).toEqual([type, [], 1, "downtime"]);
        }
    });

    test("images that a rollback needs, of a protected stack", async () => {
        const images = { "quai:images": { api: { build: "examples/demo/api" }, web: { build: "examples/demo/web" } } };
        const [kept, disposable] = [await demoOn(AWS, { ...images, "quai:protect": true }), await demoOn(AWS, images)];
        const name = { type: "ecr/repository", name: "api-images" };
        expect(reportBetween(kept, kept, name).data.map(({ key, what }) => [key, what])).toEqual([
            ["api-images", "the repository with the images that a rollback needs (demo-prod/api) is deleted, the new one is empty"],
        ]);
        expect(reportBetween(disposable, disposable, name).data).toEqual([]);
    });

    test("buckets: logs of a protected stack are at risk, what may go with its content isn't", async () => {
        const name = { type: "s3/bucket", name: "proxy-logs" };
        const [kept, disposable] = [await instance(), await before()];
        expect(reportBetween(kept, kept, name).data.map(({ key }) => key)).toEqual(["proxy-logs"]);
        expect(reportBetween(disposable, disposable, name).data).toEqual([]);
    });
});
