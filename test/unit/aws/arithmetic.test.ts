import { backupRules, drillSchedule } from "../../../components/internal/aws/backup-rules";
import { overlap, subnetBlocks } from "../../../components/internal/aws/cidr";
import { Costs } from "../../../components/internal/aws/costs";
import { fargateSize, FARGATE_SIZES } from "../../../components/internal/aws/fargate-size";
import { fitting, zoneNames } from "../../../components/internal/aws/names";
import { rdsAuthorities } from "../../../components/postgres-with-backup/authorities-aws";
import { databaseClass } from "../../../components/postgres-with-backup/size-aws";
import { cacheNode } from "../../../components/redis/aws";
import { firewallRules, numbersAbove, rateOf } from "../../../components/tls-proxy/firewall-aws";
import { balancerRules } from "../../../components/tls-proxy/rules-aws";
import type { ProxySpec } from "../../../components/tls-proxy/spec";
import { MIB } from "../support/target";

const GIB = 1024 * MIB;

test("R108: a network in blocks: every tier apart, none overlapping, all inside", () => {
    expect(subnetBlocks("10.0.0.0/16", 2)).toEqual({
        public: ["10.0.0.0/20", "10.0.16.0/20"],
        private: ["10.0.64.0/20", "10.0.80.0/20"],
        isolated: ["10.0.128.0/20", "10.0.144.0/20"],
    });
    const small = subnetBlocks("172.20.8.0/24", 3);
    const all = [...small.public, ...small.private, ...small.isolated];
    expect(all[0]).toBe("172.20.8.0/28");
    expect(all.flatMap((a, i) => all.filter((b, j) => i < j && overlap(a, b)))).toEqual([]);
    expect(all.filter((block) => !overlap(block, "172.20.8.0/24"))).toEqual([]);
    for (const wrong of ["10.0.0.0/8", "10.0.0.0/25", "10.0.1.0/16", "10.0.0.256/24", "ten"]) {
        expect(() => subnetBlocks(wrong, 2)).toThrow("quai:target.cidr: must be an IPv4 block of /16 to /24");
    }
});

test.each([
    [undefined, 128 * MIB, 256, 512],
    [0.25, 512 * MIB, 256, 512],
    [undefined, 2 * GIB, 256, 2048],
    [undefined, 3 * GIB, 512, 3072],
    [1, 512 * MIB, 1024, 2048],
    [1.5, 3 * GIB, 2048, 4096],
    [4, 31 * GIB, 8192, 32768],
])("R114: %p CPUs and %p bytes is Fargate's %p/%p", (cpus, memory, cpu, size) => {
    expect(fargateSize(cpus, memory, "x")).toEqual({ cpu, memory: size });
    expect(FARGATE_SIZES.get(cpu)).toContain(size);
});

test("no size, no class, no node that large: said with the setting's path", () => {
    expect(() => fargateSize(32, GIB, "quai:services.api")).toThrow("quai:services.api: no Fargate size has 32 CPUs");
    expect(() => databaseClass(256 * GIB)).toThrow("quai:postgres.memory: no class of RDS has so much (got 256g)");
    expect(() => cacheNode(256 * GIB)).toThrow("quai:redis.memory: no node of ElastiCache holds so much (got 256g)");
    expect([databaseClass(GIB), databaseClass(GIB + 1), cacheNode(256 * MIB), cacheNode(2 * GIB)]).toEqual([
        "db.t4g.micro",
        "db.t4g.small",
        "cache.t4g.micro",
        "cache.t4g.medium",
    ]);
});

test("names that fit stay, longer ones end in a hash of the whole", () => {
    expect(fitting("demo-prod-api", 32)).toBe("demo-prod-api");
    const long = [fitting("a-very-long-stack-name-production-backend", 32), fitting("a-very-long-stack-name-production-frontend", 32)];
    expect(long.map((name) => name.length <= 32)).toEqual([true, true]);
    expect(long[0]).not.toBe(long[1]);
    expect(zoneNames("ca-central-1", 2)).toEqual(["ca-central-1a", "ca-central-1b"]);
    expect(zoneNames("ap-northeast-1", 3)).toEqual(["ap-northeast-1a", "ap-northeast-1c", "ap-northeast-1d"]);
});

test("R55, R60: retention and drills in AWS Backup's terms", () => {
    expect(backupRules("03:30", { daily: 7, weekly: 4, monthly: 0, days: 10 })).toEqual([
        { ruleName: "daily", schedule: "cron(30 3 * * ? *)", deleteAfter: 10 },
        { ruleName: "weekly", schedule: "cron(30 3 ? * SUN *)", deleteAfter: 28 },
    ]);
    expect([drillSchedule("23:00", "weekly"), drillSchedule("02:00", "never")]).toEqual(["cron(0 2 ? * SUN *)", undefined]);
});

test.each([
    [{ requests: 10, per: "second" }, 20, { limit: 620, window: 60 }],
    [{ requests: 5, per: "minute" }, 3, { limit: 13, window: 120 }],
    [{ requests: 1, per: "minute" }, 0, { limit: 10, window: 600 }],
    [{ requests: 100, per: "second" }, 200, { limit: 6200, window: 60 }],
] as const)("R78: %p and a burst of %p is %p", (rate, burst, expected) => {
    expect(rateOf({ name: "x", rate, burst })).toEqual(expected);
});

