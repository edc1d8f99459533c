import { Provider } from "@pulumi/aws/provider";
import * as cloudwatch from "@pulumi/aws/cloudwatch";
import * as ecs from "@pulumi/aws/ecs";
import * as iam from "@pulumi/aws/iam";
import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import * as tls from "@pulumi/tls";
import { accountServices } from "../internal/aws/account";
import { Costs } from "../internal/aws/costs";
import type { Keys } from "../internal/aws/keys";
import { makeKeys } from "../internal/aws/keys";
import { fitting, LONGEST } from "../internal/aws/names";
import type { Network } from "../internal/aws/network";
import { makeNetwork } from "../internal/aws/network";
import type { Statement } from "../internal/aws/policy";
import { allow, assumedBy, policy } from "../internal/aws/policy";
import { Runner } from "../internal/aws/runner";
import { SecretStore } from "../internal/aws/secret-store";
import type { AwsOptions, ResolvedAwsOptions } from "../internal/aws/settings";
import { resolveAwsOptions } from "../internal/aws/settings";
import { Watch } from "../internal/aws/watch";
import { parseReference, resolveImage } from "../internal/images";

export interface AwsTargetArgs {
    /** Prefix of every name, e.g. `demo-prod`. */
    readonly stack: string;
    readonly options: AwsOptions;
    readonly production: boolean;
    /** Company mirror or replacement references, see `resolveImage`. @default Docker Hub's official images from AWS's public mirror of them */
    readonly imageMirror?: string | Readonly<Record<string, string>>;
    /** Logins of private registries by host. */
    readonly registries?: readonly { readonly address: string; readonly username: string; readonly password: pulumi.Input<string> }[];
    /** False: only data and secrets are kept, nothing runs. @default true */
    readonly running?: boolean;
    /** Data and secrets can't be deleted or replaced. @default false */
    readonly protect?: boolean;
    /** Jobs run at times of their own, or backups are taken: what fails is told. @default false */
    readonly eventsTell?: boolean;
}

export interface Grant {
    readonly actions: readonly string[];
    readonly resources: readonly pulumi.Input<string>[];
    readonly condition?: Statement["Condition"];
}

/** Docker's official images without Docker Hub's limit on downloads. */
const PUBLIC_MIRROR = "public.ecr.aws/docker";

/**
 * One region of one account: an explicit provider with the stack's tags, a network, keys, a cluster, a store of secrets, and the function that
 * runs one-off tasks. Only stacks whose target it is load this file.
 */
export class AwsTarget extends pulumi.ComponentResource {
    readonly kind = "aws";
    readonly stack: string;
    readonly options: ResolvedAwsOptions;
    readonly production: boolean;
    readonly provider: Provider;
    /** Generators of secrets and keys; the values live in the state, encrypted, and in Secrets Manager. */
    readonly generators: { readonly random: random.Provider; readonly tls: tls.Provider };
    readonly running: boolean;
    readonly protect: boolean;
    /** EventBridge tells people, by the topic of the alarms. */
    readonly eventsTell: boolean;
    /** Known from what was made: a preview asks nothing. */
    readonly account: { readonly id: pulumi.Output<string>; readonly partition: pulumi.Output<string> };
    readonly costs: Costs;
    readonly keys: Keys;
    readonly network: Network;
    readonly cluster: ecs.Cluster;
    readonly secrets: SecretStore;
    readonly runner: Runner;
    readonly watch: Watch;
    readonly registries: NonNullable<AwsTargetArgs["registries"]>;
    /** Runs commands on the machine that updates: it builds images. */
    readonly commands: command.Provider;
    private readonly mirror: AwsTargetArgs["imageMirror"];
    private readonly groups = new Map<string, cloudwatch.LogGroup>();
    private readonly logNames = new Map<string, string>();

