/** Durations and sizes: text that people write in stack files ("90s", "512m") to plain numbers (seconds, bytes) and back. */

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86400 };
const SIZE_UNITS = ["b", "k", "m", "g", "t"] as const;

/** What `parseDuration` accepts, as a pattern for JSON Schema. */
export const DURATION_PATTERN = "^[0-9]+[smhd]([0-9]+[smhd])*$";
/** What `parseSize` accepts, as a pattern for JSON Schema. */
export const SIZE_PATTERN = "^[0-9]+(\\.[0-9]+)?([bB]|[kKmMgGtT]([iI]?[bB])?)$";

/**
 * Seconds in a duration such as "45s", "5m", "26h", "7d" or "1h30m" (largest unit first, each at most once).
 *
 * @throws RangeError when the text is no duration, or is too long to count in seconds exactly
 */
export function parseDuration(text: string): number {
    const parts = [...text.matchAll(/(\d+)([smhd])/g)];
    const order = parts.map((part) => SECONDS[part[2] ?? ""] ?? 0);
    const descending = order.every((unit, i) => i === 0 || unit < (order[i - 1] ?? 0));
    if (!new RegExp(DURATION_PATTERN).test(text) || !descending) throw new RangeError(`not a duration: "${text}"`);
    const seconds = parts.reduce((sum, part, i) => sum + Number(part[1]) * (order[i] ?? 0), 0);
    if (!Number.isSafeInteger(seconds)) throw new RangeError(`too long a duration: "${text}"`);
    return seconds;
}

/** The shortest text that `parseDuration` reads back as the same number of seconds: 5400 is "1h30m", 0 is "0s". */
export function formatDuration(seconds: number): string {
    if (!Number.isSafeInteger(seconds) || seconds < 0) throw new RangeError(`not a whole number of seconds: ${seconds}`);
    let rest = seconds;
    const parts: string[] = [];
    for (const [unit, length] of Object.entries(SECONDS).sort((a, b) => b[1] - a[1])) {
        const count = Math.floor(rest / length);
        if (count > 0) parts.push(`${count}${unit}`);
        rest -= count * length;
    }
    return parts.join("") || "0s";
}

/**
 * Bytes in a size such as "512m", "1g", "1.5g", "64MiB" or "10b". As for Docker and nginx, k, m, g and t are powers of 1024,
 * whether a "b" or "ib" follows or not.
 *
 * @throws RangeError when the text is no size, has no unit, or isn't a whole number of bytes
 */
export function parseSize(text: string): number {
    const match = /^(\d+(?:\.\d+)?)([bkmgt])(?:i?b)?$/i.exec(text);
    if (!match || !new RegExp(SIZE_PATTERN).test(text)) throw new RangeError(`not a size: "${text}"`);
    const power = SIZE_UNITS.findIndex((unit) => unit === match[2]?.toLowerCase());
    const bytes = Number(match[1]) * 1024 ** power;
    if (!Number.isSafeInteger(bytes)) throw new RangeError(`not a whole number of bytes: "${text}"`);
    return bytes;
}

/** The shortest text that `parseSize` reads back as the same number of bytes, with Docker's units: 1536 MiB is "1536m". */
export function formatSize(bytes: number): string {
    if (!Number.isSafeInteger(bytes) || bytes < 0) throw new RangeError(`not a whole number of bytes: ${bytes}`);
    if (bytes === 0) return "0b";
    let power = 0;
    let count = bytes;
    while (count % 1024 === 0 && power < SIZE_UNITS.length - 1) {
        count /= 1024;
        power += 1;
    }
    return `${count}${SIZE_UNITS[power] ?? "b"}`;
}
