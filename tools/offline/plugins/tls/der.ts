/**
 * The little of ASN.1's distinguished encoding (X.690) that certificates need. node can sign and export keys but not build
 * certificates; WebCrypto, on which the libraries for that stand, has no P-224.
 */

export const TAG = {
    boolean: 0x01,
    integer: 0x02,
    bitString: 0x03,
    octetString: 0x04,
    oid: 0x06,
    utf8String: 0x0c,
    printableString: 0x13,
    ia5String: 0x16,
    utcTime: 0x17,
    generalizedTime: 0x18,
    sequence: 0x30,
    set: 0x31,
} as const;

export function der(tag: number, ...contents: readonly Buffer[]): Buffer {
    const content = Buffer.concat(contents);
    return Buffer.concat([Buffer.from([tag]), length(content.length), content]);
}

function length(count: number): Buffer {
    if (count < 0x80) return Buffer.from([count]);
    const bytes: number[] = [];
    for (let rest = count; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
    return Buffer.from([0x80 | bytes.length, ...bytes]);
}

export function sequence(...items: readonly Buffer[]): Buffer {
    return der(TAG.sequence, ...items);
}

/** The encodings of a set stand in order. */
export function setOf(...items: readonly Buffer[]): Buffer {
    return der(TAG.set, ...[...items].sort((a, b) => Buffer.compare(a, b)));
}

/** `[number]`, around whole values (constructed) or in place of a value's own tag (primitive). */
export function tagged(number: number, content: Buffer, constructed: boolean): Buffer {
    return der((constructed ? 0xa0 : 0x80) | number, content);
}

/** A non-negative whole number, from its bytes. */
export function integer(bytes: Buffer): Buffer {
    let start = 0;
    while (start < bytes.length - 1 && bytes[start] === 0) start++;
    const magnitude = bytes.subarray(start);
    return der(TAG.integer, ((magnitude[0] ?? 0) & 0x80) === 0 ? magnitude : Buffer.concat([Buffer.from([0]), magnitude]));
}

export function smallInteger(value: number): Buffer {
    const hex = value.toString(16);
    return integer(Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex"));
}

export function boolean(value: boolean): Buffer {
    return der(TAG.boolean, Buffer.from([value ? 0xff : 0]));
}

export function octetString(content: Buffer): Buffer {
    return der(TAG.octetString, content);
}

export function bitString(content: Buffer, unusedBits = 0): Buffer {
    return der(TAG.bitString, Buffer.from([unusedBits]), content);
}

export function oid(dotted: string): Buffer {
    const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
    return der(TAG.oid, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

function base128(value: number): number[] {
    const digits = [value % 128];
    for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) digits.unshift((rest % 128) | 0x80);
    return digits;
}

/** Text in the narrowest type that holds it. */
export function text(value: string): Buffer {
    const printable = /^[A-Za-z0-9 '()+,\-./:=?]*$/.test(value);
    return der(printable ? TAG.printableString : TAG.utf8String, Buffer.from(value, "utf8"));
}

export function ia5(value: string): Buffer {
    return der(TAG.ia5String, Buffer.from(value, "latin1"));
}

/** Seconds are kept, fractions are not. From 2050 on the longer form is due. */
export function time(date: Date): Buffer {
    const digits = date
        .toISOString()
        .replace(/\.\d+Z$/, "Z")
        .replace(/[-:T]/g, "");
    return date.getUTCFullYear() < 2050 ? der(TAG.utcTime, Buffer.from(digits.slice(2))) : der(TAG.generalizedTime, Buffer.from(digits));
}

/** One value, taken apart. */
export interface Node {
    readonly tag: number;
    /** With its tag and length. */
    readonly raw: Buffer;
    readonly content: Buffer;
}

/** @throws Error where the bytes are cut off or malformed. */
export function parse(bytes: Buffer): Node {
    const [node] = parseAll(bytes);
    if (node === undefined) throw new Error("malformed: empty");
    return node;
}

/** The values that stand one after another. */
export function parseAll(bytes: Buffer): Node[] {
    const nodes: Node[] = [];
    for (let at = 0; at < bytes.length;) {
        const tag = bytes[at] ?? 0;
        const first = bytes[at + 1] ?? 0;
        const extra = first < 0x80 ? 0 : first & 0x7f;
        if (extra > 4) throw new Error("malformed: length");
        const size = extra === 0 ? first : bytes.readUIntBE(at + 2, extra);
        const start = at + 2 + extra;
        if (start + size > bytes.length) throw new Error("malformed: cut off");
        nodes.push({ tag, raw: bytes.subarray(at, start + size), content: bytes.subarray(start, start + size) });
        at = start + size;
    }
    return nodes;
}

export function pem(label: string, content: Buffer): string {
    const lines = content.toString("base64").match(/.{1,64}/g) ?? [];
    return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}

/** @throws Error where the text holds no block of that label. */
export function fromPem(label: string, value: string): Buffer {
    const match = new RegExp(`-----BEGIN ${label}-----([A-Za-z0-9+/=\\s]+)-----END ${label}-----`).exec(value);
    if (match?.[1] === undefined) throw new Error(`must be in PEM, with a block "-----BEGIN ${label}-----"`);
    return Buffer.from(match[1], "base64");
}
