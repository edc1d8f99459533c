import type * as cloudwatch from "@pulumi/aws/cloudwatch";
import type * as ec2 from "@pulumi/aws/ec2";
import * as ecs from "@pulumi/aws/ecs";
import type * as iam from "@pulumi/aws/iam";
import type { types } from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Files } from "../../files";
import type { SecretRef } from "../../secrets-bundle";
import type { AwsTarget, Grant } from "../../targets/aws-target";
import type { MainContainer } from "./container";
import { taskContainers } from "./container";
import type { FargateSize } from "./fargate-size";
import type { TaskImage } from "./image";
import type { Place } from "./security-groups";
import { securityGroup, way, waysOut } from "./security-groups";

export interface TaskArgs {
    /** Part of every name: the service's or job's. */
    readonly logical: string;
    readonly description: string;
    readonly size: FargateSize;
    readonly image: TaskImage;
    readonly main: Omit<MainContainer, "mounts" | "pullCredentials" | "image">;
    /** Folder in the container → files. */
    readonly files: Readonly<Record<string, { readonly files: Files; readonly readOnly?: boolean }>>;
    /** Whether people may open a shell in it. */
    readonly exec: boolean;
    /** What the application may do besides. @default nothing */
    readonly grants?: readonly Grant[];
    /** Tasks that share a log share its name. @default `logical` */
    readonly log?: string;
    /** Its security group, where others have to know it beforehand. @default one of its own */
    readonly group?: ec2.SecurityGroup;
    /** Where it may go besides what its secrets and files open. @default nowhere */
    readonly calls?: readonly Place[];
}

export interface Task {
    readonly definition: ecs.TaskDefinition;
    readonly group: ec2.SecurityGroup;
    readonly logs: cloudwatch.LogGroup;
    /** The one that starts it, and the application's own. */
    readonly roles: { readonly execution: iam.Role; readonly application: iam.Role };
    /** Roles may do what they must, and the ways are open: only then may it start. */
    readonly ready: readonly pulumi.Resource[];
}

/** A task with two roles and a security group of its own: it reads its secrets, its files and its databases, and nothing else. */
export function fargateTask(target: AwsTarget, parent: pulumi.Resource, args: TaskArgs): Task {
    const { logical, main, image } = args;
    const log = args.log ?? logical;
    const logs = target.logGroup(log, `/ecs/${target.name(log)}`);
    const mounts = mountsOf(args);
    const containers = taskContainers(
        target,
        {
            ...main,
            image: image.reference,
            mounts: Object.fromEntries(mounts.map(({ path, volume, readOnly }) => [path, { volume, readOnly }])),
            ...(image.credentials === undefined ? {} : { pullCredentials: target.secrets.store(image.credentials).arn }),
        },
        logs.name,
    );
    const used = [
        ...Object.values(main.secretFiles),
        ...Object.values(main.secretEnv),
        ...(image.credentials === undefined ? [] : [image.credentials]),
    ];
    const execution = target.role(
        `${logical}-start`,
        "ecs-tasks.amazonaws.com",
        [...startGrants(target, used, logs), ...image.grants],
        parent,
    );
    const own = [...ownGrants(target, mounts, args.exec), ...(args.grants ?? [])];
    const role = target.role(`${logical}-task`, "ecs-tasks.amazonaws.com", own, parent);
    const group = args.group ?? securityGroup(target, logical, args.description, parent);
    const definition = new ecs.TaskDefinition(
        `${logical}-task`,
        {
            family: target.name(logical),
            requiresCompatibilities: ["FARGATE"],
            networkMode: "awsvpc",
            cpu: String(args.size.cpu),
            memory: String(args.size.memory),
            runtimePlatform: {
                operatingSystemFamily: "LINUX",
                cpuArchitecture: target.options.architecture === "arm64" ? "ARM64" : "X86_64",
            },
            executionRoleArn: execution.arn,
            taskRoleArn: role.arn,
            containerDefinitions: pulumi.jsonStringify(containers.definitions),
            volumes: [...containers.volumes.map((name) => ({ name })), ...mounts.map(({ definition: volume }) => volume)],
            // Former revisions stay, so that what runs can be looked up, and the circuit breaker has one to go back to.
            skipDestroy: true,
        },
        target.opts({ parent }),
    );
    const from = { name: logical, group: group.id };
    const places = new Map(
        [...used.flatMap(({ reaches }) => reaches ?? []), ...mounts.map(({ place }) => place), ...(args.calls ?? [])].map((place) => [
            place.name,
            place,
        ]),
    );
    const ways = [...places.values()].flatMap((place) => way(target, from, place, parent));
    return {
        definition,
        group,
        logs,
        roles: { execution, application: role },
        ready: [...ways, ...waysOut(target, from, parent), ...mounts.flatMap(({ ready }) => ready), ...image.ready],
    };
}

