/** What a stack may say of its account and network (`quai:target` with kind aws), defaults filled in. */
export interface AwsOptions {
    readonly region: string;
    /** @default the usual chain of credentials */
    readonly profile?: string;
    /** @default any account */
    readonly accountId?: string;
    /** How many availability zones, or their names. @default 2 */
    readonly zones?: number | readonly string[];
    /** Addresses of the network. @default "10.0.0.0/16" (guide 004) */
    readonly cidr?: string;
    /** A way out for private subnets: one for all zones, one in each, or none (then endpoints are the only way). @default "one" */
    readonly nat?: "one" | "per-zone" | "none";
    /** Private ways to S3, ECR, logs, secrets and Lambda's ECS calls. The one to S3 is always there: it costs nothing. @default false */
    readonly endpoints?: boolean;
    /** An existing network. @default a new one */
    readonly vpc?: {
        readonly id: string;
        readonly public: readonly string[];
        readonly private: readonly string[];
        readonly isolated: readonly string[];
    };
    /** The public hosted zone of the domain in Route 53; without it, records are printed. @default none */
    readonly hostedZone?: string;
    /** Processor of the containers; the images must be built for it. @default "x86_64" */
    readonly architecture?: "x86_64" | "arm64";
    /** Whether workers run on Spot capacity, which AWS may take back within two minutes. @default false */
    readonly spotWorkers?: boolean;
    /** Whether people may open a shell in a container (audited). @default true */
    readonly exec?: boolean;
    /** Ports that containers may reach on the internet, over TCP. @default [443] */
    readonly egress?: readonly number[];
    /** Days that logs are kept. @default 30 */
    readonly logDays?: number;
    /** Whether the network's traffic is logged. @default true */
    readonly flowLogs?: boolean;
    /** Databases on two zones. @default production only */
    readonly multiAz?: boolean;
    /** Most tasks of a service that scales with its load; the least is its replicas. @default no scaling */
    readonly scaleTo?: Readonly<Record<string, number>>;
    /** What the number of tasks follows, by service. @default {}: processors at 60 %, memory at 75 % */
    readonly scaleOn?: Readonly<Record<string, ScaleOn>>;
    /** Throughput of files that is paid for whether used or not, in MiB/s, by the files' name. @default {}: elastic */
    readonly throughput?: Readonly<Record<string, number>>;
    /** Aurora Serverless v2 between so many capacity units. @default none: an instance of RDS */
    readonly aurora?: { readonly least: number; readonly most: number };
    /** Whether CloudFront stands before the balancer. @default false */
    readonly cdn?: boolean;
    /** Services that are folders of files: name → folder. @default {} */
    readonly sites?: Readonly<Record<string, string>>;
    /** Secrets that are in Secrets Manager already: name here → name there, or ARN, and after a colon the key within its JSON. @default {} */
    readonly stored?: Readonly<Record<string, string>>;
    /** The key that those are encrypted with. @default AWS's own */
    readonly storedKey?: string;
    /** What exists once for the account. @default nothing is made */
    readonly account?: Readonly<Record<"trail" | "guardDuty" | "config", "none" | "create" | "existing">>;
    /** Whether the web firewall stands before the load balancer: rate limits and AWS's managed rules. @default true */
    readonly firewall?: boolean;
    /** Where backups are copied to: another region. @default none */
    readonly backupCopy?: string;
    /** Whether nobody, not even the account's owner, can delete backups before their time. Can't be undone. @default false */
    readonly backupLock?: boolean;
    /** Address that alarms are mailed to. @default nobody is told */
    readonly alarmEmail?: string;
    /** US dollars a month above which a mail is sent. @default no budget */
    readonly monthlyBudget?: number;
}

/** What the number of a service's tasks follows. */
export interface ScaleOn {
    /** Percent. */
    readonly cpu: number;
    /** Percent. */
    readonly memory: number;
    /** Requests a minute and task. */
    readonly requests?: number;
    /** A metric that the application writes itself, and its average above which there are more tasks. */
    readonly queue?: { readonly namespace: string; readonly metric: string; readonly each: number };
}

type Optional = "profile" | "accountId" | "storedKey" | "vpc" | "hostedZone" | "aurora" | "backupCopy" | "alarmEmail" | "monthlyBudget";
export type ResolvedAwsOptions = Required<Omit<AwsOptions, Optional>> & Pick<AwsOptions, Optional>;

export function resolveAwsOptions(options: AwsOptions, production: boolean): ResolvedAwsOptions {
    const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as AwsOptions & { region: string };
    return {
        zones: 2,
        cidr: "10.0.0.0/16",
        nat: "one",
        endpoints: false,
        architecture: "x86_64",
        spotWorkers: false,
        exec: true,
        egress: [443],
        logDays: 30,
        flowLogs: true,
        multiAz: production,
        scaleTo: {},
        scaleOn: {},
        throughput: {},
        cdn: false,
        sites: {},
        stored: {},
        account: { trail: "none", guardDuty: "none", config: "none" },
        firewall: true,
        backupLock: false,
        ...given,
    };
}
