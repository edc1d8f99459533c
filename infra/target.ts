import * as pulumi from "@pulumi/pulumi";
import { DockerHost } from "../components/docker-host";
import { lazily } from "../components/internal/lazily";
import type { Target } from "../components/targets";
import { DockerTarget } from "../components/targets";
import { hostOf, sshOf } from "./host";
import { type Settings, setCommand } from "./settings";
import type { StackSettings } from "./settings/read";

/** The machine, where quai prepares it. */
export function makeHost(settings: Settings): DockerHost | undefined {
    const spec = hostOf(settings);
    return spec === undefined ? undefined : new DockerHost("machine", spec);
}

/** The target that the settings describe. */
export function makeTarget({ settings, secrets }: StackSettings): Target {
    const { target } = settings;
    const common = {
        stack: settings.stackId,
        imageMirror: settings.imageMirror,
        registries: Object.entries(settings.registries).map(([address, registry]) => ({
            address,
            username: registry.username,
            password: passwordOf(registry.passwordSecret, secrets, address),
        })),
        running: settings.running,
        protect: settings.protect,
    };
    switch (target.kind) {
        case "docker": {
            return new DockerTarget("host", { ...common, ssh: sshOf(settings), logs: settings.logs, prepared: makeHost(settings) });
        }
        case "aws": {
            const { AwsTarget } = lazily<typeof import("../components/targets/aws-target")>(module, "../components/targets/aws-target");
            const { kind: _, ...options } = target;
            const scheduled = Object.values(settings.custom?.jobs ?? {}).some(({ cron }) => cron !== undefined);
            const eventsTell = scheduled || settings.backup !== false;
            return new AwsTarget("account", { ...common, options, production: settings.environment === "production", eventsTell });
        }
    }
}

function passwordOf(name: string, secrets: StackSettings["secrets"], address: string) {
    const secret = secrets[name];
    if (secret === undefined) {
        throw new Error(
            `quai:registries["${address}"].passwordSecret: names no entry of quai:secrets; add it with \`${setCommand("<name>", pulumi.getStack())}\` (value not shown)`,
        );
    }
    return secret.value;
}
