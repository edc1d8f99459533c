import { lookup } from "node:dns/promises";
import { asRoot, checkProgram, preflightProgram } from "../../../components/docker-host/programs";
import type { HostSpec } from "../../../components/docker-host/spec";
import type { SshConnection } from "../../../components/targets/ssh";
import { oneLine } from "../../../components/targets/over-ssh";
import { HOST_ONLY, hostOf } from "../../../infra/host";
import { run } from "../../engine/process";
import { SetupError } from "../../engine/types";
import { noted } from "../history/note";
import type { Terminal } from "../terminal";
import type { Session } from "./session";
import { explainSsh, onHost, tryOnHost } from "./ssh-host";
import type { StackState } from "./state";
import { runEngine } from "./update";

/** A machine that isn't ready is made so first: images are copied there and leftovers looked for before the update itself begins. */
export async function prepareHost(out: Terminal, session: Session, options: { readonly yes?: boolean }): Promise<void> {
    const spec = hostOf(session.settings);
    if (spec === undefined || (await ready(spec.users[0]))) return;
    await mustBeRoot(spec);
    await mustBeFit(out, session, spec);
    const list = (await hostDifferences(spec)).map(({ step, what }) => `  ${step}: ${what}`);
    out.info(
        list.length === 0
            ? `${spec.users[0].host}: a preparation was cut off, and goes on`
            : `${spec.users[0].host} isn't a Docker host yet:\n${list.join("\n")}`,
    );
    if (options.yes !== true && !(await out.confirm("Prepare it?"))) {
        throw new SetupError("nothing was changed: say --yes where nobody can be asked", 2);
    }
    const result = await runEngine(out, { ...session, dockerEnv: { ...session.dockerEnv, [HOST_ONLY]: "1" } }, [
        "up",
        "--yes",
        "--skip-preview",
        ...(await noted("up", session.checkout, "the machine becomes a Docker host")),
        "--target",
        "**quai:docker:Host**",
    ]);
    if (result.code !== 0) {
        throw new SetupError("the machine isn't ready; see above. What is done stays, and ./quai up goes on from there");
    }
}

/** Whether who deploys gets in, finds Docker there, and nothing that the machine is about to undo. @throws SetupError where it isn't for the user that nobody gets in */
async function ready(user: SshConnection): Promise<boolean> {
    const result = await tryOnHost(
        user,
        "docker version --format '{{.Server.Version}}' && ! systemctl is-active --quiet 'quai-undo-*.timer'",
    );
    if (result.code === 255 && !/permission denied/i.test(result.stderr)) throw new SetupError(explainSsh(user, result.stderr));
    return result.code === 0;
}

const BECOMES_ROOT = `[ "$(id -u)" = 0 ] || sudo -n true`;

/** @throws SetupError: nobody of those who may prepare the machine gets in there and becomes root */
async function mustBeRoot({ users }: HostSpec): Promise<void> {
    const failed: string[] = [];
    for (const user of users) {
        const { code, stderr } = await tryOnHost(user, BECOMES_ROOT);
        if (code === 0) return;
        const reason =
            stderr
                .trim()
                .split("\n")
                .pop()
                ?.replace(/^sh: \d+: /, "") ?? "";
        failed.push(
            code === 255
                ? explainSsh(user, stderr)
                : `quai:host.firstUser: ${user.user} can't become root on ${user.host} without a password (${reason}); allow it there, or name a user who can`,
        );
    }
    throw new SetupError(failed.join("\n"));
}

/** @throws SetupError that names all that speaks against touching the machine */
async function mustBeFit(out: Terminal, session: Session, spec: HostSpec): Promise<void> {
    const { code, stdout, stderr } = await there(spec, preflightProgram(spec));
    for (const line of stdout.split("\n")) if (line.startsWith("warning: ")) out.warn(line.slice("warning: ".length));
    if (code !== 0) throw new SetupError(`nothing was touched, because:\n${stderr.trim().replace(/^/gm, "  - ")}`);
    await nameLeadsThere(out, session, spec.users[0].host);
}

/** A name may lead to something that stands before the machine, so it's a warning. */
async function nameLeadsThere(out: Terminal, { settings }: Session, host: string): Promise<void> {
    if (settings.tls.mode !== "acme") return;
    const addresses = async (name: string) => (await lookup(name, { all: true }).catch(() => [])).map(({ address }) => address);
    const [names, machine] = await Promise.all([addresses(settings.domain), addresses(host)]);
    if (names.length === 0) out.warn(`quai:domain: ${settings.domain} has no address in DNS yet; until it has, there is no certificate`);
    else if (!names.some((address) => machine.includes(address)))
        out.warn(
            `quai:domain: ${settings.domain} leads to ${names.join(", ")} and not to ${machine.join(", ") || host}; without it, there is no certificate`,
        );
}

export interface HostDifference {
    readonly step: string;
    readonly what: string;
}

/** What isn't as it was left on a machine that quai prepares. */
export async function hostDifferences(spec: HostSpec): Promise<readonly HostDifference[]> {
    const { code, stdout, stderr } = await there(spec, checkProgram(spec));
    if (code !== 0) throw new SetupError(`quai:host: the machine could not be looked at: ${stderr.trim()}`);
    return stdout.split("\n").flatMap((line) => {
        const [step = "", what] = line.split("\t");
        return what === undefined ? [] : [{ step, what }];
    });
}

/** Differences of the steps that the state knows, with their resources. */
export async function hostDrift(session: Session, state: StackState | undefined) {
    const spec = hostOf(session.settings);
    const urn = (step: string) => state?.resources.find((resource) => resource.urn.endsWith(`::machine-${step}`))?.urn;
    if (spec === undefined || urn("preflight") === undefined) return [];
    await onHost(spec.users[0], "true");
    return (await hostDifferences(spec)).flatMap(({ step, what }) => {
        const found = urn(step);
        return found === undefined ? [] : [{ step, what, urn: found }];
    });
}

/** Arguments by which the engine does these steps again. */
export function again(drift: readonly { readonly urn: string }[]): string[] {
    return [...new Set(drift.map(({ urn }) => urn))].flatMap((urn) => ["--replace", urn]);
}

function there(spec: HostSpec, program: string) {
    return run("/bin/sh", ["-euc", asRoot(spec)], { env: process.env, input: `${oneLine(program)}\n` });
}
