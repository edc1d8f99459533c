import type { Command } from "commander";
import { SetupError } from "../../engine/types";
import { groups } from "../help";
import { interruptSignal } from "../interrupt";
import type { HostContainer } from "../stack/docker";
import { openHost } from "../stack/session";
import { terminal } from "../terminal";

interface LogsOptions {
    readonly stack: string;
    readonly follow?: boolean;
    readonly since?: string;
    readonly tail: string;
}

async function logs(service: string | undefined, options: LogsOptions): Promise<void> {
    const out = terminal();
    if (options.tail !== "all" && !/^\d+$/.test(options.tail)) {
        throw new SetupError(`--tail: must be a number of lines, or all (got ${JSON.stringify(options.tail)})`, 2);
    }
    const session = await openHost(out, options.stack);
    const chosen = chosenContainers(await session.host.containers(), service, session.settings.stackId);
    const show = prefixed(chosen, (line) => out.print(line));
    const words = [
        ...["--tail", options.tail],
        ...(options.follow === true ? ["--follow"] : []),
        ...(options.since === undefined ? [] : ["--since", options.since]),
    ];
    const follow = async (each: HostContainer) => {
        const code = await session.host.follow(["logs", ...words, each.id], show(each), interruptSignal());
        if (code !== 0 && !interruptSignal().aborted) process.exitCode = 1;
    };
    if (options.follow === true) {
        await Promise.all(chosen.map(follow));
        return;
    }
    // One after the other: lines of several containers can't be put in order.
    for (const each of chosen) {
        await follow(each);
    }
}

/** The running ones; of one service also those that ended, as a job has. @throws SetupError that names what there is */
export function chosenContainers(all: readonly HostContainer[], service: string | undefined, stackId: string): readonly HostContainer[] {
    const chosen = all.filter((each) => (service === undefined ? each.state === "running" : each.service === service));
    if (chosen.length === 0) {
        const names = [...new Set(all.map((each) => each.service))].sort().join(", ");
        throw new SetupError(`${service ?? stackId}: has no container; there are: ${names || "none"}`, 2);
    }
    return chosen;
}

/** `api-3fa9c1d2 | line`, where there are several to tell apart. */
export function prefixed(
    containers: readonly HostContainer[],
    print: (line: string) => void,
): (each: HostContainer) => (line: string) => void {
    if (containers.length === 1) {
        return () => print;
    }
    const nameOf = ({ service, release, name }: HostContainer) => (release === "" ? service || name : `${service}-${release}`);
    const width = Math.max(...containers.map((each) => nameOf(each).length));
    return (each) => (line) => print(`${nameOf(each).padEnd(width)} | ${line}`);
}

export function register(program: Command): void {
    program
        .command("logs")
        .helpGroup(groups.look)
        .summary("what containers have written")
        .description("The logs of a service's containers, or of all that run. A job's stay as long as its release.")
        .argument("[service]", "as ./quai status names it, or a job such as migrate")
        .option("-s, --stack <stack>", "which stack", "dev")
        .option("-f, --follow", "go on until Ctrl-C")
        .option("-n, --tail <lines>", "so many of the last lines of each, or all", "100")
        .option("--since <time>", "only from then on: 10m, 2h, 2026-11-21T08:00:00")
        .action(logs);
}
