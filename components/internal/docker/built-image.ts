import * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import { resolve } from "node:path";
import type { DockerTarget } from "../../targets";
import { contextHash } from "../build-context";
import { labelMap } from "../labels";
import { releaseOf } from "../release";

export interface BuildArgs {
    /** The folder that is sent to the engine. */
    readonly context: string;
    /** @default "Dockerfile", relative to the context */
    readonly dockerfile?: string;
    /** The stage to build. @default the last one */
    readonly target?: string;
    /** Build arguments: they stay readable in the image, so never a secret. */
    readonly args?: Readonly<Record<string, string>>;
    /** Where messages say to look. */
    readonly setting: string;
    readonly parent: pulumi.Resource;
    readonly dependsOn?: pulumi.Resource[];
}

export interface BuiltImage {
    /** `quai/demo-dev/api:3f2a…`: named by its content, so that the same content is the same image. */
    readonly reference: string;
    readonly imageId: pulumi.Output<string>;
    readonly resource: docker.RemoteImage;
}

/** The name of the image, from its content alone. @throws Error when the folder or its Dockerfile doesn't exist. */
export function builtReference(
    target: DockerTarget,
    name: string,
    args: Omit<BuildArgs, "parent" | "dependsOn">,
): { reference: string; tag: string; dockerfile: string } {
    const dockerfile = args.dockerfile ?? "Dockerfile";
    const content = contextHash(args.context, dockerfile, args.setting);
    const tag = releaseOf({ content, dockerfile, args: args.args, target: args.target });
    return { reference: `quai/${target.stack}/${name}:${tag}`, tag, dockerfile };
}

/** An image built on the host from a folder. Its tag is the hash of all that goes in; old ones stay, so that a rollback finds them. */
export function builtImage(target: DockerTarget, name: string, args: BuildArgs): BuiltImage {
    const { reference, tag, dockerfile } = builtReference(target, name, args);
    const resource = new docker.RemoteImage(
        `${name}-image-${tag}`,
        {
            name: reference,
            keepLocally: true,
            build: {
                context: resolve(args.context),
                dockerfile,
                target: args.target,
                buildArgs: { ...args.args },
                // Which of the two is read depends on the builder.
                label: labelMap(target.stack, { role: "image", service: name }),
                labels: labelMap(target.stack, { role: "image", service: name }),
            },
        },
        {
            parent: args.parent,
            provider: target.provider,
            dependsOn: args.dependsOn,
            // Where the checkout lies is no part of the image: an update from another machine, or a pipeline's, must not build it anew.
            ignoreChanges: ["build.context"],
        },
    );
    return { reference, imageId: resource.imageId, resource };
}
