import { pathText, type Settings } from "../infra/settings";
import type { Policy } from "./policy";

/** Names and addresses set aside for documentation (RFC 2606, RFC 5737). */
const PLACEHOLDER =
    /(?:^|[^a-z0-9-])(?:example\.(?:com|org|net)|[a-z0-9-]+\.example|192\.0\.2\.\d+|198\.51\.100\.\d+|203\.0\.113\.\d+)(?![a-z0-9-]|\.[a-z0-9])/i;

function named({ domain, aliases, tls, target, images, imageMirror, registries, backup }: Settings): [string, string | undefined][] {
    return [
        [pathText(["target", "host"]), target.kind === "docker" ? target.host : undefined],
        [pathText(["domain"]), domain],
        ...aliases.map((alias, i): [string, string] => [pathText(["aliases", i]), alias]),
        [pathText(["tls", "email"]), tls.email],
        ...Object.entries(images).map(([name, image]): [string, string] => [
            pathText(["images", name]),
            typeof image === "string" ? image : "",
        ]),
        [pathText(["imageMirror"]), typeof imageMirror === "string" ? imageMirror : undefined],
        ...Object.keys(registries).map((host): [string, string] => [pathText(["registries", host]), host]),
        [pathText(["backup", "offsite", "repository"]), backup ? backup.offsite?.repository : undefined],
    ];
}

export const realNames: Policy = {
    id: "real-names",
    why: "A name or address of the examples belongs to nobody: no certificate is issued for it, no mail arrives, no backup is kept.",
    fix: "write your own",
    check: (settings) =>
        named(settings).flatMap(([path, value]) =>
            value && PLACEHOLDER.test(value) ? [`${path}: ${value} is a placeholder of the examples`] : [],
        ),
};
