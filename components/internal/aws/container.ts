import type * as pulumi from "@pulumi/pulumi";
import type { SecretRef } from "../../secrets-bundle";
import type { AwsTarget } from "../../targets/aws-target";
import type { Health } from "../health";
import { officialImage } from "../images";
import { quote } from "../shell";
import { LOG_PREFIX } from "./runner";

/** What the containers of a task are made of. */
export interface MainContainer {
    readonly name: string;
    readonly image: pulumi.Input<string>;
    readonly entryPoint?: readonly string[];
    readonly command?: readonly string[];
    readonly env: Readonly<Record<string, pulumi.Input<string>>>;
    /** File name below /run/secrets → secret. */
    readonly secretFiles: Readonly<Record<string, SecretRef>>;
    /** Environment variable → secret. */
    readonly secretEnv: Readonly<Record<string, SecretRef>>;
    readonly user: { readonly uid: number; readonly gid: number };
    readonly readOnlyRoot: boolean;
    readonly temporary: readonly string[];
    /** Folder → volume of the task. */
    readonly mounts: Readonly<Record<string, { readonly volume: string; readonly readOnly: boolean }>>;
    readonly port?: number;
    readonly health?: Health;
    /** Seconds between SIGTERM and the end. */
    readonly stopTimeout?: number;
    /** The name of a stored login, where the image's registry asks for one. */
    readonly pullCredentials?: pulumi.Input<string>;
}

const SECRETS = "/run/secrets";
/** Fargate stops waiting after two minutes. */
const LONGEST_STOP = 120;
/** Where the agent of execute-command writes; needed where the rest of the container can't be written. */
const AGENT_FOLDERS = ["/var/lib/amazon", "/var/log/amazon"];

export interface TaskContainers {
    readonly definitions: readonly object[];
    /** Volumes of the task's own disk, which is encrypted and gone with the task. */
    readonly volumes: readonly string[];
}

/**
 * The containers of a task. Secrets are files, as on a Docker host: a first container, which alone gets the values, writes them for the
 * application's user into a volume of the task, makes the folders for temporary files writable, and ends before the application starts.
 */
export function taskContainers(target: AwsTarget, main: MainContainer, logGroup: pulumi.Input<string>): TaskContainers {
    const logConfiguration = {
        logDriver: "awslogs",
        options: { "awslogs-group": logGroup, "awslogs-region": target.options.region, "awslogs-stream-prefix": LOG_PREFIX },
    };
    const writable = [...main.temporary, ...(main.readOnlyRoot && target.options.exec ? AGENT_FOLDERS : [])];
    const files = Object.entries(main.secretFiles);
    const volumes = [...(files.length === 0 ? [] : ["secrets"]), ...writable.map((_, index) => `temporary-${index + 1}`)];
    const needed = volumes.length > 0;
    const mountPoints = [
        ...(files.length === 0 ? [] : [{ sourceVolume: "secrets", containerPath: SECRETS, readOnly: true }]),
        ...writable.map((containerPath, index) => ({ sourceVolume: `temporary-${index + 1}`, containerPath, readOnly: false })),
        ...Object.entries(main.mounts).map(([containerPath, { volume, readOnly }]) => ({ sourceVolume: volume, containerPath, readOnly })),
    ];
    const application = {
        name: main.name,
        image: main.image,
        essential: true,
        ...(main.entryPoint === undefined ? {} : { entryPoint: main.entryPoint }),
        ...(main.command === undefined ? {} : { command: main.command }),
        environment: Object.entries(main.env)
            .map(([name, value]) => ({ name, value }))
            .sort((a, b) => (a.name < b.name ? -1 : 1)),
        secrets: Object.entries(main.secretEnv).map(([name, ref]) => ({ name, valueFrom: target.secrets.store(ref).valueFrom })),
        user: `${main.user.uid}:${main.user.gid}`,
        readonlyRootFilesystem: main.readOnlyRoot,
        linuxParameters: { initProcessEnabled: true, capabilities: { drop: ["ALL"] } },
        mountPoints,
        ...(main.port === undefined ? {} : { portMappings: [{ containerPort: main.port, hostPort: main.port, protocol: "tcp" }] }),
        ...(main.health === undefined ? {} : { healthCheck: healthCheck(main.health) }),
        ...(main.stopTimeout === undefined ? {} : { stopTimeout: Math.min(main.stopTimeout, LONGEST_STOP) }),
        ...(main.pullCredentials === undefined ? {} : { repositoryCredentials: { credentialsParameter: main.pullCredentials } }),
        ...(needed ? { dependsOn: [{ containerName: "prepare", condition: "SUCCESS" }] } : {}),
        logConfiguration,
    };
    const prepare = {
        name: "prepare",
        image: target.reference(officialImage("debian")),
        essential: false,
        entryPoint: ["/bin/sh", "-euc"],
        command: [prepareScript(main, files, writable.length)],
        user: "0:0",
        readonlyRootFilesystem: true,
        environment: [],
        secrets: files.map(([, ref], index) => ({ name: `SECRET_${index + 1}`, valueFrom: target.secrets.store(ref).valueFrom })),
        mountPoints: volumes.map((sourceVolume) => ({ sourceVolume, containerPath: `/prepare/${sourceVolume}`, readOnly: false })),
        logConfiguration,
    };
    return { definitions: needed ? [prepare, application] : [application], volumes };
}

function prepareScript(main: MainContainer, files: readonly (readonly [string, SecretRef])[], writable: number): string {
    const owner = `${main.user.uid}:${main.user.gid}`;
    return [
        "umask 077",
        ...files.map(([name], index) => `printf %s "$SECRET_${index + 1}" > /prepare/secrets/${quote(name)}`),
        ...(files.length === 0 ? [] : [`chmod 0400 /prepare/secrets/*; chmod 0500 /prepare/secrets; chown -R ${owner} /prepare/secrets`]),
        ...Array.from({ length: writable }, (_, index) => `chmod 1777 /prepare/temporary-${index + 1}`),
    ].join("\n");
}

/** ECS's form, within its limits (API reference, HealthCheck). */
export function healthCheck(health: Health) {
    return {
        command: ["CMD", ...health.command],
        interval: within(health.interval, 5, 300),
        timeout: within(health.timeout, 2, 60),
        retries: within(health.retries, 1, 10),
        startPeriod: within(health.startPeriod, 0, 300),
    };
}

function within(value: number, low: number, high: number): number {
    return Math.min(high, Math.max(low, value));
}
