import { randomBytes as bytesOf, randomUUID } from "node:crypto";
import type { CheckFailure, Properties, ResourceHandler } from "../kit/types";
import { keptValue } from "./kept";
import { randomBetween } from "./integer";

export const randomBytes: ResourceHandler = keptValue({
    check: (inputs) => atLeastOne("length", inputs),
    make(inputs) {
        const bytes = bytesOf(Number(inputs["length"]));
        // The value itself must not be the id: ids are never encrypted.
        return { id: "none", outputs: { base64: bytes.toString("base64"), hex: bytes.toString("hex") } };
    },
    restore(id) {
        const bytes = Buffer.from(id, "base64");
        if (bytes.length === 0 || bytes.toString("base64") !== id) throw new Error("the id to import must be the bytes in base64");
        const inputs = { length: bytes.length };
        return { id: "none", inputs, outputs: { ...inputs, base64: id, hex: bytes.toString("hex") } };
    },
});

export const randomId: ResourceHandler = keptValue({
    check: (inputs) => atLeastOne("byteLength", inputs),
    make(inputs) {
        const bytes = bytesOf(Number(inputs["byteLength"]));
        return { id: bytes.toString("base64url"), outputs: idForms(bytes, inputs["prefix"]) };
    },
    restore(id) {
        const comma = id.lastIndexOf(",");
        const [prefix, value] = comma < 0 ? [undefined, id] : [id.slice(0, comma), id.slice(comma + 1)];
        const bytes = Buffer.from(value, "base64url");
        if (bytes.length === 0 || bytes.toString("base64url") !== value)
            throw new Error("the id to import must be `base64url` or `prefix,base64url`");
        const inputs = { byteLength: bytes.length, ...(prefix === undefined ? {} : { prefix }) };
        return { id: value, inputs, outputs: { ...inputs, ...idForms(bytes, prefix) } };
    },
});

export const randomUuid: ResourceHandler = keptValue({
    make() {
        const result = randomUUID();
        return { id: result, outputs: { result } };
    },
    restore(id) {
        if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id))
            throw new Error(`the id to import must be a UUID (got ${JSON.stringify(id)})`);
        return { id, inputs: {}, outputs: { result: id.toLowerCase() } };
    },
});

export const randomInteger: ResourceHandler = keptValue({
    check(inputs) {
        const failures: CheckFailure[] = [];
        const { min, max, seed } = inputs;
        if (typeof min === "number" && typeof max === "number" && min > max)
            failures.push({ property: "min", reason: `must not exceed max (got ${min} > ${max})` });
        if (seed !== undefined) {
            failures.push({
                property: "seed",
                reason: "the fallback plugin can't repeat the official generator: leave it out, or install the official plugin",
            });
        }
        return failures;
    },
    make(inputs) {
        const result = randomBetween(Number(inputs["min"]), Number(inputs["max"]));
        return { id: String(result), outputs: { result } };
    },
    restore(id) {
        const parts = id.split(",").map(Number);
        const [result, min, max] = parts;
        if (parts.length !== 3 || !parts.every(Number.isSafeInteger))
            throw new Error(`the id to import must be \`result,min,max\` (got ${JSON.stringify(id)})`);
        return { id: String(result), inputs: { min, max }, outputs: { min, max, result } };
    },
});

function atLeastOne(name: string, inputs: Properties): CheckFailure[] {
    const value = inputs[name];
    return typeof value === "number" && value < 1 ? [{ property: name, reason: `must be at least 1 (got ${value})` }] : [];
}

function idForms(bytes: Buffer, prefix: unknown): Properties {
    const before = typeof prefix === "string" ? prefix : "";
    return {
        b64Url: before + bytes.toString("base64url"),
        b64Std: before + bytes.toString("base64"),
        hex: before + bytes.toString("hex"),
        dec: before + BigInt(`0x${bytes.toString("hex")}`).toString(),
    };
}
