import type { AwsTarget } from "./aws-target";
import type { DockerTarget } from "./docker-target";

/** Where a stack's components are realized. Components receive it; nothing is global and no default provider is used. */
export type Target = DockerTarget | AwsTarget;

/** For the `default` of a switch over targets: a new kind of target makes this a compile error in every place to extend. */
export function unreachable(value: never): never {
    throw new Error(`no such target: ${JSON.stringify(value)}`);
}

export { DockerTarget } from "./docker-target";
// A type only: the class loads the cloud's SDK.
export type { AwsTarget } from "./aws-target";
