import * as pulumi from "@pulumi/pulumi";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isHashed, siteProblems } from "../../components/tls-proxy/sites-aws";
import type { ProxySpec } from "../../components/tls-proxy/spec";
import { shared } from "../unit/support/mocks";
import { AwsGraph, statementsOf } from "./support/aws-graph";
import { AWS, demoOn } from "./support/deployed";

/* CloudFront before the load balancer, front ends as files, and Aurora: each by setting. */

const site = mkdtempSync(join(tmpdir(), "quai-site-"));
mkdirSync(join(site, "assets"));
for (const path of ["index.html", "assets/index-4f2a9c1b.js", "robots.txt"]) writeFileSync(join(site, path), path);
afterAll(() => rmSync(site, { recursive: true }));

const cdn = shared(async () => new AwsGraph(await demoOn({ ...AWS, cdn: true })));
const static_ = shared(async () => new AwsGraph(await demoOn({ ...AWS, cdn: true, sites: { web: site } })));

const NEVER = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad";

interface Behavior {
    readonly pathPattern?: string;
    readonly targetOriginId: string;
    readonly cachePolicyId: string;
    readonly viewerProtocolPolicy: string;
    readonly originRequestPolicyId?: string;
}

test("R116: WebSockets and what has a path of its own are never cached; all that visitors send reaches the service", async () => {
    const { orderedCacheBehaviors, defaultCacheBehavior } = (await cdn()).get("cloudfront/distribution", "proxy").inputs as unknown as {
        orderedCacheBehaviors: Behavior[];
        defaultCacheBehavior: Behavior;
    };
    const cached = new Map(orderedCacheBehaviors.map(({ pathPattern, cachePolicyId }) => [pathPattern, cachePolicyId]));
    expect([cached.get("/api/ws"), cached.get("/api/*")]).toEqual([NEVER, NEVER]);
    expect(defaultCacheBehavior.cachePolicyId).not.toBe(NEVER);
    for (const behavior of [defaultCacheBehavior, ...orderedCacheBehaviors]) {
        expect(behavior).toMatchObject({ targetOriginId: "balancer", viewerProtocolPolicy: "redirect-to-https" });
        expect(behavior.originRequestPolicyId).toBe("216adef6-5c7f-47e4-b989-5492eafa07d3");
    }
});

test("R116: the origin can't be reached around CloudFront: its addresses only, and a header that only it knows", async () => {
    const graph = await cdn();
    expect(graph.ways().filter((way) => way.endsWith("> proxy:443") || way.startsWith("world"))).toEqual(["cloudfront > proxy:443"]);
    const [{ customHeaders }] = graph.get("cloudfront/distribution", "proxy").inputs["origins"] as [
        { customHeaders: { name: string; value: string }[] },
    ];
    const [header] = customHeaders;
    expect(header?.value).toMatch(/.{8}/);
    for (const { name, inputs } of graph.of("lb/listenerRule")) {
        expect([name, (inputs["conditions"] as object[])[2]]).toEqual([
            name,
            { httpHeader: { httpHeaderName: header?.name, values: [header?.value] } },
        ]);
    }
    // Whoever comes without gets nothing.
    expect(graph.get("lb/listener", "proxy-https").inputs["defaultActions"]).toMatchObject([{ fixedResponse: { statusCode: "404" } }]);
    expect(graph.of("lb/listener").map(({ name }) => name)).toEqual(["proxy-https"]);
});

test("R70, R116, R120: certificate and firewall are in us-east-1, names lead to the distribution", async () => {
    const graph = await cdn();
    expect(graph.get("acm/certificate", "proxy-global").inputs).toMatchObject({ region: "us-east-1", domainName: "demo.quai.dev" });
    expect(graph.get("cloudfront/distribution", "proxy").inputs).toMatchObject({
        aliases: ["demo.quai.dev"],
        webAclId: graph.arnOf("wafv2/webAcl", "proxy-global"),
        viewerCertificate: {
            acmCertificateArn: graph.arnOf("acm/certificate", "proxy-global"),
            minimumProtocolVersion: "TLSv1.2_2021",
        },
    });
    expect(graph.get("wafv2/webAcl", "proxy-global").inputs).toMatchObject({ scope: "CLOUDFRONT", region: "us-east-1" });
    expect(graph.of("wafv2/webAclAssociation")).toEqual([]);
    expect(graph.get("route53/record", "proxy-demo.quai.dev").inputs["aliases"]).toMatchObject([
        { name: graph.outputOf("cloudfront/distribution", "proxy", "domainName") },
    ]);
    // One record proves the name in both regions.
    expect(graph.of("route53/record").map(({ name }) => name)).toEqual(["proxy-validation-demo.quai.dev", "proxy-demo.quai.dev"]);
});

