import * as pulumi from "@pulumi/pulumi";
import { join } from "node:path";
import { enforce, judgeResources, PolicyError } from "../policies";
import { stacks } from "../stacks";
import { aroundStack } from "./around";
import type { Settings } from "./settings";
import type { StackSettings } from "./settings/read";
import { presetOf } from "../stacks/catalogue";
import { readSettings } from "./settings/read";
import { makeHost, makeTarget } from "./target";

/**
 * Reads the settings, makes the target, calls the one stack.
 *
 * @returns what `./quai status` and other programs read; the names are a contract
 * @throws Error that lists every problem there is, before any resource is registered
 */
export function deploy() {
    const read = readSettings(Object.keys(stacks), { preset: presetOf });
    const { settings } = read;
    applyRules(settings);
    const stack = stacks[settings.application];
    if (stack === undefined) {
        throw new Error(`quai:application: must be one of ${Object.keys(stacks).join(", ")} (got ${JSON.stringify(settings.application)})`);
    }
    const target = makeTarget(read);
    const deployed = stack({ settings, target, given: read.secrets });
    if (target.kind === "aws") {
        target.finish();
        void pulumi.log.info(target.costs.summary());
    }
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
        settings: deployedSettings(read),
    };
}

/** The machine's preparation alone. @throws Error like `deploy` */
export function deployHost(): Record<string, never> {
    const { settings } = readSettings(Object.keys(stacks), { preset: presetOf });
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
    const around = aroundStack({ checkout: join(__dirname, ".."), stack: settings.stack, env: process.env, secrets: settings.secrets });
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
