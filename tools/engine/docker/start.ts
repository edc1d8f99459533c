import { spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync } from "node:fs";
import { findOnPath, type Environment } from "../paths";
import { lastLines, run } from "../process";
import { SetupError, type Reporter } from "../types";
import { findDocker, type DockerAnswer } from "./probe";

/** Where a daemon that was started without an init system writes its log. */
export const daemonLog = "/var/log/quai-dockerd.log";

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export function daemonProgram(env: Environment): string | undefined {
    return findOnPath("dockerd", { PATH: `${env["PATH"] ?? ""}:/usr/sbin:/sbin:/usr/local/sbin` });
}

/** The command by which an init system starts Docker on this machine; undefined where there's none, as in most containers. */
export function serviceCommand(exists: (file: string) => boolean = existsSync): readonly [string, ...string[]] | undefined {
    if (exists("/run/systemd/system")) return ["systemctl", "start", "docker"];
    if (exists("/etc/init.d/docker") && exists("/usr/sbin/service")) return ["service", "docker", "start"];
    return undefined;
}

async function waitForDocker(env: Environment, seconds: number, gaveUp: () => boolean): Promise<DockerAnswer | undefined> {
    for (const end = Date.now() + seconds * 1000; Date.now() < end && !gaveUp(); await pause(300)) {
        const { found } = await findDocker(env);
        if (found) return found;
    }
    return undefined;
}

/** Starts the daemon in a session of its own, so that it outlives this program and the terminal. */
async function startDaemon(env: Environment, dockerd: string): Promise<DockerAnswer | undefined> {
    const log = openSync(daemonLog, "a", 0o640);
    let ended = false;
    // The daemon starts containerd and runs iptables, which may lie outside of a user's PATH.
    const path = `${env["PATH"] ?? ""}:/usr/local/sbin:/usr/sbin:/sbin`;
    const child = spawn(dockerd, [], { detached: true, stdio: ["ignore", log, log], env: { ...env, PATH: path } });
    closeSync(log);
    child.once("exit", () => (ended = true));
    child.once("error", () => (ended = true));
    const answer = await waitForDocker(env, 60, () => ended);
    child.removeAllListeners();
    child.unref();
    return answer;
}

/** Starts Docker as root: by the init system, else by itself. Throws with the end of its log where it doesn't come up. */
export async function startDocker(env: Environment, reporter: Reporter): Promise<DockerAnswer> {
    const step = reporter.step("Starting Docker");
    const command = serviceCommand();
    let said = "";
    if (command) {
        const [program, ...args] = command;
        const result = await run(program, args, { env, timeoutMs: 90_000 }).catch((error: unknown) => ({ code: 1, stderr: String(error) }));
        const answer = result.code === 0 ? await waitForDocker(env, 30, () => false) : undefined;
        if (answer) {
            step.done(`${command.join(" ")}`);
            return answer;
        }
        said = lastLines(result.stderr, 3);
    }
    const dockerd = daemonProgram(env);
    // Beside systemd a second daemon would fight with the one that systemd tries again and again.
    const answer = dockerd && command?.[0] !== "systemctl" ? await startDaemon(env, dockerd) : undefined;
    if (answer) {
        step.done(`log in ${daemonLog}`);
        return answer;
    }
    step.fail();
    const log =
        command?.[0] === "systemctl"
            ? "see `journalctl -u docker`"
            : existsSync(daemonLog)
              ? lastLines(readFileSync(daemonLog, "utf8"), 5)
              : "";
    throw new SetupError(`docker: didn't start${said ? `: ${said}` : ""}\n${log}`.trim());
}
