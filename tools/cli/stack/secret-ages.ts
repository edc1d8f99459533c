import { AUTHORITY } from "../../../components/secrets-bundle/versions";
import type { SecretAge } from "../../../policies";
import { ageInDays, kindOf, SECRET_DAYS } from "../../../policies/secret-age";
import type { SecretAgeFact } from "../report/report";
import type { StackState } from "./state";
import { outputsOf } from "./state";

const PAIR = "tls:index/privateKey:PrivateKey";
/** What stands in the state for a value from outside, named by its fingerprint (components/secrets-bundle). */
const GIVEN = /^(.+)-[0-9a-f]{8}$/;

/** The first key of the stack's own authority; each component that shows a certificate has one of that age (components/internal/certificates.ts). */
const AUTHORITY_KEY = /::[a-z0-9-]+-ca-key$/;

type Aged = Omit<SecretAge, "rotatedOn"> & { readonly rotatedOn: string | undefined };

/**
 * Ages of the secrets. Generated ones: by the date of their rotation, else by the day on which the state says they were made; undefined: it isn't there yet.
 * Given ones: by the day on which the value that is deployed came.
 */
export function secretAges(outputs: Readonly<Record<string, unknown>>, state: StackState): readonly Aged[] {
    const secrets = Array.isArray(outputs["secrets"]) ? (outputs["secrets"] as { name: string; rotatedOn?: string }[]) : [];
    const generated = secrets.map(({ name, rotatedOn }): Aged => {
        const pattern = name === AUTHORITY ? AUTHORITY_KEY : new RegExp(`::${name}-[0-9.-]+$`);
        const made = state.resources.find(({ urn, created }) => created !== undefined && pattern.test(urn));
        const date = (rotatedOn ?? made?.created)?.slice(0, 10);
        return { name, kind: made?.type === PAIR ? "signing" : kindOf(name), rotatedOn: date };
    });
    return [...generated, ...givenAges(state)];
}

function givenAges({ resources }: StackState): readonly Aged[] {
    const newest = new Map<string, string>();
    for (const { urn, created } of resources.filter(({ type }) => type === "quai:index:GivenValue")) {
        const name = GIVEN.exec(urn.slice(urn.lastIndexOf("::") + 2))?.[1];
        // While an update takes its course, and after one that failed, the former stands there, too.
        if (name !== undefined && created !== undefined && created > (newest.get(name) ?? "")) newest.set(name, created);
    }
    return [...newest].map(([name, created]) => ({ name, kind: kindOf(name), given: true, rotatedOn: created.slice(0, 10) }));
}

/** The same for people, by name. */
export function ageFacts(state: StackState | undefined, now: Date): readonly SecretAgeFact[] {
    const known = state === undefined ? [] : secretAges(outputsOf(state), state);
    return known
        .map(({ name, kind, rotatedOn = now.toISOString().slice(0, 10) }) => {
            return { name, rotatedOn, ageDays: Math.max(0, ageInDays(rotatedOn, now)), limitDays: SECRET_DAYS[kind] };
        })
        .sort((a, b) => (a.name < b.name ? -1 : 1));
}
