import { TYPES, typeOf } from "../../tools/offline/plugins/aws/types";
import type { Recording } from "../unit/support/mocks";
import { shared } from "../unit/support/mocks";
import type { Deployed } from "./support/deployed";
import { AWS, demoOn } from "./support/deployed";

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
