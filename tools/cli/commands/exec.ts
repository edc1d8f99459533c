import type { Command } from "commander";
import { isSecretShell } from "../../../components/web-stack/container-docker";
import { SetupError } from "../../engine/types";
import { groups } from "../help";
import { containersOf, factsOf } from "../stack/release-containers";
import { openHost } from "../stack/session";
import { terminal } from "../terminal";

async function exec(service: string, command: readonly string[], options: { readonly stack: string }): Promise<void> {
    const session = await openHost(terminal(), options.stack);
    const [container] = await containersOf(session, service);
    if (container.state !== "running") {
        throw new SetupError(
            `${service} has ended; a command in its environment: ./quai run --service ${service} --stack ${options.stack} -- …`,
            2,
        );
    }
    const { entrypoint } = await factsOf(session, container.id);
    // Where secrets are variables of the service, they are this command's, too.
    const shell = isSecretShell(entrypoint) ? entrypoint : [];
    process.exitCode = await session.host.attended(["exec", ...terminalFlags(), container.id, ...shell, ...command]);
}

/** Standard input always; a terminal where there is one on both ends. */
export function terminalFlags(): string[] {
    return process.stdin.isTTY && process.stdout.isTTY ? ["--interactive", "--tty"] : ["--interactive"];
}

export function register(program: Command): void {
    program
        .command("exec")
        .helpGroup(groups.look)
        .summary("a command in a container that runs")
        .description("Runs a command in a container of the service, e.g. ./quai exec api -- sh. Its exit status is this command's.")
        .argument("<service>", "as ./quai status names it")
        .argument("<command...>", "after --")
        .option("-s, --stack <stack>", "which stack", "dev")
        .action(exec);
}
