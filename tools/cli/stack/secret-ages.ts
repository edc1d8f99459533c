import type { SecretAge } from "../../../policies";
import { kindOf } from "../../../policies/secret-age";
import type { StackState } from "./state";

const PAIR = "tls:index/privateKey:PrivateKey";

/**
 * Ages of the generated secrets: by the date of their rotation, else by the day on which the state says they were made. undefined: it isn't there yet.
 */
export function secretAges(
    outputs: Readonly<Record<string, unknown>>,
    state: StackState,
): readonly (Omit<SecretAge, "rotatedOn"> & { readonly rotatedOn: string | undefined })[] {
    const secrets = Array.isArray(outputs["secrets"]) ? (outputs["secrets"] as { name: string; rotatedOn?: string }[]) : [];
    return secrets.map(({ name, rotatedOn }) => {
        const made = state.resources.find(({ urn, created }) => created !== undefined && new RegExp(`::${name}-[0-9.-]+$`).test(urn));
        const date = (rotatedOn ?? made?.created)?.slice(0, 10);
        const kind = made?.type === PAIR ? "signing" : kindOf(name);
        return { name, kind, rotatedOn: date };
    });
}
