import type { Session } from "./session";
import { secretAges } from "./secret-ages";
import { ageInDays, SECRET_DAYS } from "../../../policies/secret-age";
import type { StackState, StateResource } from "./state";
import { outputsOf } from "./state";

/** A secret as people may see it: never its value. */
export interface SecretRow {
    readonly name: string;
    /** `generated`, `key pair`, or `given` from outside. */
    readonly kind: "generated" | "key pair" | "given";
    /** YYYY-MM-DD; null: nobody knows, as of one that is given. */
    readonly rotatedOn: string | null;
    readonly ageDays: number | null;
    /** Days after which production asks for a new one; null: as often as whoever gives it says. */
    readonly limitDays: number | null;
    /** Services, jobs and parts of the stack that read it, by what the state says they depend on. */
    readonly users: readonly string[];
}

export function secretRows({ settings }: Pick<Session, "settings">, state: StackState, now: Date): readonly SecretRow[] {
    const users = usersOf(state);
    const generated = secretAges(outputsOf(state), state).map(({ name, kind, rotatedOn = null }): SecretRow => {
        const made = resourceOf(state, name);
        return {
            name,
            kind: made?.type === PAIR ? "key pair" : "generated",
            rotatedOn,
            ageDays: rotatedOn === null ? null : Math.max(0, ageInDays(rotatedOn, now)),
            limitDays: SECRET_DAYS[kind],
            users: users(made?.urn),
        };
    });
    const given = Object.keys(settings.secrets).map((name): SecretRow => {
        const readers = settings.custom === undefined ? [] : mentions(settings.custom, name);
        return { name, kind: "given", rotatedOn: null, ageDays: null, limitDays: null, users: [...readers, ...ownUses(settings, name)] };
    });
    return [...generated, ...given].sort((a, b) => (a.name < b.name ? -1 : 1));
}

const PAIR = "tls:index/privateKey:PrivateKey";

/** The resource that holds a generated secret: of several, the one that was made last. */
export function resourceOf(state: StackState, name: string): StateResource | undefined {
    return state.resources
        .filter(({ urn }) => new RegExp(`SecretsBundle\\$[^:]*:[^:]*:[^:]*::${name}-[0-9.-]+$`).test(urn))
        .sort((a, b) => (b.created ?? "").localeCompare(a.created ?? ""))[0];
}

/** Steps write secrets into the files of one service each; their names say whose (`api-secrets-3fa9c1d2`, `redis-files-…`). */
const READERS: readonly RegExp[] = [/::([a-z0-9-]+)-(?:secrets|files)-[0-9a-f]{8}$/, /::([a-z]+)-login-/];

function usersOf({ resources }: StackState): (urn: string | undefined) => readonly string[] {
    return (urn) => {
        if (urn === undefined) return [];
        const names = resources
            .filter(({ dependencies = [] }) => dependencies.includes(urn))
            .flatMap((resource) => READERS.flatMap((pattern) => pattern.exec(resource.urn)?.[1] ?? []));
        return [...new Set(names)].sort();
    };
}

/** Services and jobs of a description that name the secret. */
function mentions({ services, jobs }: NonNullable<Session["settings"]["custom"]>, name: string): string[] {
    const uses = (part: unknown) => new RegExp(`secrets\\.${name}\\b`).test(JSON.stringify(part));
    return [...Object.entries(services), ...Object.entries(jobs)].flatMap(([key, part]) => (uses(part) ? [key] : []));
}

function ownUses({ registries, backup }: Session["settings"], name: string): string[] {
    const logins = Object.values(registries).some(({ passwordSecret }) => passwordSecret === name);
    const copy = Object.values((backup && backup.offsite?.environment) || {}).includes(name);
    return [...(logins ? ["registry"] : []), ...(copy ? ["backup"] : [])];
}
