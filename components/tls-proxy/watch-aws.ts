import type * as lb from "@pulumi/aws/lb";
import type * as pulumi from "@pulumi/pulumi";
import type { AwsTarget } from "../targets/aws-target";
import type { TlsProxy } from ".";
import type { Balancer } from "./balancer-aws";
import type { Certificates } from "./certificate-aws";
import { GLOBAL } from "./certificate-aws";

/** What visitors notice: errors, slowness, nobody there (R97, R98). */
export function watchBalancer(
    self: TlsProxy,
    name: string,
    target: AwsTarget,
    balancer: Balancer,
    { groups, quiet }: { readonly groups: readonly lb.TargetGroup[]; /** Errors are meant. */ readonly quiet: boolean },
): void {
    const dimensions = { LoadBalancer: balancer.resource.arnSuffix };
    const sum = { namespace: "AWS/ApplicationELB", dimensions, statistic: "Sum" as const };
    const { watch } = target;
    watch.alarm(
        `${name}-5xx`,
        { ...sum, metric: "HTTPCode_Target_5XX_Count", above: 10, quiet, description: "Services answer with errors: their logs say why" },
        self,
    );
    watch.alarm(
        `${name}-own-5xx`,
        {
            ...sum,
            metric: "HTTPCode_ELB_5XX_Count",
            above: 10,
            description: "The balancer finds no healthy service: look at the services' events",
        },
        self,
    );
    watch.alarm(
        `${name}-4xx`,
        {
            ...sum,
            metric: "HTTPCode_Target_4XX_Count",
            above: 10,
            description: "Many requests are refused: a broken client, or somebody trying things",
        },
        self,
    );
    const slow = { ...sum, metric: "TargetResponseTime", statistic: "Average" as const };
    watch.alarm(`${name}-slow`, { ...slow, above: 2, periods: 3, description: "Answers take more than two seconds on average" }, self);
    groups.forEach((group, index) => {
        const unhealthy = {
            namespace: "AWS/ApplicationELB",
            metric: "UnHealthyHostCount",
            dimensions: { ...dimensions, TargetGroup: group.arnSuffix },
            statistic: "Maximum" as const,
        };
        watch.alarm(
            `${name}-unhealthy-${index + 1}`,
            { ...unhealthy, above: 0, description: "A task fails its health check: look at the service's events" },
            self,
        );
        watch.graph("health", `unhealthy tasks ${index + 1}`, unhealthy);
    });
    watch.graph("health", "errors", { ...sum, metric: "HTTPCode_Target_5XX_Count" });
    watch.graph("health", "refused requests", { ...sum, metric: "HTTPCode_Target_4XX_Count" });
    watch.graph("performance", "seconds per answer", slow);
    watch.graph("performance", "requests", { ...sum, metric: "RequestCount" });
    watch.graph("sessions", "connections", { ...sum, metric: "ActiveConnectionCount" });
}

const DAY = 86_400;
/** ACM renews a certificate 45 days or more before its end: at 30 something is in its way. One of ours is ours to renew (R70). */
const DAYS_LEFT = 30;

/** Certificates that nobody renewed: the balancer's, and CloudFront's where the metrics of its region are. */
export function watchCertificates(self: TlsProxy, name: string, target: AwsTarget, { regional, global }: Certificates): void {
    const alarm = (logical: string, arn: pulumi.Output<string>, region?: string) =>
        target.watch.alarm(
            logical,
            {
                namespace: "AWS/CertificateManager",
                metric: "DaysToExpiry",
                dimensions: { CertificateArn: arn },
                statistic: "Minimum",
                below: DAYS_LEFT,
                period: DAY,
                periods: 1,
                // It is told twice a day, and no more once the certificate has ended.
                missing: "ignore",
                region,
                description:
                    "The certificate ends in less than 30 days: ACM renews it only while the DNS records that prove the names are there; one of quai:tls is to be replaced",
            },
            self,
        );
    alarm(`${name}-certificate`, regional);
    if (global !== undefined && target.options.region !== GLOBAL) alarm(`${name}-certificate-global`, global, GLOBAL);
}
