import type { Target } from "../targets";

/** The private zone of a stack's network on AWS. */
export const zoneOf = (stack: string): string => `${stack}.internal`;

/** The name by which a service is called from within its stack. It stays the same from release to release. */
export function hostOfService(kind: Target["kind"], stack: string, service: string): string {
    return kind === "aws" ? `${service}.${zoneOf(stack)}` : service;
}
