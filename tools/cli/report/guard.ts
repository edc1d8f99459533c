import type { Settings } from "../../../infra/settings";
import type { DataRisk } from "./data";

/** Which data may be left behind. Development may lose anything: nothing is guarded there, unless it is protected. */
export type Guard = Pick<Settings, "stack" | "environment" | "protect" | "retired">;

export interface Guarded {
    /** Why nothing is done, one text for each thing that would be lost; with what to do, by mistake or on purpose. */
    readonly refused: readonly string[];
    /** Keys of `quai:retired` that an update makes use of. */
    readonly retired: readonly string[];
}

const DAYS = 7;
const DAY = 86_400_000;

/** What an update may not do to data of production, before anything is touched (R48). */
export function guarded(risks: readonly DataRisk[], guard: Guard, now: Date): Guarded {
    if (guard.environment !== "production" && !guard.protect) return { refused: [], retired: [] };
    const open = (key: string) => {
        const until = guard.retired[key];
        return until !== undefined && now.getTime() < Date.parse(until) + DAY;
    };
    return {
        refused: risks.filter(({ key }) => !open(key)).map((risk) => refusal(risk, guard, now)),
        retired: risks.filter(({ key }) => open(key)).map(({ key }) => key),
    };
}

function refusal({ key, what, why }: DataRisk, { stack, retired }: Guard, now: Date): string {
    const until = new Date(now.getTime() + DAYS * DAY).toISOString().slice(0, 10);
    const former = retired[key] === undefined ? "" : ` (quai:retired allowed it until ${retired[key]})`;
    return `${what} (${why})${former}. Take the change back; or, to do it on purpose, write into Pulumi.${stack}.yaml: quai:retired: { ${JSON.stringify(key)}: ${until} }`;
}

/** The engine's own words for a volume that it may not delete or replace. */
const PROTECTED = /resource "(urn:[^"]+)"\s+(?:cannot be deleted\s+because it is protected|as it is currently marked for protection)/;

/** The URN that an error of the engine's is about, where protection is the reason. */
export function protectedUrn(error: string): string | undefined {
    return PROTECTED.exec(error)?.[1];
}
