import type { Change, Preview } from "./engine-events";
import { awsDowntimes } from "./aws";
import { labelOf, TYPE } from "./resources";
import { settingOf } from "./settings";
import { asText, isRecord } from "./values";

/** A time in which something doesn't answer. */
export interface Downtime {
    readonly what: string;
    /** As long as it took in tests with small data; a large database takes longer to stop. */
    readonly howLong: string;
    readonly why: string;
}

interface Interruption {
    readonly what: string;
    readonly howLong: string;
}

/**
 * What stops when a container of a role is replaced: there is one of it, and the old one is gone before the new one is made. Figures: seconds without an
 * answer of an image that is there and a service that starts quickly; estimates, not measured.
 */
const BY_ROLE: Readonly<Record<string, Interruption>> = {
    proxy: { what: "The proxy restarts under its name: requests wait", howLong: "about 2 s, and as long as those under way take" },
    port: { what: "A port is let go of and taken again: nobody is answered there, and what is open is cut", howLong: "about 2 s" },
    postgres: { what: "The database restarts: requests that need it fail", howLong: "about 5 s" },
    redis: { what: "Redis restarts: requests that need it fail", howLong: "about 5 s" },
};

export function downtimes(preview: Preview): readonly Downtime[] {
    if (stops(preview)) {
        return [{ what: "Everything stops", howLong: "until `quai:running` is true again", why: "`quai:running` is false" }];
    }
    const containers = preview.changes.filter(({ type }) => type === TYPE.container);
    const all = [
        ...containers.filter((change) => !isReleased(change, containers)).flatMap((change) => downtimeOf(change, containers)),
        ...awsDowntimes(preview, whyReplaced),
        ...maintenance(preview),
    ];
    // Replicas of a service say the same.
    return all.filter((each, i) => all.findIndex(({ what, why }) => what === each.what && why === each.why) === i);
}

/** The stack runs and would no longer do so. */
export function stops({ outputs }: Preview): boolean {
    return outputs.old?.["running"] === true && outputs.new?.["running"] === false;
}

/** Served until now, and then answered with a page. */
function maintenance(preview: Preview): Downtime[] {
    const [before, then] = (["old", "new"] as const).map((which) => settingOf(preview, which, ["maintenance"]));
    return before === false && then === true
        ? [
              {
                  what: "Everybody is answered 503 with a page",
                  howLong: "until `quai:maintenance` is false again",
                  why: "`quai:maintenance` is true",
              },
          ]
        : [];
}

/** A proxy that goes for another: that serves already when this one is told to finish. */
function isReleased({ operation, old }: Change, containers: readonly Change[]): boolean {
    const successor = containers.some((each) => each.operation === "create" && labelOf(each.new, "role") === "proxy");
    // One of an earlier quai published the ports itself, and has to stop before another can have them.
    return operation === "delete" && labelOf(old, "role") === "proxy" && successor && old?.inputs["ports"] === undefined;
}

function downtimeOf(change: Change, containers: readonly Change[]): Downtime[] {
    const { operation, old, name } = change;
    const role = labelOf(old, "role") ?? "";
    const service = labelOf(old, "service") ?? name;
    const interruption = BY_ROLE[role];
    if (operation === "delete" && role === "proxy" && old?.inputs["ports"] !== undefined) {
        const howLong = "until requests under way have ended, and about 2 s; this once";
        return [
            { what: "The proxy hands its ports over: nobody is answered", howLong, why: "ports are held by containers of their own now" },
        ];
    }
    if (operation === "delete" && role === "port") {
        const next = containers.find((each) => each.operation === "create" && labelOf(each.new, "service") === labelOf(old, "service"));
        if (next !== undefined) return handedOver(service, old, next.new);
        return [{ what: `${service.replace("-", " ")} is no longer answered`, howLong: "for good", why: "no longer in the settings" }];
    }
    if (operation === "delete" && interruption !== undefined) {
        return [{ what: `${service} is removed`, howLong: "for good", why: "no longer in the program" }];
    }
    if (operation !== "replace") return [];
    if (interruption !== undefined) return [{ ...interruption, why: whyReplaced(change) }];
    return role === "service" && change.deletedFirst
        ? [
              {
                  what: `${service} is made anew under its name: requests to it fail, unless a replica answers`,
                  howLong: "until it is healthy",
                  why: whyReplaced(change),
              },
          ]
        : [];
}

