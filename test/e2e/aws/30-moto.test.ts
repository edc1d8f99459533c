import { WITHOUT_RESOURCE } from "../../../components/internal/aws/policy";
import { Moto } from "./moto/server";
import { ACCOUNT, Rehearsal } from "./rehearsal";
import { SETTINGS } from "./settings";

/*
 * The demonstration once more, really made at a server that speaks AWS's API (moto), as far as that knows it, and what exists there read back
 * by a script that knows nothing of the program. moto does not keep how a service is deployed: the contract looks at that.
 */

interface There {
    readonly network: {
        readonly cidr: string;
        readonly dns: boolean;
        readonly hostnames: boolean;
        readonly subnets: Record<string, unknown[]>;
    };
    readonly ways: string[];
    readonly front_door: { readonly balancers: object[]; readonly targets: Record<string, unknown[]> };
    readonly services: Record<string, Record<string, unknown>>;
    readonly files: object[];
    readonly rights: Record<string, string[]>;
    readonly secrets: Record<string, boolean>;
    readonly logs: Record<string, number>;
    readonly databases: Record<string, object>;
    readonly caches: object[];
    readonly backups: { readonly vaults: object; readonly rules: object };
    readonly names: Record<string, string>;
    readonly buckets: Record<string, object>;
    readonly watch: {
        readonly alarms: string[];
        readonly ofNothing: string[];
        readonly telling: string[];
        readonly dashboards: string[];
        readonly flows: unknown[];
    };
    readonly firewalls: Record<string, object>;
}

const cycle = ACCOUNT === undefined ? describe : describe.skip;

