import { pictureChange } from "../../../../tools/cli/diagram/change";
import { pictureOf } from "../../../../tools/cli/diagram/from-resources";
import { mermaid } from "../../../../tools/cli/diagram/mermaid";
import type { Shown } from "../../../../tools/cli/diagram/shown";
import { svg } from "../../../../tools/cli/diagram/svg";
import type { Change, Preview } from "../../../../tools/cli/report/engine-events";

const component = (type: string, name: string, outputs: Shown["outputs"]): Shown => ({
    type: `quai:index:${type}`,
    name,
    inputs: {},
    outputs,
});
const service = (name: string, more: object = {}) => ({ name, kind: "service", replicas: 1, secrets: [], opens: [], files: [], ...more });

function stack(
    services: readonly object[] = [
        service("api", { replicas: 2, secrets: ["databaseUrl"], opens: ["postgres"], files: [{ name: "uploads", readOnly: true }] }),
    ],
): Shown[] {
    return [
        component("WebStack", "application", {
            services,
            jobs: [{ name: "migrate", secrets: ["migrationUrl"], opens: ["postgres"], files: [] }],
        }),
        component("TlsProxy", "proxy", {
            names: ["demo.localhost"],
            certificate: { mode: "acme" },
            routes: [
                { host: "*", path: "/api/", exact: false, to: "api" },
                { host: "*", path: "/", exact: false, to: "nobody" },
            ],
        }),
        component("PostgresWithBackup", "postgres", { version: 17, repository: "docker volume x", at: "02:00", offsite: "s3:https://x/y" }),
        component("Redis", "redis", {}),
        component("Files", "uploads", { critical: true }),
        component("Files", "cache", { critical: false }),
        { type: "docker:index/network:Network", name: "data", inputs: { internal: true }, outputs: {} },
        {
            type: "docker:index/container:Container",
            name: "proxy",
            inputs: { entrypoints: ["perl", "http=/run/quai-ports/port-80-on-0.0.0.0", "https=/run/quai-ports/port-443-on-0.0.0.0"] },
            outputs: {},
        },
        { type: "pulumi:providers:docker", name: "host", inputs: { host: "ssh://deploy@203.0.113.7" }, outputs: {} },
    ];
}

const drawn = (resources: readonly Shown[]) => {
    const picture = pictureOf("demo-prod", resources);
    if (picture === undefined) throw new Error("nothing to draw");
    return picture;
};