test("R82: behind CloudFront all of the proxy's security headers are sent", async () => {
    expect((await cdn()).get("cloudfront/responseHeadersPolicy", "proxy-headers").inputs["securityHeadersConfig"]).toMatchObject({
        strictTransportSecurity: { accessControlMaxAgeSec: 31536000, includeSubdomains: true },
        contentTypeOptions: { override: true },
        frameOptions: { frameOption: "DENY" },
        referrerPolicy: { referrerPolicy: "strict-origin-when-cross-origin" },
        xssProtection: { protection: true, modeBlock: true },
    });
});

test("a front end of files: no container, a bucket that only CloudFront reads, pages last and never cached", async () => {
    const graph = await static_();
    expect(graph.of("ecs/service").map(({ name }) => name)).not.toContain("web");
    expect(graph.of("lb/targetGroup").map(({ name }) => name)).toEqual(["api-targets"]);
    const { origins, defaultCacheBehavior } = graph.get("cloudfront/distribution", "proxy").inputs as unknown as {
        origins: { originId: string; originAccessControlId?: string }[];
        defaultCacheBehavior: Behavior;
    };
    expect(origins[1]).toMatchObject({
        originId: "proxy-web",
        originAccessControlId: graph.idOf("cloudfront/originAccessControl", "proxy-web"),
    });
    expect(defaultCacheBehavior.targetOriginId).toBe("proxy-web");
    const [allowed] = statementsOf(graph.get("s3/bucketPolicy", "proxy-web").inputs["policy"]);
    expect(allowed).toMatchObject({ Action: "s3:GetObject", Principal: { Service: "cloudfront.amazonaws.com" } });
    expect(graph.get("s3/bucketPublicAccessBlock", "proxy-web").inputs).toMatchObject({
        blockPublicPolicy: true,
        restrictPublicBuckets: true,
    });
    const put = (path: string) => graph.get("s3/bucketObjectv2", `proxy-web/${path}`);
    expect(put("assets/index-4f2a9c1b.js").inputs).toMatchObject({
        contentType: "text/javascript; charset=utf-8",
        cacheControl: "public, max-age=31536000, immutable",
    });
    expect(put("assets/index-4f2a9c1b.js").retainOnDelete).toBe(true);
    expect(put("index.html").inputs["cacheControl"]).toBe("no-cache");
    expect(put("index.html").after).toContain("proxy-web/assets/index-4f2a9c1b.js");
});

test.each([
    ["index-4f2a9c1b.js", true],
    ["chunk.a1b2c3d4.css", true],
    ["application-settings.js", false],
    ["robots.txt", false],
])("%s has a hash in its name: %p", (path, expected) => expect(isHashed(path)).toBe(expected));

test("files of a former release stay as a site; where tasks serve them, a warning says that they don't", async () => {
    const told = jest.spyOn(pulumi.log, "warn").mockResolvedValue();
    const missed = () => told.mock.calls.map(([text]) => text).filter((text) => text.includes("former release"));
    await demoOn(AWS);
    expect(missed()).toEqual([
        expect.stringMatching(/^assets of the route \/assets\/: .* quai:target\.sites\.web, .* quai:proxy\.keepAssets to "0s"/),
    ]);
    told.mockClear();
    await demoOn({ ...AWS, cdn: true, sites: { web: site } });
    expect(missed()).toEqual([]);
    told.mockRestore();
});

