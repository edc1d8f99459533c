import type { Command } from "commander";
import { labelArguments } from "../../../components/internal/labels";
import { SetupError } from "../../engine/types";
import { groups } from "../help";
import type { HostContainer } from "../stack/docker";
import { type ContainerFacts, containersOf, factsOf } from "../stack/release-containers";
import { type HostSession, openHost } from "../stack/session";
import { terminal } from "../terminal";
import { terminalFlags } from "./exec";

interface RunOptions {
    readonly stack: string;
    readonly service?: string;
}

async function runOnce(command: readonly string[], options: RunOptions): Promise<void> {
    const session = await openHost(terminal(), options.stack);
    const [like] = await containersOf(session, options.service ?? (await usualService(session)));
    const facts = await factsOf(session, like.id);
    const name = `${session.settings.stackId}-run-${Date.now().toString(36)}`;
    await session.host.docker([
        "create",
        ...oneOff(session.settings.stackId, name, like, facts),
        ...terminalFlags(),
        ...wordsOf(facts, command),
    ]);
    try {
        for (const network of facts.networks.slice(1)) {
            await session.host.docker(["network", "connect", network, name]);
        }
    } catch (error) {
        await session.host.docker(["rm", "--force", name]);
        throw error;
    }
    process.exitCode = await session.host.attended(["start", "--attach", "--interactive", name]);
}

/**
 * Options of `docker create` for a container like that of a service: environment, secrets, files, first network, user and limits. It
 * publishes nothing, has no service's name on the network, and is gone when it ends.
 */
export function oneOff(stack: string, name: string, like: HostContainer, facts: ContainerFacts): string[] {
    const [network = "none"] = facts.networks;
    return [
        ...["--rm", "--name", name, "--init", "--cap-drop", "ALL", "--security-opt", "no-new-privileges:true", "--ulimit", "core=0:0"],
        ...labelArguments(stack, { role: "one-off", service: like.service, release: like.release }),
        ...["--network", network, "--volumes-from", like.id, "--user", facts.user],
        ...(facts.memory === 0 ? [] : ["--memory", `${facts.memory}b`, "--memory-swap", `${facts.memory}b`]),
        ...(facts.nanoCpus === 0 ? [] : ["--cpus", String(facts.nanoCpus / 1e9)]),
        ...(facts.readOnly ? ["--read-only"] : []),
        ...Object.entries(facts.tmpfs).flatMap(([path, options]) => ["--tmpfs", `${path}:${options}`]),
        // Plain settings: secrets are files.
        ...facts.environment.flatMap((variable) => ["--env", variable]),
        // The image's check is of a server, which doesn't run here.
        "--no-healthcheck",
    ];
}

/** The rest of the line: the same entry point, which may be what turns secrets into variables, and the command. */
export function wordsOf(facts: ContainerFacts, command: readonly string[]): string[] {
    const [entrypoint = "", ...first] = facts.entrypoint;
    return ["--entrypoint", entrypoint, facts.image, ...first, ...command];
}

/** The service whose image the jobs have, as what people run is of the migrations' kind; else the only one there is. */
async function usualService(session: HostSession): Promise<string> {
    const all = await session.host.containers();
    const running = all.filter(({ role, state }) => role === "service" && state === "running");
    const services = [...new Set(running.map(({ service }) => service))].sort();
    const [only, ...others] = services;
    if (only !== undefined && others.length === 0) {
        return only;
    }
    const images = await Promise.all(all.filter(({ role }) => role === "job").map(async ({ id }) => (await factsOf(session, id)).image));
    for (const { id, service } of running) {
        if (images.includes((await factsOf(session, id)).image)) return service;
    }
    throw new SetupError(`--service: say which; there are: ${services.join(", ") || `none, ./quai up ${session.stack} starts them`}`, 2);
}

export function register(program: Command): void {
    program
        .command("run")
        .helpGroup(groups.look)
        .summary("a command in a new container of the release")
        .description(
            "Runs a command in a container of its own that has what the service has: image, settings, secrets, files, networks, limits. " +
                "It is removed at its end, and its exit status is this command's. E.g. ./quai run --service migrate -- demo-api migrate",
        )
        .argument("<command...>", "after --")
        .option("-s, --stack <stack>", "which stack", "dev")
        .option("--service <service>", "whose environment, or a job's; unless given, that of the service that has the image of the jobs")
        .action(runOnce);
}
