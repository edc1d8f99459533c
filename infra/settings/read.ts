import * as pulumi from "@pulumi/pulumi";
import { secretVersion } from "./fingerprint";
import type { Context } from "./context";
import { parseSettings } from "./parse";
import type { Settings } from "./types";

const PREFIX = "quai:";

/** A secret given from outside. */
export interface GivenSecret {
    /** The value; Pulumi keeps it encrypted wherever it goes. */
    readonly value: pulumi.Output<string>;
    /** Changes when the value does, known when the program starts, and tells nothing about the value: 8 hexadecimal digits. */
    readonly version: string;
}

export interface StackSettings {
    readonly settings: Settings;
    /** What `quai:secrets` holds, by name. */
    readonly secrets: Readonly<Record<string, GivenSecret>>;
}

export interface ReadOptions extends Pick<Context, "preset"> {
    /** A secret of the stack's own that makes the secrets' versions impossible to guess from. @default none */
    readonly fingerprintKey?: string;
}

/**
 * Reads the settings of the running Pulumi stack. The one place that reads Pulumi's configuration.
 *
 * @param applications what `quai:application` may name
 * @throws SettingsError that lists every problem there is
 */
export function readSettings(applications: readonly string[], options: ReadOptions = {}): StackSettings {
    const own = Object.entries(pulumi.runtime.allConfig()).filter(([key]) => key.startsWith(PREFIX));
    const settings = parseSettings(Object.fromEntries(own), {
        stack: pulumi.getStack(),
        applications,
        preset: options.preset,
        secretKeys: own
            .map(([key]) => key)
            .filter(isEncrypted)
            .map((key) => key.slice(PREFIX.length)),
    });
    const secrets = Object.entries(settings.secrets).map(([name, value]): [string, GivenSecret] => [
        name,
        { value: pulumi.secret(value), version: secretVersion(value, settings.stackId, name, options.fingerprintKey) },
    ]);
    return { settings, secrets: Object.fromEntries(secrets) };
}

/** Whether any part of a key's value is encrypted in the stack file. The SDK knows but doesn't declare it. */
function isEncrypted(key: string): boolean {
    const { isConfigSecret } = pulumi.runtime as { isConfigSecret?: (key: string) => boolean };
    if (isConfigSecret === undefined) throw new Error("this version of @pulumi/pulumi can't say which settings are encrypted");
    return isConfigSecret(key);
}