test("what a site can't be is said at once", async () => {
    const routes = [{ path: "/", exact: false, host: undefined, backend: { name: "web" } }] as unknown as ProxySpec["routes"];
    expect(siteProblems("web", site, { routes })).toEqual([]);
    expect(siteProblems("api", site, { routes })).toEqual(["quai:target.sites.api: the route / must lead to api"]);
    expect(siteProblems("web", "test", { routes })).toEqual([
        'quai:target.sites.web: must be a folder with an index.html (got "test"): build the front end first',
    ]);
    await expect(demoOn({ ...AWS, cdn: true, sites: { wbe: site } })).rejects.toThrow(
        "quai:target.sites.wbe: demo has no such service; did you mean web?",
    );
    await expect(demoOn({ ...AWS, scaleTo: { worker: 3 }, scaleOn: { worker: { requests: 5 } } })).rejects.toThrow(
        "quai:target.scaleOn.worker.requests: no route leads to worker; remove it",
    );
});

test("R70, R97: CloudFront's certificate is watched where its metrics are, by mail from there; in us-east-1 it is the balancer's own", async () => {
    const graph = new AwsGraph(await demoOn({ ...AWS, cdn: true, alarmEmail: "ops@quai.dev" }));
    const topic = graph.arnOf("sns/topic", "alarms-us-east-1");
    expect(graph.get("sns/topic", "alarms-us-east-1").inputs["region"]).toBe("us-east-1");
    expect(graph.get("cloudwatch/metricAlarm", "proxy-certificate-global").inputs).toMatchObject({
        metricName: "DaysToExpiry",
        dimensions: { CertificateArn: graph.arnOf("acm/certificate", "proxy-global") },
        region: "us-east-1",
        alarmActions: [topic],
        okActions: [topic],
    });
    expect(graph.get("sns/topicSubscription", "alarms-us-east-1-mail").inputs).toMatchObject({
        topic,
        endpoint: "ops@quai.dev",
        region: "us-east-1",
    });
    expect(graph.get("cloudwatch/metricAlarm", "proxy-certificate").inputs["alarmActions"]).toEqual([graph.arnOf("sns/topic", "alarms")]);
    const there = new AwsGraph(await demoOn({ ...AWS, region: "us-east-1", cdn: true }));
    const certificates = there.of("cloudwatch/metricAlarm").filter(({ inputs }) => inputs["metricName"] === "DaysToExpiry");
    expect(certificates.map(({ name }) => name)).toEqual(["proxy-certificate"]);
});

test("R119: Aurora Serverless v2 keeps the promises of an instance: TLS, encryption, protection, backups, alarms", async () => {
    const graph = new AwsGraph(
        await demoOn(
            { ...AWS, aurora: { least: 0.5, most: 4 }, multiAz: true },
            { "quai:protect": true, "quai:postgres": { version: 16 } },
        ),
    );
    const key = graph.arnOf("kms/key", "key-data");
    expect(graph.of("rds/instance")).toEqual([]);
    expect(graph.get("rds/cluster", "postgres")).toMatchObject({
        protect: true,
        additionalSecretOutputs: expect.arrayContaining(["masterPassword"]) as unknown,
        inputs: {
            engine: "aurora-postgresql",
            serverlessv2ScalingConfiguration: { minCapacity: 0.5, maxCapacity: 4 },
            storageEncrypted: true,
            kmsKeyId: key,
            deletionProtection: true,
            skipFinalSnapshot: false,
            backupRetentionPeriod: 7,
        },
    });
    expect(graph.of("rds/clusterInstance").map(({ inputs }) => [inputs["instanceClass"], inputs["publiclyAccessible"]])).toEqual([
        ["db.serverless", false],
        ["db.serverless", false],
    ]);
    expect(graph.of("rds/clusterParameterGroup")[0]?.inputs["parameters"]).toContainEqual({
        name: "rds.force_ssl",
        value: "1",
        applyMethod: "immediate",
    });
    expect((graph.get("backup/selection", "backup").inputs["resources"] as string[])[0]).toBe(graph.arnOf("rds/cluster", "postgres"));
    expect(graph.get("backup/restoreTestingSelection", "drill-aurora").inputs["protectedResourceType"]).toBe("Aurora");
    expect(graph.get("cloudwatch/metricAlarm", "postgres-cpu").inputs["dimensions"]).toEqual({ DBClusterIdentifier: "demo-prod-postgres" });
    expect(graph.ways().filter((way) => way.endsWith(":5432"))).toContain("api > postgres:5432");
});
