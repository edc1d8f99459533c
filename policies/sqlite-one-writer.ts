import { pathText, type Settings } from "../infra/settings";
import type { Policy } from "./policy";

/** A connection string or engine of SQLite, or a file named like one. */
const SQLITE = /^(?:[a-z+_.]*sqlite3?(?:[:+]|$)|file:.*\.(?:db|sqlite3?)\b|\/\S*\.(?:sqlite3?|db)$)|backends\.sqlite3$/i;

interface Service {
    readonly env: Readonly<Record<string, string>>;
    readonly replicas?: number;
    readonly like?: string;
}

function services(settings: Settings): [string, Service][] {
    const own: Readonly<Record<string, Service>> = settings.custom?.services ?? {};
    const names = [...new Set([...Object.keys(own), ...Object.keys(settings.services)])];
    return names.map((name): [string, Service] => {
        const [described, adjusted] = [own[name], settings.services[name]];
        const like = described?.like === undefined ? undefined : own[described.like];
        return [
            name,
            {
                env: { ...like?.env, ...described?.env, ...adjusted?.env },
                replicas: adjusted?.replicas ?? described?.replicas ?? 1,
            },
        ];
    });
}

export const sqliteOneWriter: Policy = {
    id: "sqlite-one-writer",
    why: "SQLite locks the whole file for each write: several containers wait for each other, fail, and on a network disk destroy it (R37).",
    fix: "keep one replica, or move to PostgreSQL",
    staging: "refuse",
    check: (settings) =>
        services(settings).flatMap(([name, { env, replicas = 1 }]) => {
            const variable = Object.entries(env).find(([, value]) => SQLITE.test(value))?.[0];
            return variable !== undefined && replicas > 1
                ? [`${pathText(["services", name, "replicas"])}: ${replicas} containers would write to one SQLite file (${variable})`]
                : [];
        }),
};
