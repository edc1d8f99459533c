/**
 * A module that is loaded when it is asked for: `lazily<typeof import("./aws")>(module, "./aws")`. The cloud's SDK is large, and a stack on
 * Docker must not pay for it at each preview.
 */
export function lazily<T>(from: NodeJS.Module, path: string): T {
    return from.require(path) as T;
}
