import type { Command } from "commander";
import { MAINTENANCE_FILE } from "../../../components/tls-proxy/nginx";
import { checkoutRoot } from "../../engine/versions";
import { SetupError } from "../../engine/types";
import { groups } from "../help";
import { howToServe } from "../stack/door-status";
import { type HostSession, openHost, stackSettings } from "../stack/session";
import { terminal } from "../terminal";

async function maintenance(state: string, options: { readonly stack: string }): Promise<void> {
    if (state !== "on" && state !== "off") {
        throw new SetupError(`maintenance: must be on or off (got ${JSON.stringify(state)})`, 2);
    }
    const out = terminal();
    if (stackSettings(checkoutRoot, options.stack).target.kind === "aws") {
        throw new SetupError(
            `maintenance: ${options.stack} is on AWS; set quai:maintenance: ${state === "on" ? "true" : "false"} in Pulumi.${options.stack}.yaml, then pulumi up -s ${options.stack}`,
            2,
        );
    }
    const session = await openHost(out, options.stack);
    await setMaintenance(session, state === "on");
    const { stackId } = session.settings;
    out.print(
        state === "on"
            ? `${stackId} answers 503 with a page, until ./quai maintenance off --stack ${session.stack}; updates don't end it.`
            : session.settings.maintenance
              ? `${stackId} still answers 503: ${howToServe(session)}`
              : `${stackId} serves.`,
    );
}

/** By a file in the proxy's volume, which nginx looks for at each request: it takes effect at once, and outlives updates and restarts. */
export async function setMaintenance({ host, settings, stack }: HostSession, on: boolean): Promise<void> {
    const proxies = (await host.containers()).filter(({ role, state }) => role === "proxy" && state === "running");
    const [proxy] = proxies;
    if (proxy === undefined) {
        throw new SetupError(`the proxy of ${settings.stackId} doesn't run; ./quai up ${stack} starts it`);
    }
    const image = (await host.docker(["inspect", "--format", "{{.Config.Image}}", proxy.id])).trim();
    const volume = `${settings.stackId}-proxy-config`;
    await host.docker([
        ...["run", "--rm", "--network", "none", "--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges:true"],
        ...["--user", "101:101", "--volume", `${volume}:/files`, "--entrypoint", "/bin/sh", image],
        ...["-euc", on ? `: > /files/${MAINTENANCE_FILE}` : `rm -f /files/${MAINTENANCE_FILE}`],
    ]);
}

export function register(program: Command): void {
    program
        .command("maintenance")
        .helpGroup(groups.data)
        .summary("answer everything with 503 and a page, or serve again")
        .description(
            "on: every request is answered 503 with a page and Retry-After, also through updates; the services run on. off: they serve again.",
        )
        .argument("<state>", "on or off")
        .option("-s, --stack <stack>", "which stack", "dev")
        .action(maintenance);
}
