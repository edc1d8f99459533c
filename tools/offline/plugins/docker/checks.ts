import { UNKNOWN, type CheckFailure } from "../kit/types";
import { isRecord, type Values } from "./values";

/** Collects problems of a resource's inputs, each under the path of the property at fault. */
export class Problems {
    readonly found: CheckFailure[] = [];

    add(property: string, reason: string): void {
        this.found.push({ property, reason });
    }

    /** Refuses by name what the facts list but this plugin doesn't do. */
    unsupported(inputs: Values, names: readonly string[], prefix = ""): void {
        for (const name of names.filter((candidate) => isGiven(inputs[candidate]))) {
            this.add(
                `${prefix}${name}`,
                `the offline docker plugin doesn't support ${prefix}${name}; leave it out, or install the official plugin: pulumi plugin install resource docker`,
            );
        }
    }

    pattern(inputs: Values, name: string, pattern: RegExp, wanted: string, prefix = ""): void {
        const value = inputs[name];
        if (typeof value === "string" && value !== "" && !pattern.test(value)) {
            this.add(`${prefix}${name}`, `must be ${wanted} (got ${JSON.stringify(value)})`);
        }
    }

    atLeast(inputs: Values, name: string, least: number, prefix = ""): void {
        const value = inputs[name];
        if (typeof value === "number" && value < least) {
            this.add(`${prefix}${name}`, `must be ${least} or more (got ${value})`);
        }
    }

    /** Every object of a list, with its path ("mounts[0]."). Unknown entries are passed over. */
    each(inputs: Values, name: string, visit: (entry: Values, prefix: string) => void): void {
        const entries = inputs[name];
        if (Array.isArray(entries)) {
            entries.forEach((entry: unknown, index) => {
                if (isRecord(entry)) {
                    visit(entry, `${name}[${index}].`);
                }
            });
        }
    }
}

function isGiven(value: unknown): boolean {
    return value === UNKNOWN || !(value === undefined || value === null || value === "" || (Array.isArray(value) && value.length === 0));
}