cycle("the demonstration at a server that speaks AWS's API", () => {
    let moto: Moto;
    let aws: Rehearsal;
    let there: There;
    beforeAll(async () => {
        moto = await Moto.start();
        const target = { ...(SETTINGS["quai:target"] as object), hostedZone: moto.zone("demo.quai.dev") };
        const keep = { daily: 7, weekly: 4, monthly: 12 };
        aws = await Rehearsal.open("awsmoto", { ...SETTINGS, "quai:target": target, "quai:backup": { at: "03:30", keep } });
        const { code, stdout, stderr } = await aws.run(["up", "--yes", "--skip-preview"], { QUAI_AWS_REHEARSAL: "1", ...moto.environment });
        if (code !== 0) throw new Error(`${stdout.slice(-4000)}\n${stderr.slice(-4000)}`);
        there = moto.read("eu-west-3") as There;
    });
    afterAll(() => {
        aws?.close();
        moto?.stop();
    });

    test("R108: the network, its zones and ways out", () => {
        expect(there.network).toEqual({
            cidr: "10.0.0.0/16",
            dns: true,
            hostnames: true,
            subnets: {
                "demo-awsmoto-public-1": ["eu-west-3a", "10.0.0.0/20", ["igw"]],
                "demo-awsmoto-public-2": ["eu-west-3b", "10.0.16.0/20", ["igw"]],
                "demo-awsmoto-private-1": ["eu-west-3a", "10.0.64.0/20", ["nat"]],
                "demo-awsmoto-private-2": ["eu-west-3b", "10.0.80.0/20", ["nat"]],
                "demo-awsmoto-isolated-1": ["eu-west-3a", "10.0.128.0/20", []],
                "demo-awsmoto-isolated-2": ["eu-west-3b", "10.0.144.0/20", []],
            },
        });
    });

    test("R111: the world reaches the balancer, it the services, they their stores; nothing else", () => {
        const short = there.ways.map((way) => way.replaceAll("demo-awsmoto-", ""));
        expect(short.filter((way) => !/^(migrate|postgres-)/.test(way))).toEqual(
            [
                "0.0.0.0/0 > proxy:443",
                "0.0.0.0/0 > proxy:80",
                "api > postgres:5432",
                "api > redis:6379",
                "api > uploads-files:2049",
                "proxy > api:8000",
                "proxy > web:8080",
                "scheduler > postgres:5432",
                "scheduler > redis:6379",
                "worker > postgres:5432",
                "worker > redis:6379",
                "worker > uploads-files:2049",
            ].sort(),
        );
    });

    test("R70, R110: one public balancer; 80 redirects, 443 has nine routes and nothing for others", () => {
        expect(there.front_door).toEqual({
            balancers: [
                {
                    scheme: "internet-facing",
                    idle: "3600",
                    listeners: [
                        expect.objectContaining({ port: 80, otherwise: ["redirect"], rules: 0 }),
                        { port: 443, policy: "ELBSecurityPolicy-TLS13-1-2-Res-2021-06", otherwise: ["fixed-response"], rules: 9 },
                    ],
                },
            ],
            targets: { "demo-awsmoto-api": [8000, "/api/health"], "demo-awsmoto-web": [8080, "/health"] },
        });
    });

    test("R109, R114: services as promised, without public addresses, joined to their target groups", () => {
        expect(Object.keys(there.services).sort()).toEqual(["api", "scheduler", "web", "worker"]);
        for (const [name, service] of Object.entries(there.services)) {
            expect([name, service]).toEqual([
                name,
                expect.objectContaining({
                    count: 1,
                    public: "DISABLED",
                    targets: { api: [["api", 8000]], web: [["web", 8080]] }[name] ?? [],
                    readOnly: true,
                    roles: [`demo-awsmoto-${name}-start`, `demo-awsmoto-${name}-task`],
                }),
            ]);
        }
    });

    test("R27: secrets are referred to, encrypted by the stack's key, and none is a plain variable", () => {
        expect(there.services["api"]?.["secrets"]).toEqual(
            ["databaseAuthority", "databaseUrl", "jwtPrivate", "jwtPublic", "redisUrl", "sessionKey"].map((name) =>
                `awsmoto/${name}`.replace("awsmoto", "demo-awsmoto"),
            ),
        );
        expect(Object.values(there.secrets).every((own) => own)).toBe(true);
        expect(Object.keys(there.secrets).length).toBeGreaterThan(10);
    });

    test("R117: files are encrypted, in each private subnet, as their user", () => {
        expect(there.files).toEqual([
            { encrypted: true, mode: "generalPurpose", subnets: ["demo-awsmoto-private-1", "demo-awsmoto-private-2"], users: [10001] },
        ]);
    });

    test("R122: what roles may do on everything is what has no resource to name", () => {
        expect(
            Object.values(there.rights)
                .flat()
                .filter((action) => WITHOUT_RESOURCE[action] === undefined),
        ).toEqual([]);
        expect(Object.keys(there.rights).length).toBeGreaterThan(10);
    });

    test("R91: logs are kept as long as set", () => {
        expect(there.logs).toMatchObject({ "/ecs/demo-awsmoto-api": 30, "/ecs/demo-awsmoto-web": 30 });
    });

    test("R43, R44, R119: the database is encrypted by the stack's key, takes TLS only, and is where nobody comes in or gets out", () => {
        expect(there.databases).toEqual({
            "demo-awsmoto-postgres": {
                engine: ["postgres", "17"],
                encrypted: true,
                public: false,
                port: 5432,
                subnets: ["demo-awsmoto-isolated-1", "demo-awsmoto-isolated-2"],
                groups: ["demo-awsmoto-postgres"],
                parameters: expect.objectContaining({ "rds.force_ssl": "1", password_encryption: "scram-sha-256" }) as unknown,
                days: 7,
            },
        });
    });

    test("R49: Redis is a Valkey with a password, over TLS, encrypted, with copies", () => {
        expect(there.caches).toEqual([
            { name: "demo-awsmoto-redis", engine: "valkey", encrypted: [true, true], password: true, copies: 7 },
        ]);
    });

    test("R53, R118: backups are taken as the settings say, into a vault under the stack's key", () => {
        expect(there.backups).toEqual({
            vaults: { "demo-awsmoto-backup": true },
            rules: {
                daily: ["cron(30 3 * * ? *)", 7],
                weekly: ["cron(30 3 ? * SUN *)", 28],
                monthly: ["cron(30 3 1 * ? *)", 372],
            },
        });
    });

    test("R70: the public name leads to the balancer", () => {
        expect(there.names).toEqual({ "demo.quai.dev.": "demo-awsmoto-proxy" });
    });

    test("R91, R123: the balancer's log is in a closed bucket, encrypted, over TLS only, and ends", () => {
        expect(Object.values(there.buckets)).toEqual([
            {
                closed: true,
                encrypted: "AES256",
                days: [90],
                tlsOnly: true,
                writers: ["logdelivery.elasticloadbalancing.amazonaws.com"],
            },
        ]);
    });

    test("R97, R98: alarms of what is there tell the mail address; a dashboard; the network's traffic is written down", () => {
        const { alarms, ...rest } = there.watch;
        const short = alarms.map((name) => name.replace("demo-awsmoto-", ""));
        expect(short).toEqual(
            expect.arrayContaining(["api-cpu", "backup-failed", "postgres-storage", "proxy-5xx", "proxy-certificate", "redis-memory"]),
        );
        expect(rest).toEqual({
            ofNothing: [],
            telling: ['[[["email", "ops@quai.dev"]]]'],
            dashboards: ["demo-awsmoto"],
            flows: [["ALL", "/quai/demo-awsmoto/network"]],
        });
    });

    test("R120: the firewall stands before the balancer, with the limits and AWS's rules, and writes down whom it refused", () => {
        expect(there.firewalls).toEqual({
            "demo-awsmoto-proxy": {
                rules: expect.arrayContaining(["AWSManagedRulesCommonRuleSet", "rate-api", "rate-login"]) as unknown,
                before: ["demo-awsmoto-proxy"],
                log: ["aws-waf-logs-demo-awsmoto-proxy"],
            },
        });
    });
});
