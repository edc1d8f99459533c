import type { Change, Preview, ResourceState } from "./engine-events";
import type { DataRisk } from "./data";
import type { Downtime } from "./downtime";
import { asList, asText, isRecord } from "./values";

/* What a preview of a stack on AWS means. The engine says which resources are made anew; what that does to those who use them is known here. */

/** `aws:rds/instance:Instance` → `rds/instance`; empty: nothing of AWS. */
export function awsType({ type }: Pick<Change, "type">): string {
    return /^aws:([^:]+):/.exec(type)?.[1] ?? "";
}

/** What holds data, whether the plan of AWS Backup takes it, and the input that names it to people. */
const HOLDS: Readonly<Record<string, { readonly what: string; readonly backedUp: boolean; readonly name: string }>> = {
    "rds/instance": { what: "the database", backedUp: true, name: "identifier" },
    "rds/cluster": { what: "the database", backedUp: true, name: "clusterIdentifier" },
    "efs/fileSystem": { what: "the files", backedUp: true, name: "creationToken" },
    "elasticache/replicationGroup": { what: "what Redis keeps", backedUp: false, name: "replicationGroupId" },
    "backup/vault": { what: "the backups", backedUp: false, name: "name" },
    "s3/bucket": { what: "the bucket", backedUp: false, name: "bucket" },
    "kms/key": { what: "the key that opens what is encrypted with it", backedUp: false, name: "description" },
};

const DATABASES = ["rds/instance", "rds/cluster"];

/** Data on AWS that an update would delete, or that nobody would find any more. */
export function awsDataRisks(preview: Preview, why: (change: Change) => string): readonly DataRisk[] {
    const backups = preview.changes.some((change) => awsType(change) === "backup/selection" && change.old !== undefined);
    return preview.changes.flatMap((change) => {
        const { old, name, operation } = change;
        const type = awsType(change);
        if (old === undefined || (operation !== "delete" && operation !== "replace")) return [];
        const risk = { key: name, why: why(change), protected: old.protect === true };
        if (type === "ec2/vpc" && operation === "replace") {
            return [{ ...risk, what: "the network is made anew: databases and files in it can't move there", inBackups: backups }];
        }
        if (type === "efs/accessPoint" && folderOf(old) !== folderOf(change.new) && change.new !== undefined) {
            const what = `files ${name} are looked for in ${folderOf(change.new)}, and stay in ${folderOf(old)}`;
            return [{ ...risk, what, inBackups: backups }];
        }
        const holds = HOLDS[type];
        // What may go with all that is in it: logs of an unprotected stack, a front end that is built anew.
        if (holds === undefined || (type === "s3/bucket" && old.inputs["forceDestroy"] === true)) return [];
        const called = asText(old.inputs[holds.name]) ?? name;
        return [{ ...risk, what: `${holds.what} (${called}) is deleted${fate(preview, change)}`, inBackups: backups && holds.backedUp }];
    });
}

function fate(preview: Preview, { operation, old, type }: Change): string {
    const successor = preview.changes.some((each) => each.operation === "create" && DATABASES.includes(awsType(each)));
    const isDatabase = DATABASES.includes(awsType({ type }));
    const last =
        isDatabase && old?.inputs["skipFinalSnapshot"] === false ? `; ${asText(old.inputs["finalSnapshotIdentifier"])} is left` : "";
    return `${operation === "replace" || (isDatabase && successor) ? ", the new one is empty" : ""}${last}`;
}

function folderOf(state: ResourceState | undefined): string {
    const root = state?.inputs["rootDirectory"];
    return (isRecord(root) ? asText(root["path"]) : undefined) ?? "/";
}

interface Interruption {
    readonly what: (change: Change) => string;
    readonly howLong: string;
}

const said = (what: string, howLong: string): Interruption => ({ what: () => what, howLong });

