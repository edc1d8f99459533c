import { asText } from "../report/values";
import type { Group } from "./picture";
import type { Shown } from "./shown";

/** Where the parts of a stack are, on its target. */
export interface Places {
    readonly groups: readonly Group[];
    readonly door: string;
    /** Who issues a certificate that nobody brings. */
    readonly issuer: string;
    readonly doorIn: string;
    readonly services: string;
    readonly data: string;
    readonly storage: string;
    /** What files are kept on, besides a disk. */
    readonly disk?: string;
    readonly backups: string;
    readonly backupsIn: string;
    /** Another region that has copies of the backups. */
    readonly copies?: string;
    /** Visitors come in by CloudFront. */
    readonly cdn: boolean;
    /** Services that are files in a bucket, which CloudFront alone reads. */
    readonly sites: ReadonlySet<string>;
    readonly sitesIn: string;
}

export function placesOf(resources: readonly Shown[]): Places {
    return resources.some(({ type }) => type.startsWith("aws:")) ? onAws(resources) : onDocker(resources);
}

function onDocker(resources: readonly Shown[]): Places {
    const provider = resources.find(({ type }) => type === "pulumi:providers:docker");
    const host = asText(provider?.inputs["host"]);
    const networks = resources.filter(({ type }) => type === "docker:index/network:Network").map(({ name, inputs }) => ({ name, inputs }));
    const closed = (name: string) => networks.find((network) => network.name === name)?.inputs["internal"] === true;
    return {
        groups: [
            { id: "host", title: host === undefined ? "Docker host" : `Docker host ${host.replace(/^ssh:\/\//, "")}`, kind: "place" },
            { id: "app", title: "network app", within: "host", kind: "network" },
            {
                id: "data",
                title: closed("data") ? "network data, no way out" : "network data",
                within: "host",
                kind: closed("data") ? "closed" : "network",
            },
            { id: "storage", title: "volumes", within: "host", kind: "storage" },
        ],
        door: "nginx",
        issuer: "ACME",
        doorIn: "app",
        services: "app",
        data: "data",
        storage: "storage",
        backups: "restic, encrypted",
        backupsIn: "host",
        cdn: false,
        sites: new Set(),
        sitesIn: "host",
    };
}

function onAws(resources: readonly Shown[]): Places {
    const provider = resources.find(({ type }) => type === "pulumi:providers:aws");
    const region = asText(provider?.inputs["region"]);
    const of = (type: string) => resources.filter((resource) => resource.type === `aws:${type}`);
    const named = (type: string, name: string) => of(type).find((resource) => resource.name === name);
    return {
        groups: [
            { id: "account", title: region === undefined ? "AWS" : `AWS ${region}`, kind: "place" },
            { id: "public", title: "public subnets", within: "account", kind: "network" },
            { id: "private", title: "private subnets, Fargate", within: "account", kind: "network" },
            { id: "isolated", title: "isolated subnets, no way out", within: "account", kind: "closed" },
        ],
        door: "load balancer",
        issuer: "ACM",
        doorIn: "public",
        services: "private",
        data: "isolated",
        storage: "private",
        disk: "EFS",
        backups: "AWS Backup",
        backupsIn: "account",
        copies: asText(named("backup/vault:Vault", "backup-copies")?.inputs["region"]),
        cdn: of("cloudfront/distribution:Distribution").length > 0,
        sites: new Set(of("cloudfront/originAccessControl:OriginAccessControl").map(({ name }) => name.slice(name.indexOf("-") + 1))),
        sitesIn: "account",
    };
}
