import * as cloudwatch from "@pulumi/aws/cloudwatch";
import * as wafv2 from "@pulumi/aws/wafv2";
import type { AwsTarget } from "../targets/aws-target";
import type { TlsProxy } from ".";
import { GLOBAL } from "./certificate-aws";

/** Where a log may be that takes a firewall's lines begins so. */
const PREFIX = "aws-waf-logs-";
/** What may hold a secret of a visitor's is left out. */
const REDACTED = [{ singleHeader: { name: "authorization" } }, { singleHeader: { name: "cookie" } }, { queryString: {} }];

/** Where CloudFront's firewall is, the stack's key isn't: CloudWatch's own encrypts there. It stays when the stack is stopped. */
export function globalFirewallLog(self: TlsProxy, name: string, target: AwsTarget): cloudwatch.LogGroup | undefined {
    const { cdn, firewall, region, logDays } = target.options;
    if (!cdn || !firewall || region === GLOBAL) return undefined;
    return new cloudwatch.LogGroup(
        `logs-${name}-firewall`,
        { name: `${PREFIX}${target.name(name)}`, retentionInDays: logDays, region: GLOBAL },
        target.opts({ parent: self }),
    );
}

/** Who was refused, by which rule: only that, so that it costs little. What passes is in the balancer's own log. */
export function firewallLog(self: TlsProxy, name: string, target: AwsTarget, acl: wafv2.WebAcl): void {
    const { cdn } = target.options;
    const called = `${PREFIX}${target.name(name)}`;
    const group = globalFirewallLog(self, name, target) ?? target.logGroup(`${name}-firewall`, called);
    new wafv2.WebAclLoggingConfiguration(
        cdn ? `${name}-global` : name,
        {
            resourceArn: acl.arn,
            logDestinationConfigs: [group.arn],
            loggingFilter: {
                defaultBehavior: "DROP",
                filters: [{ behavior: "KEEP", requirement: "MEETS_ANY", conditions: [{ actionCondition: { action: "BLOCK" } }] }],
            },
            redactedFields: REDACTED,
            region: cdn ? GLOBAL : undefined,
        },
        target.opts({ parent: self }),
    );
}
