import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { docker } from "../support/checkout";
import { equivalent } from "../support/images";

/**
 * Bare machines: containers with systemd and sshd, and nothing of Docker. They stand in a network of their own, so that their own addresses are
 * what the outside sees.
 */
const IMAGE = "quai-server-machine";
const CAPABILITIES = [
    ...["SYS_ADMIN", "NET_ADMIN", "NET_RAW", "SYS_PTRACE", "MKNOD", "AUDIT_WRITE", "AUDIT_CONTROL", "SYS_CHROOT", "SETFCAP"],
    ...["DAC_READ_SEARCH", "SYSLOG", "SYS_NICE", "IPC_LOCK", "SYS_MODULE"],
];

export interface MachineOptions {
    /** The port of this machine that leads to its sshd. */
    readonly ssh: number;
    /** Ports of this machine that lead to the same ports there. */
    readonly ports?: readonly number[];
    /** Docker's folder has this little room, e.g. `64m`. */
    readonly smallDisk?: string;
}

export async function buildMachineImage(): Promise<void> {
    const base = await equivalent("debian");
    docker("build", "--network", "host", "--build-arg", `BASE=${base}`, "--tag", IMAGE, join(__dirname, "machine"));
}

/** A machine that root's key lets in; everything that was on a former one of the name is gone. */
export function startMachine(name: string, key: string, { ssh, ports = [], smallDisk }: MachineOptions): void {
    removeMachine(name);
    docker(
        ...["run", "--detach", "--name", name, "--hostname", "bare", ...CAPABILITIES.flatMap((each) => ["--cap-add", each])],
        ...["--security-opt", "seccomp=unconfined", "--security-opt", "apparmor=unconfined", "--tmpfs", "/run", "--tmpfs", "/tmp"],
        ...["--volume", "/sys/fs/cgroup:/sys/fs/cgroup:rw", "--cgroupns", "host"],
        ...(smallDisk === undefined ? ["--volume", `${name}:/var/lib/docker`] : ["--tmpfs", `/var/lib/docker:size=${smallDisk}`]),
        ...["--publish", `127.0.0.1:${ssh}:22`, ...ports.flatMap((port) => ["--publish", `127.0.0.1:${port}:${port}`]), IMAGE],
    );
    const lines = [
        "ssh-keygen -q -A",
        "mkdir -p -m 700 /root/.ssh && cat >/root/.ssh/authorized_keys",
        "for i in $(seq 60); do systemctl is-system-running 2>/dev/null | grep -qE 'running|degraded' && break; sleep 0.5; done",
        "systemctl reset-failed; systemctl restart ssh",
    ];
    execFileSync("docker", ["exec", "--interactive", name, "/bin/sh", "-euc", lines.join("\n")], { input: readFileSync(`${key}.pub`) });
}

export function removeMachine(name: string): void {
    spawnSync("docker", ["rm", "--force", "--volumes", name]);
    spawnSync("docker", ["volume", "rm", "--force", name]);
}

/** A shell command on the machine, as root, past everything that is tested. */
export function inside(name: string, command: string): string {
    return docker("exec", name, "/bin/bash", "-c", command);
}

/** The same; its exit status, and all that it printed. */
export function attempt(program: string, args: readonly string[]): { readonly code: number; readonly text: string } {
    const { status, stdout, stderr } = spawnSync(program, args, { encoding: "utf8" });
    return { code: status ?? 1, text: `${stdout}${stderr}` };
}

export function addressOf(name: string): string {
    return docker("inspect", "--format", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", name).trim();
}

/** `ssh-ed25519 AAAA…` */
export function hostKeyOf(name: string): string {
    return inside(name, "cat /etc/ssh/ssh_host_ed25519_key.pub").trim().split(" ").slice(0, 2).join(" ");
}

/** A key pair; the path of its private half. */
export function keyPair(folder: string, name: string): string {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const path = join(folder, name);
    if (!existsSync(path)) execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", path]);
    return path;
}
