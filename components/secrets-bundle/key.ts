import { hkdfSync } from "node:crypto";

/** Letters of both cases and digits: log2(62), rounded down. */
const BITS_PER_CHARACTER = 5.95;

/** Characters of a text with at least as much randomness as so many bytes. */
export function seedLength(bytes: number): number {
    return Math.ceil((bytes * 8) / BITS_PER_CHARACTER);
}

/** So many bytes from a text with at least as much randomness (HKDF, RFC 5869). */
export function keyFrom(seed: string, bytes: number): Buffer {
    return Buffer.from(hkdfSync("sha512", seed, "", "quai key", bytes));
}

const ENCODINGS = ["hex", "base64", "base64url"] as const;

/** Whether a text is a key that was made of this seed, however it is written. */
export function isKeyFrom(seed: string, text: string): boolean {
    return ENCODINGS.some((encoding) => {
        const { length } = Buffer.from(text, encoding);
        return length > 0 && keyFrom(seed, length).toString(encoding) === text;
    });
}
