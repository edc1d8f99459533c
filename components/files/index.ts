import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { volumeTool } from "../internal/docker/file-volume";
import { keptData } from "../internal/docker/hardening";
import { labelList } from "../internal/labels";
import { lazily } from "../internal/lazily";
import type { DockerTarget, Target } from "../targets";
import { unreachable } from "../targets";
import { hostCommand } from "../targets/host-command";
import type { ElasticFiles } from "./aws";

export interface FilesArgs {
    readonly target: Target;
    /** The user and group that write here, as numbers in the container (R13). */
    readonly uid: number;
    readonly gid: number;
    /** Whether losing it would be missed: critical files are in the backups and protected (R56). @default true */
    readonly critical?: boolean;
    /** Whether one process alone may write, as with a database that is a file: on AWS its successor starts when it has ended. @default false */
    readonly oneWriter?: boolean;
    /** On AWS: throughput that is paid for whether used or not, in MiB/s. @default elastic: what is used is paid */
    readonly throughput?: number;
}

/** Files that outlive releases: uploads, media, collected static files. */
export class Files extends pulumi.ComponentResource {
    readonly name: string;
    readonly critical: boolean;
    readonly oneWriter: boolean;
    /** The group that may read. */
    readonly gid: number;
    /** What a container mounts. */
    readonly mount: {
        readonly volume: string;
        readonly ready: pulumi.Resource | undefined;
        /** On AWS. */
        readonly elastic?: ElasticFiles;
    };

    constructor(name: string, args: FilesArgs, opts?: pulumi.ComponentResourceOptions) {
        super("quai:index:Files", name, {}, opts);
        this.name = name;
        this.critical = args.critical ?? true;
        this.oneWriter = args.oneWriter ?? false;
        this.gid = args.gid;
        switch (args.target.kind) {
            case "docker":
                this.mount = filesOnDocker(this, name, args.target, args);
                break;
            case "aws":
                this.mount = lazily<typeof import("./aws")>(module, "./aws").filesOnAws(this, name, args.target, args);
                break;
            default:
                this.mount = unreachable(args.target);
        }
        this.registerOutputs({ critical: this.critical });
    }
}

function filesOnDocker(self: Files, name: string, target: DockerTarget, args: FilesArgs): Files["mount"] {
    const volume = new docker.Volume(
        name,
        { name: target.name(name), labels: labelList(target.stack, { role: "volume", service: name }) },
        { parent: self, provider: target.provider, ...keptData(self.critical && target.protect) },
    );
    if (!target.running) {
        return { volume: target.name(name), ready: undefined };
    }
    // A new volume is root's, and stays this one's: whoever mounts it takes nothing over from an image (web-stack/container-docker.ts).
    const owner = hostCommand(
        target,
        `${name}-owner`,
        {
            create: volumeTool(target, target.name(name), 'chown "$1:$2" /files && chmod 0750 /files', args.uid, args.gid),
            fills: [target.name(name)],
        },
        { parent: self, dependsOn: [volume, target.toolboxImage()] },
    );
    return { volume: target.name(name), ready: owner.resource };
}