describe("R106: the picture of a stack", () => {
    test("networks, services, routes, data and who is given which secrets", () => {
        const [lines] = [
            mermaid(drawn(stack()))
                .split("\n")
                .filter((line) => !line.includes("classDef")),
        ];
        expect(lines.map((line) => line.trim())).toEqual([
            "flowchart TB",
            'n0_browsers(["<b>browsers</b>"]):::outside',
            'n6_postgresoffsite(["<b>off-site copy</b><br/>S3"]):::outside',
            'subgraph g_host ["Docker host deploy@203.0.113.7"]',
            'subgraph g_app ["network app"]',
            'n1_proxy["<b>nginx</b><br/>demo.localhost, certificate by ACME"]:::door',
            'n2_api["<b>api</b><br/>2 containers<br/><i>🔑 databaseUrl</i>"]:::service',
            'n3_migrate[["<b>migrate</b><br/>job, before each release<br/><i>🔑 migrationUrl</i>"]]:::job',
            "end",
            'subgraph g_data ["network data, no way out"]',
            'n4_postgres[("<b>postgres</b><br/>PostgreSQL 17")]:::data',
            'n7_redis[("<b>redis</b>")]:::data',
            "end",
            'subgraph g_storage ["volumes"]',
            'n8_cache[("<b>cache</b><br/>files, not in the backups")]:::files',
            'n9_uploads[("<b>uploads</b><br/>files")]:::files',
            "end",
            'n5_postgresbackups[("<b>backups</b><br/>restic, encrypted, daily at 02:00")]:::backup',
            "end",
            'n0_browsers -->|"https 443"| n1_proxy',
            'n1_proxy -->|"/api/…"| n2_api',
            "n2_api --> n4_postgres",
            "n2_api -.-> n9_uploads",
            "n3_migrate --> n4_postgres",
            "n4_postgres -.-> n5_postgresbackups",
            "n9_uploads -.-> n5_postgresbackups",
            'n5_postgresbackups -.->|"encrypted"| n6_postgresoffsite',
            "",
        ]);
    });

    test("the same on AWS is in subnets, behind a load balancer", () => {
        const aws = stack().filter(({ type }) => type.startsWith("quai:"));
        const region = { type: "pulumi:providers:aws", name: "account", inputs: { region: "eu-west-3" }, outputs: {} };
        const text = mermaid(drawn([...aws, region, { type: "aws:rds/instance:Instance", name: "postgres", inputs: {}, outputs: {} }]));
        for (const part of [
            "AWS eu-west-3",
            "public subnets",
            "private subnets, Fargate",
            "isolated subnets, no way out",
            'certificate by ACM"',
            "load balancer",
        ])
            expect(text).toContain(part);
    });

    test("on AWS: CloudFront before the balancer, a site in a bucket, files beside the containers, backups of files alone and their copy", () => {
        const named = (type: string, name: string, inputs: object = {}): Shown => ({ type, name, inputs: { ...inputs }, outputs: {} });
        const lines = mermaid(
            drawn([
                component("WebStack", "application", {
                    services: [service("api", { files: [{ name: "data", readOnly: false }] }), service("web")],
                    jobs: [],
                }),
                component("TlsProxy", "proxy", {
                    names: ["shop.acme.net"],
                    certificate: { mode: "acme" },
                    routes: [
                        { host: "*", path: "/api/", exact: false, to: "api" },
                        { host: "*", path: "/", exact: false, to: "web" },
                    ],
                }),
                component("Files", "data", { critical: true }),
                component("FilesBackup", "backup", { at: "02:00" }),
                named("aws:cloudfront/distribution:Distribution", "proxy"),
                named("aws:cloudfront/originAccessControl:OriginAccessControl", "proxy-web"),
                named("aws:backup/vault:Vault", "backup-copies", { region: "us-west-2" }),
                named("pulumi:providers:aws", "account", { region: "us-east-1" }),
            ]),
        )
            .split("\n")
            .map((line) => line.trim())
            .filter((line) => !line.startsWith("classDef") && line !== "end" && line !== "");
        expect(lines).toEqual([
            "flowchart TB",
            'n0_browsers(["<b>browsers</b>"]):::outside',
            'n1_proxycdn["<b>CloudFront</b><br/>shop.acme.net, certificate by ACM"]:::door',
            'n6_offsite(["<b>off-site copy</b><br/>us-west-2"]):::outside',
            'subgraph g_account ["AWS us-east-1"]',
            'subgraph g_public ["public subnets"]',
            'n2_proxy["<b>load balancer</b><br/>answers CloudFront alone"]:::door',
            'subgraph g_private ["private subnets, Fargate"]',
            'n3_api["<b>api</b>"]:::service',
            'n7_data[("<b>data</b><br/>files, EFS")]:::files',
            'n4_web[("<b>web</b><br/>a site, files in a bucket")]:::files',
            'n5_backups[("<b>backups</b><br/>AWS Backup, daily at 02:00")]:::backup',
            'n0_browsers -->|"https"| n1_proxycdn',
            "n1_proxycdn --> n2_proxy",
            'n2_proxy -->|"/api/…"| n3_api',
            'n1_proxycdn -->|"/"| n4_web',
            "n3_api --> n7_data",
            "n7_data -.-> n5_backups",
            'n5_backups -.->|"encrypted"| n6_offsite',
        ]);
    });

    test("the order of the resources makes no difference, in either form", async () => {
        const [one, other] = [drawn(stack()), drawn([...stack()].reverse())];
        expect(mermaid(other)).toBe(mermaid(one));
        expect(await svg(other)).toBe(await svg(one));
    });

    test("an SVG that a browser shows: nothing in it is run, no name becomes markup", async () => {
        const hostile = service("api", { secrets: ['<script>alert("x")</script>', "a & b", "`#`|]\n"] });
        const picture = drawn(stack([hostile]));
        const text = await svg(picture);
        expect(text).toMatch(/^<svg role="img" aria-label="demo-prod" /);
        expect(text).not.toMatch(/<script|<!DOCTYPE|<image|href=/);
        expect(text).toContain("a &amp; b");
        expect(mermaid(picture)).not.toMatch(/<script|`|#`|\]\n"/);
    });

    test("nothing to draw: no application, or one that an earlier version of the program made", () => {
        expect(pictureOf("x", [])).toBeUndefined();
        expect(pictureOf("x", [component("WebStack", "application", {})])).toBeUndefined();
    });
});

describe("R106: what an update makes of the architecture", () => {
    const preview = (old: readonly Shown[] | undefined, next: readonly Shown[]): Preview => {
        const changes = next.map((resource, i): Change => ({
            urn: `urn:pulumi:x::quai::${resource.type}::${resource.name}`,
            ...{
                type: resource.type,
                name: resource.name,
                operation: old === undefined ? "create" : "same",
                replacedFor: [],
                deletedFirst: false,
            },
            ...(old === undefined ? {} : { old: { inputs: old[i]?.inputs ?? {}, outputs: old[i]?.outputs ?? {} } }),
            new: { inputs: resource.inputs, outputs: resource.outputs },
        }));
        return { changes, outputs: {}, errors: [], warnings: [], complete: true };
    };

    test("nothing, where it stays as it is", () => {
        expect(pictureChange("demo-prod", preview(stack(), stack()))).toBeUndefined();
    });

    test("services that come and go, replicas, secrets, ways", () => {
        const next = stack([service("mailer"), service("api", { secrets: ["databaseUrl", "redisUrl"], opens: ["redis"] })]);
        expect(pictureChange("demo-prod", preview(stack(), next))?.changes).toEqual([
            "`mailer` comes",
            "`api`: 2 containers → 1 container",
            "`api` is given the secret `redisUrl`",
            "`api` → `postgres` is closed",
            "`api` → `uploads` is closed",
            "`api` → `redis` is new",
        ]);
    });

    test("a first deployment is drawn; where the former can't be, nothing is said", () => {
        expect(pictureChange("demo-prod", preview(undefined, stack()))).toMatchObject({
            changes: [],
            mermaid: expect.arrayContaining(["flowchart TB"]) as unknown,
        });
        const unknown = stack().map((resource) => ({ ...resource, outputs: {} }));
        expect(pictureChange("demo-prod", preview(unknown, stack()))).toBeUndefined();
    });
});