    constructor(name: string, args: AwsTargetArgs, opts?: pulumi.ComponentResourceOptions) {
        super("quai:target:Aws", name, {}, opts);
        this.stack = args.stack;
        this.production = args.production;
        this.options = resolveAwsOptions(args.options, args.production);
        this.running = args.running ?? true;
        this.protect = args.protect ?? false;
        this.eventsTell = this.options.account.guardDuty === "create" || args.eventsTell === true;
        this.mirror = args.imageMirror;
        this.registries = args.registries ?? [];
        const { region, profile, accountId } = this.options;
        this.provider = new Provider(
            name,
            {
                region,
                profile,
                allowedAccountIds: accountId === undefined ? undefined : [accountId],
                defaultTags: { tags: { "quai:stack": this.stack } },
            },
            { parent: this },
        );
        this.generators = {
            random: new random.Provider(`${name}-random`, {}, { parent: this }),
            tls: new tls.Provider(`${name}-tls`, {}, { parent: this }),
        };
        this.commands = new command.Provider(`${name}-commands`, {}, { parent: this });
        this.costs = new Costs(region);
        const marker = this.role("runner", "lambda.amazonaws.com", []);
        const part = (index: number) => marker.arn.apply((arn) => arn.split(":")[index] ?? "");
        this.account = { partition: part(1), id: part(4) };
        this.keys = makeKeys(this);
        this.network = makeNetwork(this);
        this.cluster = this.makeCluster();
        this.secrets = new SecretStore(this);
        this.runner = new Runner(this, marker);
        this.watch = new Watch(this);
        accountServices(this);
        this.registerOutputs({});
    }

    /** A name in the account: `demo-prod-api`. */
    name(...parts: readonly string[]): string {
        return [this.stack, ...parts].join("-");
    }

    /** Parent and provider, which every resource of this target is given. */
    opts(more: pulumi.CustomResourceOptions = {}): pulumi.CustomResourceOptions {
        return { parent: this, provider: this.provider, ...more };
    }

    /** The reference as this target gets it: a mirror of one's own, or AWS's public one. */
    reference(official: string): string {
        const { registry, repository } = parseReference(official);
        return this.mirror === undefined && registry === "docker.io" && repository.startsWith("library/")
            ? resolveImage(official, PUBLIC_MIRROR)
            : resolveImage(official, this.mirror);
    }

    /** A group of logs, encrypted, kept for `logDays`; made once for all who write there. */
    logGroup(logical: string, name: string): cloudwatch.LogGroup {
        const known = this.groups.get(logical);
        if (known !== undefined) {
            return known;
        }
        const group = new cloudwatch.LogGroup(
            `logs-${logical}`,
            { name, retentionInDays: this.options.logDays, kmsKeyId: this.keys.general.arn },
            this.opts(),
        );
        this.groups.set(logical, group);
        this.logNames.set(logical, name);
        return group;
    }

    /** Names of the groups of logs there are, by their logical names. */
    get logs(): Readonly<Record<string, string>> {
        return Object.fromEntries(this.logNames);
    }

    /** A role that a service takes on, with these rights and no others. */
    role(
        logical: string,
        service: string,
        grants: readonly Grant[],
        parent: pulumi.Resource = this,
        condition?: Statement["Condition"],
    ): iam.Role {
        const role = new iam.Role(
            logical,
            { name: fitting(this.name(logical), LONGEST.role), assumeRolePolicy: assumedBy(service, condition) },
            this.opts({ parent }),
        );
        if (grants.length > 0) {
            this.grant(logical, role, grants, parent);
        }
        return role;
    }

    grant(logical: string, role: iam.Role, grants: readonly Grant[], parent: pulumi.Resource = this): iam.RolePolicy {
        const statements = grants.map(({ actions, resources, condition }) => allow(actions, resources, condition));
        return new iam.RolePolicy(logical, { role: role.name, policy: policy(statements) }, this.opts({ parent }));
    }

    /**
     * Once everything is declared: the dashboard, and the logs of what is no longer there: the next who writes by that name finds them.
     *
     * @param formerLogs groups of the last update that must stay, whoever wrote there
     */
    finish(formerLogs: Readonly<Record<string, string>> = {}): void {
        this.watch.dashboard();
        for (const [logical, name] of Object.entries(formerLogs)) this.logGroup(logical, name);
    }

    /** Commands that people run in containers are logged, and so is who ran them (CloudTrail). */
    private makeCluster(): ecs.Cluster {
        const audit = this.logGroup("exec", `/quai/${this.stack}/exec`);
        const cluster = new ecs.Cluster(
            "cluster",
            {
                name: this.stack,
                settings: [{ name: "containerInsights", value: "enabled" }],
                configuration: {
                    executeCommandConfiguration: {
                        kmsKeyId: this.keys.general.arn,
                        logging: "OVERRIDE",
                        logConfiguration: { cloudWatchEncryptionEnabled: true, cloudWatchLogGroupName: audit.name },
                    },
                },
            },
            this.opts(),
        );
        new ecs.ClusterCapacityProviders(
            "cluster",
            { clusterName: cluster.name, capacityProviders: ["FARGATE", "FARGATE_SPOT"] },
            this.opts(),
        );
        return cluster;
    }
}
