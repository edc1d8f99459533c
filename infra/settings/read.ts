import * as pulumi from "@pulumi/pulumi";
import { secretVersion } from "./fingerprint";
import type { Context } from "./context";
import { completed, type GivenValues, type Instead, type Outside, readOutside } from "./outside";
import { parseSettings } from "./parse";
import { unprintable } from "./resolve";
import type { Settings } from "./types";

const PREFIX = "quai:";

interface SecretValue {
    /** The value; Pulumi keeps it encrypted wherever it goes. */
    readonly value: pulumi.Output<string>;
    /** Changes when the value does, known when the program starts, and tells nothing about the value: 8 hexadecimal digits. */
    readonly version: string;
}

/** A secret given from outside. */
export interface GivenSecret extends SecretValue {
    /** The value before, where it still counts. */
    readonly former?: SecretValue;
}

export interface StackSettings {
    /** With the values of secrets in the place of what says where they are. */
    readonly settings: Settings;
    /** What `quai:secrets` holds, by name. */
    readonly secrets: Readonly<Record<string, GivenSecret>>;
    /** Values that were read elsewhere, by path: the next preview may have to do without their source. */
    readonly outside: Readonly<Record<string, string>>;
}

export interface ReadOptions extends Pick<Context, "preset"> {
    /** A secret of the stack's own that makes the secrets' versions impossible to guess from. @default none */
    readonly fingerprintKey?: string;
}

/** What stands in the configuration, and what it refers to, as far as that can be read here. */
export interface WrittenSettings {
    readonly settings: Settings;
    readonly read: Outside;
}

/**
 * Reads the settings of the running Pulumi stack, and then what they refer to. The one place that reads Pulumi's configuration.
 *
 * @param applications what `quai:application` may name
 * @throws SettingsError that lists every problem there is
 */
export function readWritten(applications: readonly string[], options: ReadOptions = {}): WrittenSettings {
    const settings = writtenSettings(applications, options);
    return { settings, read: readOutside(settings.secrets, { env: process.env, onNotice: (line) => void pulumi.log.info(line) }) };
}

/** What stands in the configuration alone: no variable is looked at, no command runs. @throws SettingsError that lists every problem there is */
export function writtenSettings(applications: readonly string[], options: ReadOptions = {}): Settings {
    const own = Object.entries(pulumi.runtime.allConfig()).filter(([key]) => key.startsWith(PREFIX));
    return parseSettings(Object.fromEntries(own), {
        stack: pulumi.getStack(),
        applications,
        preset: options.preset,
        secretKeys: own
            .map(([key]) => key)
            .filter(isEncrypted)
            .map((key) => key.slice(PREFIX.length)),
    });
}

/** The same, with a version for each secret. @throws OutsideError that lists every secret that can't be read and that nothing goes for */
export function withValues(
    { settings, read }: WrittenSettings,
    instead: Instead = () => undefined,
    fingerprintKey?: string,
): StackSettings {
    const values = completed(read, instead);
    const versioned = (value: string, name: string): SecretValue => ({
        value: pulumi.secret(value),
        version: secretVersion(value, settings.stackId, name, fingerprintKey),
    });
    const secrets = Object.entries(values).map(([name, { value, former }]): [string, GivenSecret] => [
        name,
        { ...versioned(value, name), ...(former === undefined ? {} : { former: versioned(former, name) }) },
    ]);
    const present = Object.fromEntries(Object.entries(values).map(([name, { value }]) => [name, value]));
    return {
        settings: { ...settings, secrets: unprintable(present) },
        secrets: Object.fromEntries(secrets),
        outside: outsideValues(settings, values),
    };
}

/** Both. */
export function readSettings(applications: readonly string[], options: ReadOptions = {}): StackSettings {
    return withValues(readWritten(applications, options), undefined, options.fingerprintKey);
}

function outsideValues({ secrets }: Settings, values: Readonly<Record<string, GivenValues>>): Record<string, string> {
    const read = Object.entries(values).flatMap(([name, { value, former }]) => {
        const given = secrets[name];
        if (given === undefined || typeof given === "string") return [];
        return [
            ...(given.value === undefined ? [[name, value] as const] : []),
            ...(typeof given.former === "object" && former !== undefined ? [[`${name}.former`, former] as const] : []),
        ];
    });
    return unprintable(Object.fromEntries(read));
}

/** Whether any part of a key's value is encrypted in the stack file. The SDK knows but doesn't declare it. */
function isEncrypted(key: string): boolean {
    const { isConfigSecret } = pulumi.runtime as { isConfigSecret?: (key: string) => boolean };
    if (isConfigSecret === undefined) throw new Error("this version of @pulumi/pulumi can't say which settings are encrypted");
    return isConfigSecret(key);
}
