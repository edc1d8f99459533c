import { hash } from "bcryptjs";
import type { CheckFailure, Properties, ResourceHandler } from "../kit/types";
import { keptValue } from "./kept";
import { randomText, type TextSettings } from "./text";

const BCRYPT_COST = 10;
const MINIMUMS = ["minUpper", "minLower", "minNumeric", "minSpecial"] as const;
const CLASSES = ["upper", "lower", "numeric", "special"] as const;

/** A password: like a string, but secret, and with its bcrypt hash. */
export const randomPassword: ResourceHandler = keptValue({
    settings: textSettings,
    check: checkText,
    async make(inputs) {
        const result = randomText(toSettings(inputs));
        return { id: "none", outputs: { result, bcryptHash: await bcrypt(result) } };
    },
    async restore(id) {
        const inputs = { length: [...id].length };
        return { id: "none", inputs, outputs: { ...textSettings(inputs), result: id, bcryptHash: await bcrypt(id) } };
    },
});

export const randomString: ResourceHandler = keptValue({
    settings: textSettings,
    check: checkText,
    make(inputs) {
        const result = randomText(toSettings(inputs));
        return { id: result, outputs: { result } };
    },
    restore(id) {
        const inputs = { length: [...id].length };
        return { id, inputs, outputs: { ...textSettings(inputs), result: id } };
    },
});

function textSettings(inputs: Properties): Properties {
    // `number` is the old name of `numeric`; both are always given back.
    const numeric = inputs["numeric"] ?? inputs["number"] ?? true;
    const minimums = Object.fromEntries(MINIMUMS.map((name) => [name, 0]));
    return { ...minimums, lower: true, special: true, upper: true, ...inputs, numeric, number: numeric };
}

function checkText(given: Properties): CheckFailure[] {
    const inputs = textSettings(given);
    const failures: CheckFailure[] = [];
    const fail = (property: string, reason: string): unknown => failures.push({ property, reason });
    if (given["number"] !== undefined && given["numeric"] !== undefined && given["number"] !== given["numeric"]) {
        fail("number", 'contradicts "numeric"; it is the old name of the same setting: leave it out');
    }
    for (const name of MINIMUMS) {
        if (isNumber(inputs[name]) && inputs[name] < 0) fail(name, `must not be negative (got ${inputs[name]})`);
    }
    const length = inputs["length"];
    if (isNumber(length) && length < 1) fail("length", `must be at least 1 (got ${length})`);
    const least = MINIMUMS.map((name) => inputs[name]);
    if (isNumber(length) && least.every(isNumber)) {
        const sum = least.reduce((total, value) => total + value, 0);
        if (length >= 1 && length < sum) fail("length", `must be at least ${sum}, the sum of ${MINIMUMS.join(", ")} (got ${length})`);
    }
    if (CLASSES.every((name) => inputs[name] === false))
        fail("special", `no characters left to choose from: at least one of ${CLASSES.join(", ")} must be true`);
    return failures;
}

function isNumber(value: unknown): value is number {
    return typeof value === "number";
}

function toSettings(inputs: Properties): TextSettings {
    const number = (name: string): number => (isNumber(inputs[name]) ? inputs[name] : 0);
    const special = inputs["overrideSpecial"];
    return {
        length: number("length"),
        upper: inputs["upper"] === true,
        lower: inputs["lower"] === true,
        numeric: inputs["numeric"] === true,
        special: inputs["special"] === true,
        minUpper: number("minUpper"),
        minLower: number("minLower"),
        minNumeric: number("minNumeric"),
        minSpecial: number("minSpecial"),
        overrideSpecial: typeof special === "string" ? special : undefined,
    };
}

/** bcrypt, and so this, looks at the first 72 bytes only. */
async function bcrypt(password: string): Promise<string> {
    return hash(password, BCRYPT_COST);
}