interface Mount {
    readonly path: string;
    readonly volume: string;
    readonly readOnly: boolean;
    readonly definition: types.input.ecs.TaskDefinitionVolume;
    readonly fileSystemArn: pulumi.Output<string>;
    readonly accessPointArn: pulumi.Output<string>;
    readonly place: Place;
    readonly ready: readonly pulumi.Resource[];
}

function mountsOf(args: TaskArgs): Mount[] {
    return Object.entries(args.files).map(([path, { files, readOnly }]) => {
        const { elastic } = files.mount;
        if (elastic === undefined) {
            throw new Error(`${args.logical}: files ${files.name} are not on this target`);
        }
        return {
            path,
            volume: files.name,
            readOnly: readOnly ?? false,
            definition: {
                name: files.name,
                efsVolumeConfiguration: {
                    fileSystemId: elastic.fileSystemId,
                    transitEncryption: "ENABLED",
                    authorizationConfig: { accessPointId: elastic.accessPointId, iam: "ENABLED" },
                },
            },
            fileSystemArn: elastic.fileSystemArn,
            accessPointArn: elastic.accessPointArn,
            place: elastic.place,
            ready: elastic.ready,
        };
    });
}

/** What ECS does on the task's behalf before it starts: image, secrets, log. */
function startGrants(target: AwsTarget, secrets: readonly SecretRef[], logs: cloudwatch.LogGroup): Grant[] {
    const stored = secrets.map((ref) => target.secrets.store(ref));
    const arns = [...new Map(stored.map(({ name, arn }) => [name, arn])).values()];
    const { region, storedKey } = target.options;
    const own = secrets.some(({ stored: elsewhere }) => elsewhere === undefined);
    const read: Grant[] = [
        ...(arns.length === 0 ? [] : [{ actions: ["secretsmanager:GetSecretValue"], resources: arns }]),
        ...(own ? [{ actions: ["kms:Decrypt"], resources: [target.keys.general.arn] }] : []),
        ...(storedKey === undefined || secrets.every(({ stored: elsewhere }) => elsewhere === undefined)
            ? []
            : [
                  {
                      actions: ["kms:Decrypt"],
                      resources: [storedKey],
                      condition: { StringEquals: { "kms:ViaService": `secretsmanager.${region}.amazonaws.com` } },
                  },
              ]),
    ];
    return [...read, { actions: ["logs:CreateLogStream", "logs:PutLogEvents"], resources: [pulumi.interpolate`${logs.arn}:*`] }];
}

/** What the application itself may do: its files; and, for people, a shell. */
function ownGrants(target: AwsTarget, mounts: readonly Mount[], exec: boolean): Grant[] {
    const files = mounts.map(({ fileSystemArn, accessPointArn, readOnly }) => ({
        actions: ["elasticfilesystem:ClientMount", ...(readOnly ? [] : ["elasticfilesystem:ClientWrite"])],
        resources: [fileSystemArn],
        condition: { StringEquals: { "elasticfilesystem:AccessPointArn": accessPointArn } },
    }));
    if (!exec) {
        return files;
    }
    const audit = target.logGroup("exec", `/quai/${target.stack}/exec`);
    const channels = ["CreateControlChannel", "CreateDataChannel", "OpenControlChannel", "OpenDataChannel"];
    return [
        ...files,
        { actions: [...channels.map((name) => `ssmmessages:${name}`), "logs:DescribeLogGroups"], resources: ["*"] },
        {
            actions: ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
            resources: [pulumi.interpolate`${audit.arn}:*`],
        },
        { actions: ["kms:Decrypt"], resources: [target.keys.general.arn] },
    ];
}