/** From one address to another both are listened on for a moment; a port that Docker publishes nobody else can have. */
function handedOver(service: string, ...holders: readonly (Change["old"] | undefined)[]): Downtime[] {
    const why = "another way to hold the port";
    const what = `${service.replace("-", " ")} changes hands: nobody is answered there, and what is open is cut`;
    return holders.some((each) => each?.inputs["ports"] !== undefined) ? [{ what, howLong: "about 2 s, this once", why }] : [];
}

/** Properties in words. */
export const PROPERTIES: Readonly<Record<string, string>> = {
    image: "another image",
    command: "another command line",
    envs: "other variables",
    containerDefinitions: "other containers",
    taskDefinition: "another task definition",
    desiredCount: "another number of tasks",
    instanceClass: "another size",
    protectedResourceArns: "other resources",
    input: "another request",
    resources: "other resources",
    secretString: "another value",
    mounts: "other files or volumes",
    ports: "other ports",
    healthcheck: "another health check",
    logOpts: "other log limits",
    shmSize: "another size of shared memory",
    networksAdvanced: "other networks",
    user: "another user",
    groupAdds: "other groups",
    stopTimeout: "another time to stop",
    destroyGraceSeconds: "another time to stop",
    labels: "other labels",
    name: "another name",
    provider: "another Docker host",
    dnsNames: "other names",
    subject: "another subject",
    certRequestPem: "another request",
    privateKeyPem: "another key",
    caCertPem: "another authority",
};

/** `other ports` */
export function inWords(property: string): string {
    return PROPERTIES[property] ?? `another ${property}`;
}

export function whyReplaced({ replacedFor, old, new: next }: Change): string {
    const [from, to] = [labelOf(old, "release"), labelOf(next, "release")];
    if (from !== to && to !== undefined) return "another release";
    const words = replacedFor.map((path) => inWords(path.split(/[.[]/)[0] ?? path));
    const moved = next !== undefined && asText(old?.inputs["name"]) !== asText(next.inputs["name"]);
    const all = [...new Set(moved ? ["another name", ...words] : words)];
    return all.length > 0 ? all.join(", ") : "what it depends on is made anew";
}

/** What stops for a while and isn't noticed by those who ask: for the notes. */
export function quietStops(preview: Preview): readonly string[] {
    const replaced = preview.changes.filter(({ type, operation }) => type === TYPE.container && operation === "replace");
    const roles = new Set(replaced.map(({ old }) => labelOf(old, "role")));
    return [
        ...targetSwitched(preview),
        ...(roles.has("scheduler") ? ["The scheduler is stopped before its successor starts: for some seconds nothing is scheduled."] : []),
        ...(roles.has("backup") ? ["The backup service restarts; a backup that is under way begins again."] : []),
    ];
}

const TARGETS: Readonly<Record<string, string>> = { "quai:target:Docker": "a Docker host", "quai:target:Aws": "AWS" };

/** Nothing goes with the stack to another kind of target. */
function targetSwitched({ changes }: Preview): string[] {
    const [from, to] = (["delete", "create"] as const).map(
        (operation) => changes.flatMap((change) => (change.operation === operation ? (TARGETS[change.type] ?? []) : []))[0],
    );
    return from === undefined || to === undefined
        ? []
        : [
              `The stack moves from ${from} to ${to}: there everything begins empty, and what it leaves is deleted. Deploy it there under another name, restore a backup into it, and take this one away last.`,
          ];
}

export function isRunning(outputs: unknown): boolean {
    return isRecord(outputs) && outputs["running"] !== false;
}
