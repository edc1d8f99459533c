import type { GivenSettings } from "../../../infra/settings";
import type { Session } from "./session";
import { secretAges } from "./secret-ages";
import { ageInDays, kindOf, SECRET_DAYS } from "../../../policies/secret-age";
import { isIdentifier } from "../../../policies/strong-secrets";
import type { StackState, StateResource } from "./state";
import { outputsOf } from "./state";

/** A secret as people may see it: never its value. */
export interface SecretRow {
    readonly name: string;
    /** `generated`, `key pair`, or `given` from outside. */
    readonly kind: "generated" | "key pair" | "given";
    /** Of one that is given and doesn't stand in the stack file: where it is read. */
    readonly from?: string;
    /** YYYY-MM-DD; of one that is given, the day on which an update first brought this value; null: it isn't deployed. */
    readonly rotatedOn: string | null;
    readonly ageDays: number | null;
    /** Days after which production asks for a new one; null: it is a name or number rather than a secret. */
    readonly limitDays: number | null;
    /** Services, jobs and parts of the stack that read it, by what the state says they depend on. */
    readonly users: readonly string[];
}

export function secretRows({ settings }: Pick<Session, "settings">, state: StackState, now: Date): readonly SecretRow[] {
    const users = usersOf(state);
    const ages = secretAges(outputsOf(state), state);
    const age = (date: string | null) => (date === null ? null : Math.max(0, ageInDays(date, now)));
    const generated = ages
        .filter(({ given }) => given !== true)
        .map(({ name, kind, rotatedOn = null }): SecretRow => {
            const made = resourceOf(state, name);
            return {
                name,
                kind: made?.type === PAIR ? "key pair" : "generated",
                rotatedOn,
                ageDays: age(rotatedOn),
                limitDays: SECRET_DAYS[kind],
                users: users(made?.urn),
            };
        });
    const given = Object.entries(settings.secrets).map(([name, written]): SecretRow => {
        const readers = settings.custom === undefined ? [] : mentions(settings.custom, name);
        const known = ages.find((each) => each.given === true && each.name === name);
        const rotatedOn = known?.rotatedOn ?? null;
        const limitDays = isIdentifier(settings, name) ? null : SECRET_DAYS[kindOf(name)];
        return {
            ...{ name, kind: "given", ...sourceOf(written), rotatedOn, ageDays: age(rotatedOn), limitDays },
            users: [...readers, ...ownUses(settings, name)],
        };
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

function sourceOf(given: string | GivenSettings): Pick<SecretRow, "from"> {
    if (typeof given === "string") return {};
    if (given.environment !== undefined) return { from: `variable ${given.environment}` };
    return given.command === undefined ? {} : { from: `command ${given.command.join(" ")}` };
}

/** Services and jobs of a description that name the secret. */
function mentions({ services, jobs }: NonNullable<Session["settings"]["custom"]>, name: string): string[] {
    const uses = (part: unknown) => new RegExp(`(secrets|former)\\.${name}\\b`).test(JSON.stringify(part));
    return [...Object.entries(services), ...Object.entries(jobs)].flatMap(([key, part]) => (uses(part) ? [key] : []));
}

function ownUses({ registries, backup }: Session["settings"], name: string): string[] {
    const logins = Object.values(registries).some(({ passwordSecret }) => passwordSecret === name);
    const copy = Object.values((backup && backup.offsite?.environment) || {}).includes(name);
    return [...(logins ? ["registry"] : []), ...(copy ? ["backup"] : [])];
}
