let controller: AbortController | undefined;

/**
 * Aborted when this program is asked to stop. Ctrl-C on a terminal reaches the programs that we run by itself, so it aborts nothing here:
 * the engine would take a second interrupt for "stop at once". A second Ctrl-C ends this program.
 */
export function interruptSignal(): AbortSignal {
    if (controller) return controller.signal;
    const made = (controller = new AbortController());
    let interrupts = 0;
    process.on("SIGINT", () => {
        if (++interrupts > 1) process.exit(130);
        if (!process.stdin.isTTY) made.abort(new Error("interrupted"));
    });
    for (const signal of ["SIGTERM", "SIGHUP"] as const) process.on(signal, () => made.abort(new Error(`stopped by ${signal}`)));
    return made.signal;
}
