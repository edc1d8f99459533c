import type * as pulumi from "@pulumi/pulumi";
import type { ReleasedService } from "../components/web-stack";
import type { SecretsBundle } from "../components/secrets-bundle";
import type { GivenSecret } from "../components/secrets-bundle";
import type { Target } from "../components/targets";
import type { Settings } from "../infra/settings";
import { describedApplication } from "./application";
import { applications } from "./catalogue";
import { demo } from "./demo";

/** What a stack is given: checked settings, where to realize it, and the secrets from outside. */
export interface StackContext {
    readonly settings: Settings;
    readonly target: Target;
    readonly given: Readonly<Record<string, GivenSecret>>;
    /** Of a stopped stack: jobs that have run once and for all. */
    readonly ranOnce?: readonly string[];
}

/** What a stack gives back, for `status` and for people. */
export interface DeployedStack {
    readonly urls: readonly string[];
    readonly services: readonly ReleasedService[];
    readonly secrets: SecretsBundle["ages"];
    /** Where snapshots go; undefined without backups. */
    readonly repository: string | undefined;
    /** The password that opens the repository: whoever rebuilds on a new machine needs it. */
    readonly backupPassword: pulumi.Output<string> | undefined;
    /** Certificate of the local authority, PEM. */
    readonly authorityPem: pulumi.Output<string> | undefined;
    /** Jobs that have run once and for all, when they have; undefined where there is none. */
    readonly once: pulumi.Output<string[]> | undefined;
    /** Generated passwords that people need, encrypted; undefined where there are none. */
    readonly passwords?: pulumi.Output<Record<string, string>>;
}

export type Stack = (context: StackContext) => DeployedStack;

/** What `quai:application` may name: all but the demonstration are described in settings. */
export const stacks: Readonly<Record<string, Stack>> = {
    ...Object.fromEntries(applications.map((name) => [name, describedApplication])),
    demo,
};
