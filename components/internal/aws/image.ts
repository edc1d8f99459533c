import * as ecr from "@pulumi/aws/ecr";
import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { resolve } from "node:path";
import type { SecretRef } from "../../secrets-bundle";
import type { AwsTarget, Grant } from "../../targets/aws-target";
import type { ImageSource } from "../../web-stack/args";
import { contextHash } from "../build-context";
import { parseReference } from "../images";
import { releaseOf } from "../release";
import { script, sh } from "../shell";

/** An image as a task uses it. */
export interface TaskImage {
    readonly reference: pulumi.Input<string>;
    /** What ECS needs to fetch it. */
    readonly grants: readonly Grant[];
    /** The login of a registry that isn't ECR. */
    readonly credentials: SecretRef | undefined;
    readonly ready: readonly pulumi.Resource[];
}

const PULL = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:BatchCheckLayerAvailability"];
/** Images that a rollback can go back to. */
const KEPT = 30;

/** What makes an image another one, known before anything runs. */
export function imageIdentity(target: AwsTarget, name: string, source: ImageSource): string {
    return "reference" in source ? target.reference(source.reference) : `${target.stack}/${name}:${buildTag(target, name, source)}`;
}

export function taskImage(target: AwsTarget, name: string, source: ImageSource, parent: pulumi.Resource): TaskImage {
    return "reference" in source ? referred(target, target.reference(source.reference)) : built(target, name, source, parent);
}

/** An image that is somewhere already. */
export function referred(target: AwsTarget, reference: string): TaskImage {
    const { registry, repository } = parseReference(reference);
    const login = target.registries.find(({ address }) => address === registry);
    const credentials =
        login === undefined
            ? undefined
            : {
                  name: `registry-${registry.replace(/[^A-Za-z0-9-]/g, "-")}`,
                  version: "1",
                  value: pulumi.secret(pulumi.jsonStringify({ username: login.username, password: login.password })),
              };
    const [, account, region] = /^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?$/.exec(registry) ?? [];
    const grants =
        account === undefined || region === undefined
            ? []
            : pullGrants(pulumi.interpolate`arn:${target.account.partition}:ecr:${region}:${account}:repository/${repository}`);
    return { reference, grants, credentials, ready: [] };
}

function pullGrants(repository: pulumi.Input<string>): Grant[] {
    return [
        { actions: ["ecr:GetAuthorizationToken"], resources: ["*"] },
        { actions: PULL, resources: [repository] },
    ];
}

type Build = Exclude<ImageSource, { reference: string }>;

function buildTag(target: AwsTarget, name: string, source: Build): string {
    const dockerfile = source.dockerfile ?? "Dockerfile";
    const content = contextHash(source.build, dockerfile, `quai:images.${name}`);
    return releaseOf({ content, dockerfile, args: source.args, target: source.target, architecture: target.options.architecture });
}

/** A repository of the stack's own, with what a rollback can go back to. ECR refuses to delete it with images in it: so does the engine, before it begins. */
export function imageRepository(target: AwsTarget, name: string, parent: pulumi.Resource): ecr.Repository {
    const repository = new ecr.Repository(
        `${name}-images`,
        {
            name: `${target.stack}/${name}`,
            imageTagMutability: "IMMUTABLE",
            imageScanningConfiguration: { scanOnPush: true },
            encryptionConfigurations: [{ encryptionType: "KMS", kmsKey: target.keys.general.arn }],
            forceDelete: !target.protect,
        },
        target.opts({ parent, protect: target.protect }),
    );
    new ecr.LifecyclePolicy(
        `${name}-images`,
        {
            repository: repository.name,
            policy: JSON.stringify({
                rules: [
                    {
                        rulePriority: 1,
                        description: `the newest ${KEPT}, so that a rollback finds its image`,
                        selection: { tagStatus: "any", countType: "imageCountMoreThan", countNumber: KEPT },
                        action: { type: "expire" },
                    },
                ],
            }),
        },
        target.opts({ parent }),
    );
    return repository;
}

/** Built and pushed by the machine that runs the update. Its Docker must be logged in to ECR (docs/aws.md); a tag is never written twice. */
function built(target: AwsTarget, name: string, source: Build, parent: pulumi.Resource): TaskImage {
    const repository = imageRepository(target, name, parent);
    const tag = buildTag(target, name, source);
    const reference = pulumi.interpolate`${repository.repositoryUrl}:${tag}`;
    const pushed = new command.local.Command(
        `${name}-image-${tag}`,
        { create: reference.apply((image) => buildAndPush(target, image, source)), interpreter: ["/bin/sh", "-euc"] },
        { parent, provider: target.commands },
    );
    return { reference, grants: pullGrants(repository.arn), credentials: undefined, ready: [pushed] };
}

function buildAndPush(target: AwsTarget, image: string, source: Build): string {
    const platform = target.options.architecture === "arm64" ? "linux/arm64" : "linux/amd64";
    const args = Object.entries(source.args ?? {}).flatMap(([key, value]) => ["--build-arg", `${key}=${value}`]);
    const folder = resolve(source.build);
    const stage = source.target === undefined ? [] : ["--target", source.target];
    return script(
        // Pushed by an update that was interrupted: the tag says what it holds, and can't be written again.
        `if docker manifest inspect ${sh(image)} >/dev/null 2>&1; then exit 0; fi`,
        sh(
            "docker",
            "build",
            "--platform",
            platform,
            "--tag",
            image,
            "--file",
            resolve(folder, source.dockerfile ?? "Dockerfile"),
            ...stage,
            ...args,
            folder,
        ),
        sh("docker", "push", image),
    );
}
