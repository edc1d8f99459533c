/** A Docker engine: this machine's, or another's over SSH. */
export interface DockerTargetSettings {
    /** Kind of target. @default (required) @example "docker" */
    readonly kind: "docker";
    /** The machine, as `ssh://user@host[:port]`; the port is 22 unless given. @default this machine's engine @example "ssh://deploy@203.0.113.7" */
    readonly host?: string;
    /** Public key of that machine, required with `host`: the connection is refused when the machine shows another. `ssh-keyscan -t ed25519 <host>` prints it; compare it on the machine's console. @default required with host @example "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKqP3sT0cT6vJmG0u1Zk4kq3v5dJm0m2cO7p0m3vG1xZ" */
    readonly hostKey?: string;
    /** Path of the private key to log in with, on the machine that runs the update. @default the SSH agent and ~/.ssh, as ssh itself @example "~/.ssh/deploy_ed25519" */
    readonly identityFile?: string;
    /** What else belongs on that machine's system, besides Docker and sshd: ports, units, cron files. `./quai drift` tells of all others; in development on this machine only where this is given. @default nothing @example ["9100/tcp","node_exporter.service","/etc/cron.d/certificates"] */
    readonly belongs?: readonly string[];
}

/** An account and a region of AWS. */
export interface AwsTargetSettings {
    /** Kind of target. @default (required) @example "aws" */
    readonly kind: "aws";
    /** Region. @default (required) @example "eu-west-3" */
    readonly region: string;
    /** Profile of ~/.aws/config to use. @default the usual chain of credentials @example "production" */
    readonly profile?: string;
    /** The account's 12 digits, in quotes: an update with the credentials of another account is refused. @default any account @example "123456789012" */
    readonly accountId?: string;
    /** How many availability zones, 2 or 3, or their names: the network's subnets are in each of them. @default 2 @example 3 */
    readonly zones: number | readonly string[];
    /** Addresses of the network, an IPv4 block of /16 to /24. It can't be changed later without making everything anew. @default "10.0.0.0/16" @example "10.20.0.0/16" */
    readonly cidr: string;
    /** The way out of private subnets: `one` NAT gateway, one `per-zone`, or `none`, where containers reach nothing but AWS (then `endpoints` must be true, and all images, the official ones of `quai:imageMirror` too, in ECR). @default "one" @example "per-zone" */
    readonly nat: "one" | "per-zone" | "none";
    /** Whether containers reach images, logs and secrets without leaving the network; each way costs per zone and hour. The one to S3 is always there. @default false @example true */
    readonly endpoints: boolean;
    /** An existing network to use instead of a new one. @default none: a new one @example {"id":"vpc-0a1b2c3d","public":["subnet-0a","subnet-0b"],"private":["subnet-1a","subnet-1b"],"isolated":["subnet-2a","subnet-2b"]} */
    readonly vpc?: ExistingNetwork;
    /** Id of the public hosted zone of the domain in Route 53. Without it, the update prints the DNS records that are needed. @default none @example "Z0123456789ABCDEFGHIJ" */
    readonly hostedZone?: string;
    /** Processor of the containers; images must be built for it. `arm64` costs a fifth less. @default "x86_64" @example "arm64" */
    readonly architecture: "x86_64" | "arm64";
    /** Whether workers run on Spot capacity, at about a third of the price: AWS may stop them with two minutes' notice. @default false @example true */
    readonly spotWorkers: boolean;
    /** Whether people may open a shell in a container (`aws ecs execute-command`), which is logged. @default true @example false */
    readonly exec: boolean;
    /** TCP ports that containers may reach on the internet, besides 443. @default [] @example [587] */
    readonly egress: readonly number[];
    /** Days that logs are kept; AWS knows these figures only. @default 30 @example 90 */
    readonly logDays: 1 | 3 | 5 | 7 | 14 | 30 | 60 | 90 | 120 | 150 | 180 | 365 | 400 | 545 | 731;
    /** Whether the network's traffic is logged. @default true @example false */
    readonly flowLogs: boolean;
    /** Whether database and Redis have a second server in another zone. @default true in production, false otherwise @example true */
    readonly multiAz?: boolean;
    /** Most tasks of a service whose number follows its load; the least is its `replicas`. @default {} @example {"web":4} */
    readonly scaleTo: Readonly<Record<string, number>>;
    /** What the number of tasks of a service in `scaleTo` follows; processors at 60 % and memory at 75 % otherwise. @default {} @example {"web":{"requests":500}} */
    readonly scaleOn: Readonly<Record<string, ScaleOn>>;
    /** Throughput of files that is paid for whether used or not, in MiB/s, by the files' name; otherwise it is elastic, and what is used is paid. @default {} @example {"uploads":100} */
    readonly throughput: Readonly<Record<string, number>>;
    /** Aurora Serverless v2 instead of an instance of RDS, between so many capacity units; one is about 2 GB of memory. Changing it makes a new, empty database. @default none: RDS @example {"least":0.5,"most":4} */
    readonly aurora?: AuroraCapacity;
    /** Whether CloudFront stands before the load balancer, which then answers nobody else: it caches what services and routes declare cacheable, never WebSockets. @default false @example true */
    readonly cdn: boolean;
    /** Front ends that are folders of files: by the service's name, the folder with its `index.html`. They are served from S3 through CloudFront, and their containers aren't made. Needs `cdn`. @default {} @example {"web":"./dist"} */
    readonly sites: Readonly<Record<string, string>>;
    /** Secrets of the application that are in Secrets Manager already: name of the secret here → name there, or its whole ARN, and after a colon the key within its JSON. Their values are never read by the update, and nothing is generated for them. Changing a value there takes effect with the next release. @default {} @example {"openaiApiKey":"bdd-bot/openai:api_key"} */
    readonly stored: Readonly<Record<string, string>>;
    /** ARN of the key of KMS that secrets in `stored` are encrypted with, where it isn't AWS's own: whatever starts a task that is given one may decrypt with it, by Secrets Manager alone. The key's policy must leave that to the account. @default none: AWS's own key @example "arn:aws:kms:eu-west-3:123456789012:key/0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f" */
    readonly storedKey?: string;
    /** What exists once for the whole account and region. @default {} @example {"trail":"create","guardDuty":"existing","config":"existing"} */
    readonly account: AccountServices;
    /** Whether a web firewall stands before the load balancer: the proxy's limits and AWS's own rules. @default true @example false */
    readonly firewall: boolean;
    /** Another region that every backup is copied to. @default none @example "eu-central-1" */
    readonly backupCopy?: string;
    /** Whether nobody can delete a backup before its time, not even the account's owner. After three days it can't be undone. @default false @example true */
    readonly backupLock: boolean;
    /** Address that alarms are mailed to; AWS asks it for consent first. @default none: nobody is told @example "ops@example.com" */
    readonly alarmEmail?: string;
    /** US dollars a month; a mail is sent at 80 % and 100 %, and when the forecast is above. Needs `alarmEmail`. @default none @example 300 */
    readonly monthlyBudget?: number;
}

