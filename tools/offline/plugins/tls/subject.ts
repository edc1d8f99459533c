import { isIP } from "node:net";
import type { CheckFailure, Properties } from "../kit/types";
import { isObject } from "../kit/values";
import { ia5, oid, sequence, setOf, tagged, text } from "./der";

/** Parts of a distinguished name, in the order in which they are written. */
const PARTS: readonly (readonly [string, string])[] = [
    ["country", "2.5.4.6"],
    ["organization", "2.5.4.10"],
    ["organizationalUnit", "2.5.4.11"],
    ["locality", "2.5.4.7"],
    ["province", "2.5.4.8"],
    ["streetAddresses", "2.5.4.9"],
    ["postalCode", "2.5.4.17"],
    ["commonName", "2.5.4.3"],
    ["serialNumber", "2.5.4.5"],
];
const EMAIL = "1.2.840.113549.1.9.1";

/** The distinguished name of the `subject` given; empty where there is none. */
export function subjectName(inputs: Properties): Buffer {
    const subject = isObject(inputs["subject"]) ? inputs["subject"] : {};
    const parts = PARTS.flatMap(([name, id]) => {
        const values = strings(subject[name]);
        return values.length === 0 ? [] : [setOf(...values.map((value) => sequence(oid(id), text(value))))];
    });
    const email = strings(subject["emailAddress"]).map((value) => setOf(sequence(oid(EMAIL), ia5(value))));
    return sequence(...parts, ...email);
}

/** The names a certificate is for (GeneralNames); undefined where none is given. */
export function alternativeNames(inputs: Properties): Buffer | undefined {
    const names = [
        ...strings(inputs["dnsNames"]).map((name) => tagged(2, Buffer.from(name, "latin1"), false)),
        ...strings(inputs["ipAddresses"]).map((address) => tagged(7, addressBytes(address), false)),
        ...strings(inputs["uris"]).map((uri) => tagged(6, Buffer.from(uri, "latin1"), false)),
    ];
    return names.length === 0 ? undefined : sequence(...names);
}

export function checkNames(inputs: Properties): CheckFailure[] {
    return [
        ...each(inputs, "dnsNames", "must be a DNS name in ASCII, without spaces", (name) => /^[!-~]+$/.test(name)),
        ...each(inputs, "ipAddresses", "must be an IP address", (address) => isIP(address) !== 0 && !address.includes("%")),
        ...each(inputs, "uris", "must be a URI in ASCII", (uri) => /^[!-~]+$/.test(uri) && URL.canParse(uri)),
    ];
}

function each(inputs: Properties, property: string, rule: string, holds: (value: string) => boolean): CheckFailure[] {
    const values = inputs[property];
    if (!Array.isArray(values)) return [];
    return values.flatMap((value: unknown, index): CheckFailure[] =>
        typeof value !== "string" || holds(value)
            ? []
            : [{ property: `${property}[${index}]`, reason: `${rule} (got ${JSON.stringify(value)})` }],
    );
}

export function strings(value: unknown): string[] {
    if (typeof value === "string") return [value];
    return Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : [];
}

/** Four or sixteen bytes. */
function addressBytes(address: string): Buffer {
    if (isIP(address) === 4) return Buffer.from(address.split(".").map(Number));
    // The URL parser writes every form of an IPv6 address, also one that ends in dotted decimals, as hexadecimal groups.
    const groups = new URL(`http://[${address}]/`).hostname
        .slice(1, -1)
        .split("::")
        .map((half) => half.split(":").filter(Boolean));
    const [before = [], after = []] = groups;
    const zeros = Array.from({ length: 8 - before.length - after.length }, () => "0");
    return Buffer.from([...before, ...zeros, ...after].map((group) => group.padStart(4, "0")).join(""), "hex");
}
