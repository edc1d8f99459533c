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

export type ResolvedAwsOptions = Required<
    Omit<AwsOptions, "profile" | "accountId" | "vpc" | "hostedZone" | "backupCopy" | "alarmEmail" | "monthlyBudget">
> &
    Pick<AwsOptions, "profile" | "accountId" | "vpc" | "hostedZone" | "backupCopy" | "alarmEmail" | "monthlyBudget">;

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
        firewall: true,
        backupLock: false,
        ...given,
    };
}
