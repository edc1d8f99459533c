/**
 * List prices in US dollars, region us-east-1, on demand, without tax and without the free tier; kept by hand and rounded. Good for the size of
 * a bill, not for its cents: check them at https://calculator.aws before relying on one.
 */
export const PRICES_AS_OF = "2026-11-21";

/** Dollars a month per unit; a month is 730 hours. */
export const PRICES = {
    "NAT gateway": 32.85,
    "Interface endpoint and zone": 7.3,
    "Public IPv4 address": 3.65,
    "Load balancer": 16.43,
    Firewall: 5,
    "Firewall rule": 1,
    "Encryption key": 1,
    Secret: 0.4,
    Alarm: 0.1,
    Dashboard: 3,
    "Private DNS zone": 0.5,
    "Hosted files, GB": 0.3,
    "Provisioned file throughput, MiB/s": 6,
    "Database storage, GB": 0.115,
    "Fargate processor, x86_64": 29.55,
    "Fargate memory, GB, x86_64": 3.24,
    "Fargate processor, arm64": 23.64,
    "Fargate memory, GB, arm64": 2.6,
    // 0.12 an hour.
    "Aurora capacity unit": 87.6,
    "db.t4g.micro": 11.68,
    "db.t4g.small": 23.36,
    "db.t4g.medium": 47.45,
    "db.t4g.large": 94.17,
    "db.t4g.xlarge": 188.34,
    "db.t4g.2xlarge": 376.68,
    "db.r7g.2xlarge": 697.88,
    "db.r7g.4xlarge": 1395.76,
    "cache.t4g.micro": 9.34,
    "cache.t4g.small": 18.69,
    "cache.t4g.medium": 37.96,
    "cache.m7g.large": 92.27,
    "cache.m7g.xlarge": 184.54,
    "cache.r7g.xlarge": 255.5,
    "cache.r7g.2xlarge": 511,
    "cache.r7g.4xlarge": 1021.27,
} as const;

export type Priced = keyof typeof PRICES;

/** How much dearer a region is than us-east-1, roughly; regions that aren't listed count as 1.15. */
export const REGION_FACTOR: Readonly<Record<string, number>> = {
    "us-east-1": 1,
    "us-east-2": 1,
    "us-west-2": 1,
    "ca-central-1": 1.08,
    "eu-west-1": 1.06,
    "eu-west-2": 1.12,
    "eu-west-3": 1.14,
    "eu-central-1": 1.14,
    "eu-north-1": 1.03,
    "ap-southeast-2": 1.2,
    "ap-northeast-1": 1.24,
    "sa-east-1": 1.6,
};
