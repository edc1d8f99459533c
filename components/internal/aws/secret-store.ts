import * as secretsmanager from "@pulumi/aws/secretsmanager";
import * as pulumi from "@pulumi/pulumi";
import { createHash } from "node:crypto";
import type { SecretRef } from "../../secrets-bundle";
import type { AwsTarget } from "../../targets/aws-target";

/** A secret as it stands in Secrets Manager. */
export interface StoredSecret {
    readonly name: string;
    /** For policies. */
    readonly arn: pulumi.Output<string>;
    /** For `valueFrom` of a container: this very version, so that a task which starts late reads what its release was made for. */
    readonly valueFrom: pulumi.Output<string>;
}

/** Days in which a deleted secret can be taken back, where data is protected (the longest there is). */
const RECOVERY_DAYS = 30;

/**
 * Every secret of a stack, each stored once, whoever uses it. A new version of a value (`SecretRef.version`) is a new version of the same
 * secret: the former one stays readable until nothing of the old release runs.
 */
export class SecretStore {
    private readonly secrets = new Map<string, secretsmanager.Secret>();
    private readonly versions = new Map<string, StoredSecret>();

    constructor(private readonly target: AwsTarget) {}

    /** One that can't be made again: it is protected as data are, and stays while the stack is stopped. */
    keep(ref: SecretRef): StoredSecret {
        return this.store(ref, true);
    }

    /** For a user. What isn't kept was composed of others, and is composed again whenever it's needed. */
    store(ref: SecretRef, kept = false): StoredSecret {
        if (ref.stored !== undefined) return this.elsewhere(ref.stored);
        const key = `${ref.name}-${ref.version}`;
        const known = this.versions.get(key);
        if (known !== undefined) {
            return known;
        }
        const secret = this.secret(ref.name, kept && this.target.protect);
        const version = new secretsmanager.SecretVersion(
            `secret-${key}`,
            { secretId: secret.id, secretString: pulumi.secret(ref.value) },
            // Beside the secret, not below it: the engine hands protection down, and a rotation takes the former version away.
            this.target.opts({ aliases: [{ parent: secret }], additionalSecretOutputs: ["secretString"] }),
        );
        const stored = { name: ref.name, arn: secret.arn, valueFrom: pulumi.interpolate`${secret.arn}:::${version.versionId}` };
        this.versions.set(key, stored);
        return stored;
    }

    /** A secret that somebody else keeps (R29): a name stands for an ARN that ends in six characters which only AWS knows. */
    private elsewhere(where: string): StoredSecret {
        const [, secret = "", key = ""] = /^((?:arn:(?:[^:]+:){5})?[^:]+)(?::(.+))?$/.exec(where) ?? [];
        const { account, options } = this.target;
        const whole = pulumi.interpolate`arn:${account.partition}:secretsmanager:${options.region}:${account.id}:secret:${secret}`;
        const arn = pulumi.output(secret.startsWith("arn:") ? secret : whole);
        return {
            name: secret,
            arn: secret.startsWith("arn:") ? arn : pulumi.interpolate`${whole}-??????`,
            valueFrom: key === "" ? arn : pulumi.interpolate`${arn}:${key}::`,
        };
    }

    private secret(name: string, guarded: boolean): secretsmanager.Secret {
        const known = this.secrets.get(name);
        if (known !== undefined) {
            return known;
        }
        const { target } = this;
        target.costs.add("Secret", 1);
        const secret = new secretsmanager.Secret(
            `secret-${name}`,
            {
                name: `${target.stack}/${allowed(name)}`,
                kmsKeyId: target.keys.general.arn,
                // A name that can be taken back can't be given again meanwhile.
                recoveryWindowInDays: guarded ? RECOVERY_DAYS : 0,
            },
            target.opts({ protect: guarded }),
        );
        this.secrets.set(name, secret);
        return secret;
    }
}

/** A secret that is composed of others has a name with their signs; AWS takes letters, digits and a few signs. */
function allowed(name: string): string {
    if (/^[A-Za-z0-9_+=.@-]+$/.test(name)) {
        return name;
    }
    return `composed-${createHash("sha256").update(name).digest("hex").slice(0, 12)}`;
}
