import * as pulumi from "@pulumi/pulumi";
import { join } from "node:path";
import { enforce, judgeResources, PolicyError } from "../policies";
import { stacks } from "../stacks";
import { aroundStack } from "./around";
import type { Settings } from "./settings";
import type { StackSettings } from "./settings/read";
import { presetOf } from "../stacks/catalogue";
import { readSettings, readWritten, withValues, writtenSettings } from "./settings/read";
import { writtenValues } from "./settings/outside";
import { insteadOf, lastValues } from "./last-values";
import { makeHost, makeTarget } from "./target";

export interface Last {
    /** Of a stopped stack, the jobs that have run once and for all: they don't run again when it starts. @default [] */
    readonly ranOnce?: readonly string[];
    /** On AWS, the groups of logs that stay though nothing writes there now, but for those in `quai:retired`. @default {} */
    readonly logs?: Readonly<Record<string, string>>;
}

/**
 * Reads the settings, makes the target, calls the one stack.
 *
 * @param last what the last update left that this one must keep
 * @returns what `./quai status` and other programs read; the names are a contract
 * @throws Error that lists every problem there is, before any resource is registered
 */
export function deploy(read = readSettings(Object.keys(stacks), { preset: presetOf }), last: Last = {}) {
    const { settings } = read;
    applyRules(settings);
    const stack = stacks[settings.application];
    if (stack === undefined) {
        throw new Error(`quai:application: must be one of ${Object.keys(stacks).join(", ")} (got ${JSON.stringify(settings.application)})`);
    }
    const target = makeTarget(read);
    const deployed = stack({ settings, target, given: read.secrets, ranOnce: last.ranOnce });
    if (target.kind === "aws") {
        target.finish(
            Object.fromEntries(Object.entries(last.logs ?? {}).filter(([logical]) => settings.retired[`logs-${logical}`] === undefined)),
        );
        void pulumi.log.info(target.costs.summary());
    }
    const costs = target.kind === "aws" ? target.costs.noted() : undefined;
    return {
        application: settings.name,
        stackId: settings.stackId,
        target: settings.target.kind,
        running: settings.running,
        urls: deployed.urls,
        services: deployed.services,
        secrets: deployed.secrets,
        repository: deployed.repository,
        backupPassword: deployed.backupPassword,
        localAuthority: deployed.authorityPem,
        // A preview that doesn't reach the host uses the images that the last update did.
        imageMirror: typeof settings.imageMirror === "object" ? settings.imageMirror : undefined,
        passwords: deployed.passwords,
        once: deployed.once,
        logs: target.kind === "aws" ? target.logs : undefined,
        outside: Object.keys(read.outside).length === 0 ? undefined : pulumi.secret({ ...read.outside }),
        settings: deployedSettings(read),
        // So that the next preview can tell the difference.
        costs,
    };
}

/**
 * The settings, where what they refer to may be out of reach: a preview, and an update that only stops the application, then go by the values
 * of the last update, and say so.
 */
export async function settingsWithin(): Promise<StackSettings> {
    const written = readWritten(Object.keys(stacks), { preset: presetOf });
    const spared = pulumi.runtime.isDryRun() || !written.settings.running;
    if (written.read.unread.length === 0 || !spared) return withValues(written);
    const instead = insteadOf(await lastValues());
    return withValues(written, pulumi.runtime.isDryRun() ? instead.inPreview : instead.whileStopped);
}

/** The machine's preparation alone. @throws Error like `deploy` */
export function deployHost(): Record<string, never> {
    const settings = writtenSettings(Object.keys(stacks), { preset: presetOf });
    applyRules(settings);
    makeHost(settings);
    return {};
}

/** The rules of the environment, before any resource is registered, and on each resource as it is. @throws Error with all that is refused */
function applyRules(settings: Settings): void {
    if (settings.environment === "development") {
        enforce(settings);
        return;
    }
    const around = aroundStack({
        checkout: join(__dirname, ".."),
        stack: settings.stack,
        env: process.env,
        secrets: writtenValues(settings.secrets),
    });
    for (const warning of enforce(settings, new Date(), around).warned) {
        void pulumi.log.warn(warning);
    }
    // Under mocks there is no stack to hang it on; there the rules are asked directly.
    if (pulumi.runtime.getStackResource() === undefined) return;
    void pulumi.runtime.registerStackTransformation(({ type, name, props, opts }) => {
        const made = { type, name, inputs: props as Record<string, unknown>, protect: opts.protect === true };
        const { refused, warned } = judgeResources(settings, [made]);
        if (refused.length > 0) throw new PolicyError(settings.stack, refused);
        for (const warning of warned) void pulumi.log.warn(warning);
        return undefined;
    });
}

/**
 * The settings as they were deployed, so that the next preview can say which of them changed. Of secrets only the names, and the
 * fingerprints that releases are named by.
 */
function deployedSettings({ settings, secrets }: StackSettings) {
    const { stack: _stack, stackId: _id, secrets: _secrets, ...plain } = settings;
    return { ...plain, givenSecrets: Object.entries(secrets).map(([name, { version }]) => ({ name, version })) };
}
