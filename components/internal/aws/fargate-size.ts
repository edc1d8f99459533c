/** Sizes that Fargate offers (Amazon ECS developer guide, "Task CPU and memory", as of 2026-11). Pure. */

const MEBIBYTE = 1024 * 1024;
const steps = (from: number, to: number, step: number) => Array.from({ length: (to - from) / step + 1 }, (_, index) => from + index * step);

/** CPU units (1024 is one processor) → mebibytes that may go with them. */
export const FARGATE_SIZES: ReadonlyMap<number, readonly number[]> = new Map([
    [256, [512, 1024, 2048]],
    [512, steps(1024, 4096, 1024)],
    [1024, steps(2048, 8192, 1024)],
    [2048, steps(4096, 16384, 1024)],
    [4096, steps(8192, 30720, 1024)],
    [8192, steps(16384, 61440, 4096)],
    [16384, steps(32768, 122880, 8192)],
]);

export interface FargateSize {
    /** CPU units. */
    readonly cpu: number;
    /** Mebibytes. */
    readonly memory: number;
}

/**
 * The smallest size that holds so many CPUs and so much memory (bytes): the fewest processors first, as they cost most.
 *
 * @throws Error when there is none, beginning with `path`
 */
export function fargateSize(cpus: number | undefined, memory: number, path: string): FargateSize {
    const wanted = Math.ceil(memory / MEBIBYTE);
    for (const [cpu, sizes] of FARGATE_SIZES) {
        const fits = sizes.find((size) => size >= wanted);
        if (cpu >= (cpus ?? 0) * 1024 && fits !== undefined) {
            return { cpu, memory: fits };
        }
    }
    throw new Error(`${path}: no Fargate size has ${cpus ?? "any"} CPUs and ${wanted} MiB; the largest has 16 CPUs and 122880 MiB`);
}
