import { pathText, type Settings } from "../infra/settings";
import type { Policy } from "./policy";

/** Every name that a stack answers to, by the setting that says so. */
export function hostNames({ domain, aliases, hosts }: Pick<Settings, "domain" | "aliases" | "hosts">): [string, string][] {
    return [
        [pathText(["domain"]), domain],
        ...aliases.map((alias, i): [string, string] => [pathText(["aliases", i]), alias]),
        ...Object.entries(hosts).map(([name, host]): [string, string] => [pathText(["hosts", name]), host]),
    ];
}

export const ownHost: Policy = {
    id: "own-host",
    why: "Where two environments answer to one name, visitors and their cookies reach whichever was deployed last (R36).",
    fix: "give each environment a name of its own",
    staging: "refuse",
    checkAround: ({ others = [] }, settings) =>
        others.flatMap((other) =>
            hostNames(settings)
                .filter(([, host]) => other.hosts.includes(host))
                .map(([path, host]) => `${path}: ${host} is the name of ${other.stack} (${other.environment}) already`),
        ),
};
