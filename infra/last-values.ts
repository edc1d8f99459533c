import * as pulumi from "@pulumi/pulumi";
import type { Instead } from "./settings/outside";
import { isMapping } from "./settings/problems";
import { withoutSecrets } from "./settings/without-secrets";

/** Long enough for every rule; no preview shows it, and no update takes it. */
const STANDS_IN = withoutSecrets({ secure: "" }) as string;

/** The secrets that the last update read elsewhere, out of the state of this very stack. Empty: there was none. */
export async function lastValues(): Promise<Readonly<Record<string, string>>> {
    const values = await lastOutput("outside");
    return isMapping(values) ? (values as Readonly<Record<string, string>>) : {};
}

/** Names of the jobs that have run once and for all. Empty: there was no update yet, or none has. */
export async function lastOnce(): Promise<readonly string[]> {
    const names = await lastOutput("once");
    return Array.isArray(names) ? names.map(String) : [];
}

/** Groups of logs on AWS, by logical name. Empty: there was no update yet, or none that said so. */
export async function lastLogs(): Promise<Readonly<Record<string, string>>> {
    const names = await lastOutput("logs");
    return isMapping(names) ? (names as Readonly<Record<string, string>>) : {};
}

async function lastOutput(output: string): Promise<unknown> {
    const name = `${pulumi.getOrganization()}/${pulumi.getProject()}/${pulumi.getStack()}`;
    const details: { readonly value?: unknown; readonly secretValue?: unknown } = await new pulumi.StackReference(`last ${output}`, {
        name,
    }).getOutputDetails(output);
    return details.secretValue ?? details.value;
}

/** Each says what it does. */
export function insteadOf(last: Readonly<Record<string, string>>): { readonly inPreview: Instead; readonly whileStopped: Instead } {
    const told = (problem: string, what: string) => void pulumi.log.warn(`${problem}. ${what}`);
    return {
        inPreview: ({ path, problem }) => {
            const known = last[path];
            told(
                problem,
                known === undefined
                    ? "No update has read it yet: this preview goes by something else in its place. The update needs it."
                    : "This preview goes by the value of the last update, so it can't say whether it has changed. The update needs it.",
            );
            return known ?? STANDS_IN;
        },
        whileStopped: ({ path, problem }) => {
            const known = last[path];
            if (known !== undefined) told(problem, "The application is stopped, so the value of the last update is kept.");
            return known;
        },
    };
}