/** What nobody can use while it is made anew. Times are estimates from AWS's documentation; none has been measured. */
const REPLACED: Readonly<Record<string, Interruption>> = {
    "rds/clusterInstance": said(
        "A server of the database is made anew: requests that need it fail where there is no second one",
        "about 10 minutes",
    ),
    "lb/loadBalancer": said("The balancer is made anew with another address: nobody is answered until DNS follows", "some minutes"),
    "lb/listener": said("The balancer's port is closed and opened again", "some seconds"),
    "lb/targetGroup": {
        what: ({ name }) => `The balancer looks for ${name.replace(/-targets$/, "")} in a new group that is empty at first`,
        howLong: "until new tasks are healthy",
    },
    "ecs/service": { what: ({ name }) => `${name} is made anew: requests to it fail`, howLong: "until it is healthy" },
    "ec2/vpc": said("Everything in the network is made anew", "until it is there again"),
    "ec2/subnet": said("What stands in a subnet has to leave it first", "some minutes"),
    "ec2/natGateway": said("Calls to the outside fail", "about 2 minutes"),
    "efs/mountTarget": said("Files can't be reached from one zone", "about 2 minutes"),
    "cloudfront/distribution": said("CloudFront's distribution is made anew: nobody is answered", "about 10 minutes"),
};

/** What serves visitors, and is missed when it is taken away. */
const MISSED: Readonly<Record<string, string>> = {
    "lb/loadBalancer": "The balancer",
    "lb/listener": "A port of the balancer",
    "cloudfront/distribution": "CloudFront",
};

/** Inputs whose change restarts what there is. */
const RESTARTED: Readonly<Record<string, { readonly inputs: readonly string[] } & Interruption>> = {
    "rds/instance": {
        inputs: ["instanceClass", "engineVersion"],
        ...said("The database restarts: requests that need it fail", "some minutes; about one for another class with `multiAz`"),
    },
    "rds/cluster": { inputs: ["engineVersion"], ...said("The database restarts: requests that need it fail", "some minutes") },
    "elasticache/replicationGroup": {
        inputs: ["nodeType", "engineVersion"],
        ...said("Redis changes its servers: requests that need it fail", "some seconds"),
    },
};

export function awsDowntimes(preview: Preview, why: (change: Change) => string): readonly Downtime[] {
    return preview.changes.flatMap((change): Downtime[] => {
        const type = awsType(change);
        const made = REPLACED[type];
        if (change.operation === "replace" && made !== undefined) {
            return [{ what: made.what(change), howLong: made.howLong, why: why(change) }];
        }
        if (change.operation === "delete" && MISSED[type] !== undefined) {
            return [{ what: `${MISSED[type]} is removed`, howLong: "for good", why: "no longer in the program" }];
        }
        return change.operation === "update" ? [...restart(change), ...aloneAndVisible(change)] : [];
    });
}

function restart(change: Change): Downtime[] {
    const known = RESTARTED[awsType(change)];
    const changed = (known?.inputs ?? []).filter((input) => differs(change, input));
    return known === undefined || changed.length === 0
        ? []
        : [{ what: known.what(change), howLong: known.howLong, why: `another ${changed.join(", another ")}` }];
}

/** One writer: the old task is gone before the new one starts. Whoever has no visitors isn't missed. */
function aloneAndVisible(change: Change): Downtime[] {
    const { old, new: next, name } = change;
    const visible = asList(old?.inputs["loadBalancers"]).length > 0;
    const alone = next?.inputs["deploymentMinimumHealthyPercent"] === 0;
    if (awsType(change) !== "ecs/service" || !visible || !alone || !differs(change, "taskDefinition")) return [];
    return [{ what: `${name} stops before its successor starts (one writer)`, howLong: "about half a minute", why: "another release" }];
}

function differs({ old, new: next }: Change, input: string): boolean {
    return JSON.stringify(old?.inputs[input]) !== JSON.stringify(next?.inputs[input]);
}
