/** What checkov asks for and isn't done, each with its reason. */
export interface Allowed {
    readonly checks: readonly string[];
    /** Addresses of the resources that it holds for. */
    readonly on: RegExp;
    readonly why: string;
}

const RECORDS = /^aws_s3_bucket\.(audit|configuration|proxy-logs)$/;

export const ALLOWED: readonly Allowed[] = [
    {
        checks: ["CKV2_AWS_57"],
        on: /^aws_secretsmanager_secret\.secret-/,
        why: "secrets rotate by their date in the stack file, in two phases with the application's releases; a function of Secrets Manager knows neither",
    },
    {
        checks: ["CKV_AWS_338"],
        on: /^aws_cloudwatch_log_group\./,
        why: "quai:target.logDays decides; a year of an application's log lines is a cost, and often more than privacy allows",
    },
    {
        checks: ["CKV_AWS_378"],
        on: /^aws_lb_target_group\./,
        why: "TLS ends at the balancer; from there to a task's port there is one way, inside private subnets, by security groups",
    },
    {
        checks: ["CKV_AWS_260"],
        on: /^aws_vpc_security_group_ingress_rule\.proxy-in-80$/,
        why: "port 80 redirects to https and does nothing else",
    },
    {
        checks: ["CKV2_AWS_5"],
        on: /^aws_security_group\.(migrate|postgres-database|postgres-login-.*)-group$/,
        why: "one-off tasks have them, which the function starts: their input names them, which is text for the tool",
    },
    {
        checks: ["CKV_AWS_116", "CKV_AWS_50", "CKV_AWS_115"],
        on: /^aws_lambda_function\.runner$/,
        why: "called by an update, which waits for its answer and shows it: there is nothing to queue, to trace or to run in numbers",
    },
    {
        checks: ["CKV_AWS_117"],
        on: /^aws_lambda_function\.runner$/,
        why: "it speaks to the API of ECS and asks the public name; tasks do the work inside the network",
    },
    {
        checks: ["CKV_AWS_272"],
        on: /^aws_lambda_function\.runner$/,
        why: "its code is a file of this repository; there is no one to sign it apart from who deploys",
    },
    {
        checks: ["CKV_AWS_161"],
        on: /^aws_db_instance\./,
        why: "the same logins as on a Docker host: passwords by SCRAM over forced TLS, rotated by the stack file",
    },
    {
        checks: ["CKV_AWS_118"],
        on: /^aws_db_instance\./,
        why: "Performance Insights and alarms on processor, memory and disk are on; processes of the server's system aren't anybody's to change",
    },
    {
        checks: ["CKV_AWS_145"],
        on: /^aws_s3_bucket\.(configuration|proxy-logs)$/,
        why: "encrypted with S3's own key: the balancer can write no other way, and Config's record holds no data",
    },
    {
        checks: ["CKV_AWS_18", "CKV_AWS_21", "CKV2_AWS_62", "CKV_AWS_144"],
        on: RECORDS,
        why: "logs that AWS writes once, under new names: nothing is overwritten, CloudTrail's files carry proofs of their own, and nobody waits for them",
    },
    {
        checks: ["CKV2_AWS_76", "CKV2_AWS_47"],
        on: /^aws_(lb|cloudfront_distribution)\.proxy$/,
        why: "the rules against Log4j's like are there (KnownBadInputs); the other list that the check asks for refuses whoever comes by a VPN",
    },
    {
        checks: ["CKV2_AWS_28"],
        on: /^aws_lb\.proxy$/,
        why: "behind CloudFront, where the firewall stands; the balancer lets in nobody else",
    },
    {
        checks: ["CKV_AWS_166"],
        on: /^aws_backup_vault\.backup-copies$/,
        why: "in another region, where the stack's key isn't: AWS Backup's own key of that region",
    },
    {
        checks: ["CKV_AWS_252"],
        on: /^aws_cloudtrail\.audit$/,
        why: "it would mail each file of records; GuardDuty's findings are what is mailed",
    },
    {
        checks: ["CKV2_AWS_10"],
        on: /^aws_cloudtrail\.audit$/,
        why: "kept in S3 for a year, validated; nobody is paid to read it as it comes",
    },
    {
        checks: ["CKV2_AWS_3"],
        on: /^aws_guardduty_detector\.intruders$/,
        why: "one account: an organisation's own detector is not a stack's to set up (account.guardDuty: existing)",
    },
    {
        checks: ["CKV_AWS_259"],
        on: /^aws_cloudfront_response_headers_policy\./,
        why: "HSTS is sent for a year with subdomains; preload can hardly be undone, so it is quai:proxy.hsts.preload's to say",
    },
    {
        checks: ["CKV_AWS_305"],
        on: /^aws_cloudfront_distribution\.proxy$/,
        why: "the service at / answers /, and a site's function rewrites it",
    },
    {
        checks: ["CKV_AWS_310"],
        on: /^aws_cloudfront_distribution\.proxy$/,
        why: "there is one balancer, over two or three zones; a second one would be a second stack",
    },
    { checks: ["CKV_AWS_374"], on: /^aws_cloudfront_distribution\.proxy$/, why: "no country is refused" },
    {
        checks: ["CKV_AWS_86"],
        on: /^aws_cloudfront_distribution\.proxy$/,
        why: "the balancer logs what reaches a service; what CloudFront answers by itself are public files",
    },
];