/** What the number of tasks follows. */
export interface ScaleOn {
    /** Processors in use, in percent. @default 60 @example 50 */
    readonly cpu: number;
    /** Memory in use, in percent. @default 75 @example 70 */
    readonly memory: number;
    /** Requests a minute and task. @default none @example 500 */
    readonly requests?: number;
    /** The length of a queue. @default none @example {"namespace":"shop","metric":"QueueLength","each":100} */
    readonly queue?: QueueMetric;
}

/** A queue's length as the application itself tells it to CloudWatch; its tasks may write this namespace. */
export interface QueueMetric {
    /** Namespace of the metric. @default (required) @example "shop" */
    readonly namespace: string;
    /** Name of the metric, without dimensions. @default (required) @example "QueueLength" */
    readonly metric: string;
    /** Length on average above which there are more tasks. @default (required) @example 100 */
    readonly each: number;
}

/** Capacity of Aurora Serverless v2, in its units. */
export interface AuroraCapacity {
    /** Never less than. @default (required) @example 0.5 */
    readonly least: number;
    /** Never more than. @default (required) @example 4 */
    readonly most: number;
}

/** `create`: this stack makes it, for all stacks of the account, and leaves it when it goes. `existing`: it is there already. `none`: nobody looks after it. */
export interface AccountServices {
    /** CloudTrail, which records who did what in the account (R121). @default "none" @example "create" */
    readonly trail: AccountService;
    /** GuardDuty, which looks for signs of intruders; AWS allows one in each region (R121). @default "none" @example "create" */
    readonly guardDuty: AccountService;
    /** Config, which records how every resource was set up; AWS allows one in each region. @default "none" @example "existing" */
    readonly config: AccountService;
}

export type AccountService = "none" | "create" | "existing";

/** A network that is there already, and where in it things are placed. */
export interface ExistingNetwork {
    /** Its id. @default (required) @example "vpc-0a1b2c3d" */
    readonly id: string;
    /** Subnets with a way in from the internet, one in each of at least two zones: the load balancer's. @default (required) @example ["subnet-0a","subnet-0b"] */
    readonly public: readonly string[];
    /** Subnets with a way out through NAT: containers' and files'. @default (required) @example ["subnet-1a","subnet-1b"] */
    readonly private: readonly string[];
    /** Subnets without any: databases'. @default (required) @example ["subnet-2a","subnet-2b"] */
    readonly isolated: readonly string[];
}

/** Where the application runs. */
export type TargetSettings = DockerTargetSettings | AwsTargetSettings;
