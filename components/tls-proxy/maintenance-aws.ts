import * as cloudfront from "@pulumi/aws/cloudfront";
import * as lambda from "@pulumi/aws/lambda";
import * as lb from "@pulumi/aws/lb";
import * as pulumi from "@pulumi/pulumi";
import { resolve } from "node:path";
import { fitting, LONGEST } from "../internal/aws/names";
import type { AwsTarget } from "../targets/aws-target";
import type { TlsProxy } from ".";
import { MAINTENANCE_PAGE, RETRY_AFTER } from "./maintenance";
import type { ProxySpec } from "./spec";
import { hstsOf } from "./spec";

/** Before every route: those begin at 10. */
const FIRST = 1;
const ANSWER_SECONDS = 5;

/**
 * The load balancer's first rule, as long as the stack is in maintenance: everything is answered 503 by a function, since a balancer's own fixed
 * answers can't say when to come back. The routes' rules stay, and so do the target groups and their health checks.
 */
export function maintenanceRule(self: TlsProxy, name: string, target: AwsTarget, listener: lb.Listener): lb.ListenerRule {
    const logical = `${name}-maintenance`;
    const opts = (more: pulumi.CustomResourceOptions = {}) => target.opts({ parent: self, ...more });
    const logs = target.logGroup(logical, `/quai/${target.stack}/maintenance`);
    const role = target.role(
        logical,
        "lambda.amazonaws.com",
        [{ actions: ["logs:CreateLogStream", "logs:PutLogEvents"], resources: [pulumi.interpolate`${logs.arn}:*`] }],
        self,
    );
    const page = new lambda.Function(
        logical,
        {
            name: fitting(target.name("maintenance"), LONGEST.function),
            description: "Answers 503 while the stack is in maintenance",
            runtime: "python3.13",
            handler: "index.handler",
            code: new pulumi.asset.FileArchive(resolve(__dirname, "maintenance-function")),
            role: role.arn,
            timeout: ANSWER_SECONDS,
            memorySize: 128,
            architectures: ["arm64"],
            environment: { variables: { PAGE: MAINTENANCE_PAGE, RETRY_AFTER: String(RETRY_AFTER) } },
            loggingConfig: { logFormat: "Text", logGroup: logs.name },
        },
        opts(),
    );
    const group = new lb.TargetGroup(
        logical,
        { name: fitting(target.name("maintenance"), LONGEST.targetGroup), targetType: "lambda" },
        opts(),
    );
    const allowed = new lambda.Permission(
        logical,
        {
            action: "lambda:InvokeFunction",
            function: page.name,
            principal: "elasticloadbalancing.amazonaws.com",
            sourceArn: group.arn,
        },
        opts(),
    );
    const attached = new lb.TargetGroupAttachment(
        logical,
        { targetGroupArn: group.arn, targetId: page.arn },
        opts({ dependsOn: [allowed] }),
    );
    return new lb.ListenerRule(
        logical,
        {
            listenerArn: listener.arn,
            priority: FIRST,
            conditions: [{ pathPattern: { values: ["/*"] } }],
            actions: [{ type: "forward", targetGroupArn: group.arn }],
        },
        opts({ dependsOn: [attached] }),
    );
}

/** The same at CloudFront's edge, where it holds for the sites in buckets, too, and nothing is asked or cached. */
export function maintenanceAtEdge(self: TlsProxy, name: string, spec: ProxySpec, target: AwsTarget): pulumi.Output<string> {
    const logical = `${name}-maintenance`;
    return new cloudfront.Function(
        logical,
        { name: target.name("maintenance"), runtime: "cloudfront-js-2.0", code: edgeCode(spec), publish: true },
        target.opts({ parent: self }),
    ).arn;
}

/** Headers that the distribution adds to others' answers are in this one itself. */
export function edgeCode(spec: Pick<ProxySpec, "hsts">): string {
    const hsts = hstsOf(spec);
    const headers = {
        "content-type": "text/html; charset=utf-8",
        "cache-control": "no-store",
        "retry-after": String(RETRY_AFTER),
        ...(hsts === undefined ? {} : { "strict-transport-security": hsts }),
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "strict-origin-when-cross-origin",
    };
    const answer = {
        statusCode: 503,
        statusDescription: "Service Unavailable",
        headers: Object.fromEntries(Object.entries(headers).map(([header, value]) => [header, { value }])),
        body: { encoding: "text", data: MAINTENANCE_PAGE },
    };
    return `function handler(event) {\n    return ${JSON.stringify(answer)};\n}\n`;
}
