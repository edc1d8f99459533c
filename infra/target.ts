import { DockerTarget } from "../components/targets";
import { sshConnection } from "../components/targets/ssh";
import type { StackSettings } from "./settings/read";

/** The target that the settings describe. @throws Error when this version can't realize it. */
export function makeTarget({ settings, secrets }: StackSettings): DockerTarget {
    switch (settings.target.kind) {
        case "docker": {
            const { host, hostKey, identityFile } = settings.target;
            return new DockerTarget("host", {
                stack: settings.stackId,
                ssh: host === undefined ? undefined : sshConnection(host, hostKey, identityFile),
                imageMirror: settings.imageMirror,
                registries: Object.entries(settings.registries).map(([address, registry]) => ({
                    address,
                    username: registry.username,
                    password: passwordOf(registry.passwordSecret, secrets, address),
                })),
                running: settings.running,
                protect: settings.protect,
                logs: settings.logs,
            });
        }
        case "aws":
            throw new Error('quai:target.kind: "aws" is not available in this version; use { kind: docker }');
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
