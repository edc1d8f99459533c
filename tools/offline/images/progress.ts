/** Hands on the first line and then at most one per `everyMs` milliseconds: enough to see that work goes on. @default 4000 */
export function sparingly(onProgress: (line: string) => void, everyMs = 4000, now: () => number = Date.now): (line: string) => void {
    let next = -Infinity;
    return (line) => {
        if (now() < next) return;
        next = now() + everyMs;
        onProgress(line);
    };
}
