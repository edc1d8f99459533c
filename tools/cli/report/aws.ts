import type { Change, Preview, ResourceState } from "./engine-events";
import type { DataRisk } from "./data";
import type { Downtime } from "./downtime";
import { asList, asText, isRecord, shown } from "./values";

/* What a preview of a stack on AWS means. The engine says which resources are made anew; what that does to those who use them is known here. */

/** `aws:rds/instance:Instance` → `rds/instance`; empty: nothing of AWS. */
export function awsType({ type }: Pick<Change, "type">): string {
    return /^aws:([^:]+):/.exec(type)?.[1] ?? "";
}

/** What holds data, whether the plan of AWS Backup takes it, the input that names it to people, and the one that says it may go with all that is in it. */
const HOLDS: Readonly<
    Record<string, { readonly what: string; readonly backedUp: boolean; readonly name: string; readonly disposable?: string }>
> = {
    "rds/instance": { what: "the database", backedUp: true, name: "identifier" },
    "rds/cluster": { what: "the database", backedUp: true, name: "clusterIdentifier" },
    "efs/fileSystem": { what: "the files", backedUp: true, name: "creationToken" },
    "elasticache/replicationGroup": { what: "what Redis keeps", backedUp: false, name: "replicationGroupId" },
    "backup/vault": { what: "the backups", backedUp: false, name: "name" },
    // Logs of an unprotected stack, a front end that is built anew.
    "s3/bucket": { what: "the bucket", backedUp: false, name: "bucket", disposable: "forceDestroy" },
    "ecr/repository": {
        what: "the repository with the images that a rollback needs",
        backedUp: false,
        name: "name",
        disposable: "forceDelete",
    },
    "cloudwatch/logGroup": { what: "the log", backedUp: false, name: "name" },
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
        const risk = { key: name, why: why(change), deletes: true, protected: old.protect === true };
        if (type === "ec2/vpc" && operation === "replace") {
            return [{ ...risk, what: "the network is made anew: databases and files in it can't move there", inBackups: backups }];
        }
        if (type === "efs/accessPoint" && folderOf(old) !== folderOf(change.new) && change.new !== undefined) {
            const what = `files ${name} are looked for in ${folderOf(change.new)}, and stay in ${folderOf(old)}`;
            return [{ ...risk, what, deletes: false, inBackups: backups }];
        }
        const holds = HOLDS[type];
        if (holds === undefined || old.inputs[holds.disposable ?? ""] === true) return [];
        const called = asText(old.inputs[holds.name]) ?? name;
        // What answers during maintenance writes down nothing of its own.
        if (called.endsWith("/maintenance")) return [];
        return [{ ...risk, what: `${holds.what} (${called}) is deleted${fate(preview, change)}`, inBackups: backups && holds.backedUp }];
    });
}

/** Databases and files stay in the network that they were made in; what is around them looks for them in another one. */
export function awsOtherNetwork(preview: Preview): readonly DataRisk[] {
    const made = preview.changes.find((change) => awsType(change) === "ec2/vpc" && change.operation === "replace");
    const group = preview.changes.find(
        (change) =>
            awsType(change) === "ec2/securityGroup" && change.old !== undefined && change.new !== undefined && differs(change, "vpcId"),
    );
    if (made !== undefined || group === undefined) return [];
    const from = asText(group.old?.inputs["vpcId"]) ?? "the network";
    return [
        {
            key: from,
            what: `the stack moves from the network ${from} to another one: databases and files in it can't move there`,
            why: "`quai:target.vpc`; deploy another stack there, and restore the backups into it",
            deletes: true,
            protected: false,
            inBackups: preview.changes.some((change) => awsType(change) === "backup/selection" && change.old !== undefined),
        },
    ];
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
    "ecs/service": {
        what: (change) => `${change.name} is made anew: ${isVisible(change) ? "requests to it fail" : "its work waits"}`,
        howLong: "until it is healthy",
    },
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

interface Restart {
    readonly what: string;
    readonly howLong: (change: Change) => string;
    /** Inputs whose change restarts what there is, in words. */
    readonly inputs: Readonly<Record<string, string>>;
}

const DATABASE = "The database restarts: requests that need it fail";

const RESTARTED: Readonly<Record<string, Restart>> = {
    "rds/instance": {
        what: DATABASE,
        // A second server takes over, where there is one; not while both get another version.
        howLong: (change) =>
            change.new?.inputs["multiAz"] === true && !differs(change, "engineVersion") ? "about a minute" : "some minutes",
        inputs: { instanceClass: "another size", engineVersion: "another version" },
    },
    "rds/cluster": { what: DATABASE, howLong: () => "some minutes", inputs: { engineVersion: "another version" } },
    "elasticache/replicationGroup": {
        what: "Redis changes its servers: requests that need it fail",
        howLong: () => "some seconds",
        inputs: { nodeType: "another size", engineVersion: "another version" },
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
        if (type === "route53/record") return nameLost(preview, change);
        return change.operation === "update" ? [...restart(change), ...aloneAndVisible(change)] : [];
    });
}

/** A public name whose record moves to another zone, or goes while there is still somebody to find. */
function nameLost({ changes }: Preview, change: Change): Downtime[] {
    const { old, operation } = change;
    const name = asText(old?.inputs["name"]) ?? change.name;
    if (old?.inputs["aliases"] === undefined) return [];
    if (operation === "replace") {
        const what = `The DNS record of ${name} moves to another hosted zone: whoever asks the former one finds nothing`;
        return [{ what, howLong: "until the domain's name servers are those of the new zone", why: "another hosted zone" }];
    }
    const stays = changes.some((each) => awsType(each) === "lb/loadBalancer" && each.operation !== "delete");
    return operation === "delete" && stays
        ? [
              {
                  what: `The DNS record of ${name} is removed: the name leads nowhere`,
                  howLong: "until somebody makes it again",
                  why: "no longer in the program",
              },
          ]
        : [];
}

const isVisible = ({ old }: Change): boolean => asList(old?.inputs["loadBalancers"]).length > 0;

function restart(change: Change): Downtime[] {
    const known = RESTARTED[awsType(change)];
    if (known === undefined) return [];
    const changed = Object.entries(known.inputs).filter(([input]) => differs(change, input));
    if (changed.length === 0) return [];
    const side = (which: "old" | "new", input: string) => shown(change[which]?.inputs[input] ?? "none");
    const why = changed.map(([input, words]) => `${words}, ${side("old", input)} → ${side("new", input)}`).join(", ");
    return [{ what: known.what, howLong: known.howLong(change), why }];
}

/** One writer: the old task is gone before the new one starts. Whoever has no visitors isn't missed. */
function aloneAndVisible(change: Change): Downtime[] {
    const { new: next, name } = change;
    const alone = next?.inputs["deploymentMinimumHealthyPercent"] === 0;
    if (awsType(change) !== "ecs/service" || !isVisible(change) || !alone || !differs(change, "taskDefinition")) return [];
    return [{ what: `${name} stops before its successor starts (one writer)`, howLong: "about half a minute", why: "another release" }];
}

function differs({ old, new: next }: Change, input: string): boolean {
    return JSON.stringify(old?.inputs[input]) !== JSON.stringify(next?.inputs[input]);
}
