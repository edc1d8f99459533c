import { lazily } from "../components/internal/lazily";
import type { Target } from "../components/targets";
import { DockerTarget } from "../components/targets";
import { sshConnection } from "../components/targets/ssh";
import type { StackSettings } from "./settings/read";

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
            const { host, hostKey, identityFile } = target;
            const ssh = host === undefined ? undefined : sshConnection(host, hostKey, identityFile);
            return new DockerTarget("host", { ...common, ssh, logs: settings.logs });
        }
        case "aws": {
            const { AwsTarget } = lazily<typeof import("../components/targets/aws-target")>(module, "../components/targets/aws-target");
            const { kind: _, ...options } = target;
            return new AwsTarget("account", { ...common, options, production: settings.environment === "production" });
        }
    }
}

function passwordOf(name: string, secrets: StackSettings["secrets"], address: string) {
    const secret = secrets[name];
    if (secret === undefined) {
        throw new Error(
            `quai:registries["${address}"].passwordSecret: no such secret (got ${JSON.stringify(name)}); set it with: pulumi config set --secret --path 'quai:secrets.${name}'`,
        );
    }
    return secret.value;
}
