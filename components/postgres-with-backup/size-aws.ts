import type { Priced } from "../internal/aws/prices";
import type { PostgresVersion } from "./args";
import type { PostgresSpec } from "./spec";

const GIBIBYTE = 1024 ** 3;

/** Instance classes with their memory in GiB (RDS user guide, as of 2026-11): each the cheapest of its size for PostgreSQL 15 to 18. */
export const DATABASE_CLASSES: readonly (readonly [Priced & `db.${string}`, number])[] = [
    ["db.t4g.micro", 1],
    ["db.t4g.small", 2],
    ["db.t4g.medium", 4],
    ["db.t4g.large", 8],
    ["db.t4g.xlarge", 16],
    ["db.t4g.2xlarge", 32],
    ["db.r7g.2xlarge", 64],
    ["db.r7g.4xlarge", 128],
];

/** The smallest class with so much memory, in bytes. @throws Error when none has */
export function databaseClass(memory: number): (typeof DATABASE_CLASSES)[number][0] {
    const fits = DATABASE_CLASSES.find(([, size]) => size * GIBIBYTE >= memory);
    if (fits === undefined) {
        throw new Error(`quai:postgres.memory: no class of RDS has so much (got ${Math.ceil(memory / GIBIBYTE)}g); the largest has 128g`);
    }
    return fits[0];
}

export const parameterFamily = (version: PostgresVersion): string => `postgres${version}`;

/**
 * The server's parameters: TLS is forced (R43), and connections as the settings say. Buffers are left to RDS, which knows what the rest of its
 * machine needs, unless the settings say otherwise.
 */
export function serverParameters(spec: PostgresSpec): { name: string; value: string; applyMethod: "immediate" | "pending-reboot" }[] {
    const { max_connections, shared_buffers } = spec.parameters;
    return [
        { name: "rds.force_ssl", value: "1", applyMethod: "immediate" },
        { name: "password_encryption", value: "scram-sha-256", applyMethod: "immediate" },
        { name: "log_lock_waits", value: "1", applyMethod: "immediate" },
        ...(max_connections === undefined
            ? []
            : [{ name: "max_connections", value: max_connections, applyMethod: "pending-reboot" as const }]),
        ...(spec.ownBuffers && shared_buffers !== undefined
            ? [{ name: "shared_buffers", value: String(pages(shared_buffers)), applyMethod: "pending-reboot" as const }]
            : []),
    ];
}

/** RDS counts buffers in pages of 8 KiB. */
function pages(megabytes: string): number {
    return Number(megabytes.replace("MB", "")) * 128;
}
