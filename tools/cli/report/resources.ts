import type { Change, ResourceState } from "./engine-events";
import { asList, asText, isRecord } from "./values";

/** Types of resources that the report says more of than their name. */
export const TYPE = {
    container: "docker:index/container:Container",
    volume: "docker:index/volume:Volume",
    network: "docker:index/network:Network",
    image: "docker:index/remoteImage:RemoteImage",
    certificate: "tls:index/locallySignedCert:LocallySignedCert",
    authority: "tls:index/selfSignedCert:SelfSignedCert",
} as const;

const NOUNS: Readonly<Record<string, string>> = {
    [TYPE.container]: "container",
    [TYPE.volume]: "volume",
    [TYPE.network]: "network",
    [TYPE.image]: "image",
    [TYPE.certificate]: "certificate",
    [TYPE.authority]: "authority",
    "tls:index/privateKey:PrivateKey": "key pair",
    "tls:index/certRequest:CertRequest": "certificate request",
    "random:index/randomPassword:RandomPassword": "generated secret",
    "command:local:Command": "step",
    "command:remote:Command": "step",
    "aws:lambda/invocation:Invocation": "step",
    "aws:rds/instance:Instance": "database server",
    "aws:ec2/eip:Eip": "public address",
    "aws:backup/plan:Plan": "backup plan",
    "aws:backup/selection:Selection": "backup selection",
};

const COMPONENTS: Readonly<Record<string, string>> = {
    "quai:index:WebStack": "application",
    "quai:index:TlsProxy": "proxy",
    "quai:index:PostgresWithBackup": "database",
    "quai:index:Redis": "redis",
    "quai:index:Files": "files",
    "quai:index:SecretsBundle": "secrets",
    "quai:target:Docker": "host",
    "quai:target:Aws": "account",
};

/** Steps whose name says what they do, but not to everybody. */
const STEPS: readonly (readonly [RegExp, string])[] = [
    [/^(.+)-routes$/, "switch of the routes"],
    [/^(.+)-login-(.+)$/, "database login $2"],
    [/^(.+)-database$/, "database with its roles and rights"],
    [/^(.+)-superuser$/, "password of the database's superuser"],
    [/^redis-password-(.+)$/, "password of Redis ($1)"],
    [/^backup-password-(.+)$/, "password of the backups ($1)"],
    [/^(.+)-ports$/, "hand-over of the ports"],
    [/^(.+)-assets$/, "folder of former assets"],
    [/^(.+)-temporary$/, "temporary certificate"],
    [/^(.+)-owner$/, "owner of the files in volume $1"],
    [/^(.+)-secrets-[0-9a-f]{8}$/, "secret files of $1"],
    [/^(.+)-files-[0-9a-f]{8}$/, "configuration and secret files of $1"],
    [/^(.+)-config$/, "first configuration of $1"],
    [/^(.+)-([0-9a-f]{8})$/, "job $1 (release $2)"],
];

/** What a resource is, in words: `container api-3fa9c1d2`. */
export function described({ type, name: given }: Pick<Change, "type" | "name">): string {
    const name = oneLine(given);
    const onAws = type === "aws:lambda/invocation:Invocation";
    if (type.startsWith("command:") || onAws) {
        // There a release is proved by a step of the service's name, so the last can't be told from a job.
        const [pattern, words] = (onAws ? STEPS.slice(0, -1) : STEPS).find(([each]) => each.test(name)) ?? [];
        return pattern === undefined || words === undefined ? `step ${name}` : name.replace(pattern, words);
    }
    const noun = type.startsWith("pulumi:providers:") ? "provider" : (NOUNS[type] ?? spoken(type.slice(type.lastIndexOf(":") + 1)));
    return `${noun} ${name}`;
}

export function oneLine(text: string): string {
    return text.replace(/\s+/g, " ");
}

/** `MetricAlarm`: metric alarm */
function spoken(type: string): string {
    return type.replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
}

/** The component that a resource is a part of, e.g. `application`, `files uploads`. @param parents by URN: a resource may be a part of another */
export function componentOf(change: Change, parents: ReadonlyMap<string, string> = new Map()): string {
    let parent = change.new?.parent ?? change.old?.parent;
    while (parent !== undefined && COMPONENTS[typeIn(parent)] === undefined) parent = parents.get(parent);
    parent ??= change.new?.parent ?? change.old?.parent;
    const urn = COMPONENTS[change.type] === undefined && parent !== undefined ? parent : change.urn;
    const type = typeIn(urn);
    const name = urn.slice(urn.lastIndexOf("::") + 2);
    const title = COMPONENTS[type];
    if (title === undefined) return name === "" || type === "pulumi:pulumi:Stack" ? "stack" : name;
    return ["application", "proxy", "secrets", "host", "account"].includes(title) || title === name ? title : `${title} ${name}`;
}

function typeIn(urn: string): string {
    return /^urn:pulumi:[^:]*::[^:]*::(.*)::[^:]*$/.exec(urn)?.[1]?.split("$").at(-1) ?? "";
}

/** Components are grouping only: whatever happens to them happens to their parts. */
export function isComponent({ type }: Change): boolean {
    return type.startsWith("quai:");
}

/** A label of a container or volume of ours, e.g. `role`. */
export function labelOf(state: ResourceState | undefined, name: string): string | undefined {
    const label = asList(state?.inputs["labels"]).find((each) => isRecord(each) && each["label"] === `io.quai.${name}`);
    return isRecord(label) ? asText(label["value"]) : undefined;
}

/** The name on the host. */
export function hostName(state: ResourceState | undefined): string | undefined {
    return asText(state?.inputs["name"]) ?? asText(state?.outputs["name"]);
}

export interface Mount {
    readonly source: string;
    readonly target: string;
    readonly readOnly: boolean;
}

export function mountsOf(state: ResourceState | undefined): readonly Mount[] {
    return asList(state?.inputs["mounts"]).flatMap((mount) => {
        if (!isRecord(mount)) return [];
        const [source, target] = [asText(mount["source"]), asText(mount["target"])];
        return source === undefined || target === undefined ? [] : [{ source, target, readOnly: mount["readOnly"] === true }];
    });
}

/** `NAME=value` pairs. */
export function environmentOf(state: ResourceState | undefined): Readonly<Record<string, string>> {
    const pairs = asList(state?.inputs["envs"]).flatMap((pair) => (typeof pair === "string" ? [pair] : []));
    return Object.fromEntries(pairs.map((pair) => [pair.split("=")[0] ?? "", pair.slice(pair.indexOf("=") + 1)]));
}
