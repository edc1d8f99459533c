import * as s3 from "@pulumi/aws/s3";
import * as pulumi from "@pulumi/pulumi";
import type { AwsTarget } from "../../targets/aws-target";
import type { Statement } from "./policy";
import { policy } from "./policy";

export interface BucketArgs {
    /** Days after which what was written goes. @default it stays */
    readonly days?: number;
    /** The key that encrypts. @default S3's own, for writers that can use no other */
    readonly key?: pulumi.Input<string>;
    /** Who else may do what; nobody may over anything but TLS. */
    readonly allowed: (bucket: s3.Bucket) => readonly Statement[];
    /** Whether it can be deleted with what is in it. */
    readonly disposable: boolean;
    /** Whether it stays when the stack goes. @default false */
    readonly retained?: boolean;
}

/** Days after which the parts of an upload that never ended go: they are paid for, and nobody sees them. */
const ABORTED_DAYS = 7;

/** A bucket that isn't public, encrypted, over TLS only. The account is part of its name, which must be unique in the world. */
export function privateBucket(
    target: AwsTarget,
    parent: pulumi.Resource,
    logical: string,
    args: BucketArgs,
): { readonly bucket: s3.Bucket; readonly ready: pulumi.Resource } {
    const opts = (more: pulumi.CustomResourceOptions = {}) => target.opts({ parent, retainOnDelete: args.retained ?? false, ...more });
    const bucket = new s3.Bucket(
        logical,
        { bucket: pulumi.interpolate`${target.name(logical)}-${target.account.id}`, forceDestroy: args.disposable },
        // What stays in the account may leave the program.
        opts({ protect: !args.disposable && args.retained !== true }),
    );
    const all = { bucket: bucket.id };
    const encryption =
        args.key === undefined
            ? { applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }
            : { applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms", kmsMasterKeyId: args.key }, bucketKeyEnabled: true };
    new s3.BucketServerSideEncryptionConfiguration(logical, { ...all, rules: [encryption] }, opts());
    const closed = new s3.BucketPublicAccessBlock(
        logical,
        { ...all, blockPublicAcls: true, blockPublicPolicy: true, ignorePublicAcls: true, restrictPublicBuckets: true },
        opts(),
    );
    const ends = args.days === undefined ? {} : { expiration: { days: args.days } };
    new s3.BucketLifecycleConfiguration(
        logical,
        {
            ...all,
            rules: [
                {
                    id: "end",
                    status: "Enabled",
                    filter: { prefix: "" },
                    ...ends,
                    abortIncompleteMultipartUpload: { daysAfterInitiation: ABORTED_DAYS },
                },
            ],
        },
        opts(),
    );
    const overTls: Statement = {
        Effect: "Deny",
        Principal: "*",
        Action: "s3:*",
        Resource: [bucket.arn, pulumi.interpolate`${bucket.arn}/*`],
        Condition: { Bool: { "aws:SecureTransport": "false" } },
    };
    const ready = new s3.BucketPolicy(
        logical,
        { ...all, policy: policy([...args.allowed(bucket), overTls]) },
        opts({ dependsOn: [closed] }),
    );
    return { bucket, ready };
}
