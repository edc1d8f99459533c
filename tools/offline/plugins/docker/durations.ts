const UNITS: Readonly<Record<string, number>> = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 };

/** Nanoseconds of a duration in Go's notation ("1m30s", "500ms"); undefined when it isn't one. */
export function nanoseconds(duration: string): number | undefined {
    if (duration === "0") {
        return 0;
    }
    if (!/^(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+$/.test(duration)) {
        return undefined;
    }
    let total = 0;
    for (const [, amount, , unit] of duration.matchAll(/(\d+(\.\d+)?)(ns|us|µs|ms|s|m|h)/g)) {
        total += Number(amount) * (UNITS[unit ?? ""] ?? 0);
    }
    return Math.round(total);
}

/** Go's own notation of a duration: what `docker inspect` values look like in the state ("1m0s", not "60s"). */
export function duration(nanos: number): string {
    if (nanos === 0) {
        return "0s";
    }
    if (nanos < 1e9) {
        const [unit, size] = nanos < 1e3 ? ["ns", 1] : nanos < 1e6 ? ["µs", 1e3] : ["ms", 1e6];
        return `${trimmed(nanos / Number(size))}${unit}`;
    }
    const hours = Math.floor(nanos / 3600e9);
    const minutes = Math.floor((nanos % 3600e9) / 60e9);
    const seconds = `${trimmed((nanos % 60e9) / 1e9)}s`;
    return hours > 0 ? `${hours}h${minutes}m${seconds}` : minutes > 0 ? `${minutes}m${seconds}` : seconds;
}

function trimmed(value: number): string {
    return value.toFixed(9).replace(/\.?0+$/, "");
}