test.each([0, 9, 10, 99, 1_048_576, 52_428_800, 19_999_999])("R76: an expression for all numbers above %p", (limit) => {
    const above = new RegExp(`^(${numbersAbove(limit).join("|")})$`);
    for (const number of [limit - 1, limit, 0]) expect([number, above.test(String(number))]).toEqual([number, number > limit]);
    for (const number of [limit + 1, limit + 9, limit * 2 + 1, limit * 10 + 10, limit + 12_345])
        expect([number, above.test(String(number))]).toEqual([number, true]);
});

const route = (path: string, exact: boolean, name: string, limit?: string): ProxySpec["routes"][number] => ({
    host: undefined,
    path,
    exact,
    backend: { kind: "service", name, address: name, replicas: [name], port: 80, release: "1" },
    websocket: false,
    limit: limit === undefined ? undefined : { name: limit, rate: { requests: 10, per: "second" }, burst: 20 },
    bodyLimit: MIB,
    cache: undefined,
    assets: undefined,
    deny: path === "/media/" ? [".php"] : [],
});

const SPEC = {
    names: ["a.example", "b.example", "c.example", "d.example", "e.example", "f.example"],
    zones: [
        { name: "api", rate: { requests: 10, per: "second" }, burst: 20 },
        { name: "login", rate: { requests: 10, per: "second" }, burst: 20 },
    ],
    routes: [
        route("/", false, "web"),
        route("/api/", false, "api", "api"),
        route("/api/token", true, "api", "login"),
        route("/media/", false, "web"),
    ],
} as unknown as ProxySpec;

test("R72: the most special route comes first; more names than a rule holds are several rules", () => {
    const rules = balancerRules(SPEC);
    expect(rules.map(({ paths }) => paths.join())).toEqual([
        "/api/token",
        "/api/token",
        "/media/*",
        "/media/*",
        "/api/*",
        "/api/*",
        "/*",
        "/*",
    ]);
    expect(new Set(rules.map(({ priority }) => priority)).size).toBe(rules.length);
    expect(rules.filter(({ hosts, paths }) => hosts.length + paths.length > 5)).toEqual([]);
    expect(rules.filter(({ paths }) => paths.includes("/*")).flatMap(({ hosts }) => hosts)).toEqual(SPEC.names);
});

/** What the firewall would make of a path: the statements, as far as the rules use them. */
function judged(statement: Record<string, unknown>, path: string): boolean {
    const [kind = "", body] = Object.entries(statement)[0] ?? [];
    const inner = body as { Statements: Record<string, unknown>[]; Statement: Record<string, unknown>; RegexString: string };
    switch (kind) {
        case "AndStatement":
            return inner.Statements.every((each) => judged(each, path));
        case "OrStatement":
            return inner.Statements.some((each) => judged(each, path));
        case "NotStatement":
            return !judged(inner.Statement, path);
        case "RegexMatchStatement":
            return new RegExp(inner.RegexString).test(path);
        default:
            throw new Error(kind);
    }
}

test("R79: a request counts for the limit of its own route alone", () => {
    const rules = firewallRules(SPEC) as {
        Name: string;
        Priority: number;
        Statement: { RateBasedStatement?: { ScopeDownStatement: Record<string, unknown> } };
    }[];
    const scope = (name: string, path: string) =>
        judged(rules.find(({ Name }) => Name === name)?.Statement.RateBasedStatement?.ScopeDownStatement ?? {}, path);
    expect(["/api/token", "/api/users", "/"].map((path) => scope("rate-api", path))).toEqual([false, true, false]);
    expect(["/api/token", "/api/token/x", "/api/users"].map((path) => scope("rate-login", path))).toEqual([true, false, false]);
    expect(rules.map(({ Priority }) => Priority)).toEqual(rules.map((_, index) => index + 1));
    expect(rules.map(({ Name }) => Name)).toContain("deny-1");
});

test("R43: the authorities of a region's databases are its own, and not empty", () => {
    const bundle = rdsAuthorities("eu-west-3");
    expect(bundle.match(/BEGIN CERTIFICATE/g)?.length).toBeGreaterThanOrEqual(3);
    expect(bundle.length).toBeLessThan(65_536);
    expect(() => rdsAuthorities("mars-north-1")).toThrow("quai:target.region: the authorities of mars-north-1's databases aren't known");
});

test("what it costs: each thing by its count, dearer regions dearer", () => {
    const [cheap, dear] = [new Costs("us-east-1"), new Costs("sa-east-1")];
    for (const costs of [cheap, dear]) {
        costs.add("NAT gateway", 2);
        costs.add("Secret", 10);
    }
    expect(cheap.lines()).toEqual([
        { what: "NAT gateway", count: 2, monthly: 65.7 },
        { what: "Secret", count: 10, monthly: 4 },
    ]);
    expect(dear.total()).toBe(112);
    expect(cheap.summary()).toMatch(/^about 70 US dollars a month in us-east-1 \(an estimate; prices of \d{4}-\d{2}-\d{2},/);
});
