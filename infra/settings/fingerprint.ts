import { scryptSync } from "node:crypto";

/**
 * A short version of a secret from outside, which changes when the value does: 8 hexadecimal digits.
 *
 * It becomes part of names and labels that anyone with access to the host or the state can read, so it must not help to guess the
 * value. A plain hash would: billions of candidates a second could be compared with it. This one costs a guesser some 50 ms and
 * 16 MiB each, has the stack's and the secret's names as its salt (the same password in two places doesn't show, no table can be
 * prepared), and is so short that many candidates fit. A key of the stack's own, where there is one, rules out guessing altogether.
 */
export function secretVersion(value: string, stackId: string, name: string, key = ""): string {
    const salt = ["quai secret version 1", stackId, name, key].map((part) => `${Buffer.byteLength(part)}:${part}`).join("");
    return scryptSync(value, salt, 4, { N: 2 ** 14, r: 8, p: 1 }).toString("hex");
}
