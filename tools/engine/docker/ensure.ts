import { existsSync, readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { findOnPath, type Environment } from "../paths";
import { lastLines, run } from "../process";
import { silent, SetupError, type Reporter } from "../types";
import { compareVersions } from "../versions";
import { findDocker, type DockerAnswer, type DockerFault } from "./probe";
import { daemonProgram, serviceCommand, startDocker } from "./start";

/** Health-gated releases need what the engine has since this version. */
export const oldestDocker = "20.10.0";

export interface DockerOptions {
    /** Installs without asking. @default false */
    readonly yes?: boolean;
    /** Asks a yes-or-no question; where it's missing nobody can be asked. */
    readonly confirm?: (question: string) => Promise<boolean>;
    /** Starts and installs nothing, only looks. @default false */
    readonly lookOnly?: boolean;
    /** @default silent */
    readonly reporter?: Reporter;
    /** @default process.env */
    readonly env?: Environment;
}

/** The machine that Docker is wanted on; a parameter so that tests can describe another. */
export interface Machine {
    readonly platform: string;
    readonly root: boolean;
    readonly user: string;
    /** ID and ID_LIKE of /etc/os-release. */
    readonly distributions: readonly string[];
    readonly dockerInstalled: boolean;
    /** The command of the init system that starts Docker, if there is one. */
    readonly service?: readonly string[];
}

export function distributionsOf(osRelease: string): string[] {
    const values = [...osRelease.matchAll(/^(?:ID|ID_LIKE)="?([^"\n]*)"?$/gm)].map((match) => match[1] ?? "");
    return values.flatMap((value) => value.split(" ")).filter((name) => name !== "");
}

export function thisMachine(env: Environment): Machine {
    return {
        platform: process.platform,
        root: process.getuid?.() === 0,
        user: userInfo().username,
        distributions: existsSync("/etc/os-release") ? distributionsOf(readFileSync("/etc/os-release", "utf8")) : [],
        dockerInstalled: daemonProgram(env) !== undefined,
        service: serviceCommand(),
    };
}

const isDebian = (machine: Machine): boolean => machine.distributions.some((name) => name === "debian" || name === "ubuntu");

/** What to do about Docker that doesn't answer: the one clear message, and whether it can be done from here. */
export interface DockerAdvice {
    readonly action: "start" | "install" | "tell";
    readonly message: string;
}

export function adviseDocker(machine: Machine, faults: readonly DockerFault[]): DockerAdvice {
    const forbidden = faults.find(({ fault }) => fault === "forbidden");
    const chosen = faults.length === 1 ? faults[0] : faults.find(({ via }) => via.startsWith("context "));
    const tell = (message: string): DockerAdvice => ({ action: "tell", message });
    if (chosen && ["DOCKER_HOST"].includes(chosen.via))
        return tell(`DOCKER_HOST: no Docker engine answers at "${chosen.host}": ${chosen.detail}`);
    if (chosen && chosen.fault === "failed") return tell(`docker: ${chosen.via} (${chosen.host}) doesn't answer: ${chosen.detail}`);
    if (forbidden) {
        const fix = `sudo usermod -aG docker ${machine.user}`;
        return tell(`docker: runs, but user ${machine.user} may not use it (${forbidden.host}): run \`${fix}\`, then log out and in again`);
    }
    if (machine.platform === "darwin") {
        return tell(
            "docker: no engine answers: start Docker Desktop (`open -a Docker`), Colima (`colima start`) or OrbStack, or install one of them",
        );
    }
    if (machine.dockerInstalled) {
        if (machine.root) return { action: "start", message: "docker: is installed, but doesn't run: `./quai doctor --fix` starts it" };
        return tell(`docker: is installed, but doesn't run: run \`sudo ${(machine.service ?? ["dockerd"]).join(" ")}\``);
    }
    if (isDebian(machine)) {
        if (machine.root)
            return {
                action: "install",
                message: "docker: isn't installed: run `apt-get install docker.io iptables`, or `./quai doctor --fix --yes`",
            };
        return tell(
            "docker: isn't installed: run `sudo apt-get install docker.io iptables`, then `sudo usermod -aG docker $USER` and log in again",
        );
    }
    return tell(`docker: isn't installed: install Docker Engine ${oldestDocker} or later (https://docs.docker.com/engine/install)`);
}

async function apt(args: readonly string[], env: Environment, reporter: Reporter, title: string): Promise<void> {
    const step = reporter.step(title);
    const result = await run("apt-get", args, {
        env: { ...env, DEBIAN_FRONTEND: "noninteractive" },
        capture: true,
        onLine: (line) => step.update(line.slice(0, 80)),
    });
    if (result.code === 0) return step.done();
    step.fail();
    throw new SetupError(`docker: \`apt-get ${args.join(" ")}\` failed:\n${lastLines(result.stderr || result.stdout, 5)}`);
}

/** Debian 13 split the docker command off into a package that docker.io only recommends. */
async function dockerPackages(env: Environment): Promise<string[]> {
    const known = await run("apt-cache", ["show", "--no-all-versions", "docker-cli"], { env });
    return ["docker.io", "iptables", "ca-certificates", ...(known.code === 0 ? ["docker-cli"] : [])];
}

async function installDocker(env: Environment, reporter: Reporter): Promise<void> {
    await apt(["update"], env, reporter, "Updating the package lists");
    const packages = await dockerPackages(env);
    await apt(["install", "--yes", "--no-install-recommends", ...packages], env, reporter, "Installing the distribution's Docker Engine");
}

export interface Docker extends DockerAnswer {
    /** Variables that lead the docker command and the provider to the same engine: DOCKER_HOST where it isn't the default socket. */
    readonly env: Readonly<Record<string, string>>;
}

function accept(found: DockerAnswer, env: Environment): Docker {
    if (compareVersions(found.version, oldestDocker) < 0) {
        throw new SetupError(`docker: version ${found.version} (${found.host}) is too old: update it to ${oldestDocker} or later`);
    }
    if (!findOnPath("docker", env))
        throw new SetupError(
            "docker: the engine runs, but the docker command isn't on PATH: install it (docker-ce-cli, docker.io or docker-cli)",
        );
    const isDefault = found.host === "unix:///var/run/docker.sock" || found.via.startsWith("context ");
    return { ...found, env: isDefault || env["DOCKER_HOST"] ? {} : { DOCKER_HOST: found.host } };
}

/**
 * A Docker engine that answers and is new enough. One that is installed but doesn't run is started, where we are root; a missing one is
 * installed from the distribution, where we are root on Debian or Ubuntu and the user says yes. Else throws the one thing to do.
 */
export async function ensureDocker(options: DockerOptions = {}): Promise<Docker> {
    const env = options.env ?? process.env;
    const reporter = options.reporter ?? silent;
    const { found, faults } = await findDocker(env);
    if (found) return accept(found, env);
    const advice = adviseDocker(thisMachine(env), faults);
    if (advice.action === "tell" || options.lookOnly) throw new SetupError(advice.message);
    if (advice.action === "install") {
        const agreed =
            options.yes || (await options.confirm?.("Docker isn't installed. Install docker.io from this distribution, and start it?"));
        if (!agreed) throw new SetupError(advice.message);
        await installDocker(env, reporter);
    }
    const running = (await findDocker(env)).found ?? (await startDocker(env, reporter));
    return accept(running, env);
}
