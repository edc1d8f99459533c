import { randomBytes } from "node:crypto";

/** A whole number from `min` to `max`, both included, each as likely as any other. */
export function randomBetween(min: number, max: number): number {
    const size = BigInt(max) - BigInt(min) + 1n;
    const bytes = Math.ceil(size.toString(2).length / 8);
    const ceiling = 1n << BigInt(bytes * 8);
    // Draws above the last whole multiple of the size would favour the low numbers.
    const limit = ceiling - (ceiling % size);
    for (;;) {
        const draw = BigInt(`0x${randomBytes(bytes).toString("hex")}`);
        if (draw < limit) return Number(BigInt(min) + (draw % size));
    }
}
