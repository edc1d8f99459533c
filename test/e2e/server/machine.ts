import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { docker } from "../support/checkout";

/**
 * Bare machines: containers with systemd and sshd, and nothing of Docker. They stand in a network of their own, with IPv6, so that their own
 * addresses are what the outside sees. /var is a volume: neither Docker's folder nor swap can lie on an overlay.
 */
const IMAGE = "quai-server-machine";
const NETWORK = "quai-server";
const SUBNET = "fd51:9022::/64";
const CAPABILITIES = [
    ...["SYS_ADMIN", "NET_ADMIN", "NET_RAW", "SYS_PTRACE", "MKNOD", "AUDIT_WRITE", "AUDIT_CONTROL", "SYS_CHROOT", "SETFCAP"],
    ...["DAC_READ_SEARCH", "SYSLOG", "SYS_NICE", "IPC_LOCK", "SYS_MODULE"],
];

export const SWAP = "/var/quai.swap";

export interface MachineOptions {
    /** The port of this machine that leads to its sshd. */
    readonly ssh: number;
    /** Ports of this machine that lead to the same ports there. */
    readonly ports?: readonly number[];
    /** Docker's folder has this little room, e.g. `64m`. */
    readonly smallDisk?: string;
    /** @default Debian 12 */
    readonly image?: string;
}

/** An image of machines, on a root file system; with further packages that such machines come with. */
export function buildMachineImage(base: string, image = IMAGE, also: readonly string[] = []): void {
    const args = [`BASE=${base}`, `ALSO=${also.join(" ")}`].flatMap((each) => ["--build-arg", each]);
    docker("build", "--network", "host", ...args, "--tag", image, join(__dirname, "machine"));
    if (docker("network", "ls", "--quiet", "--filter", `name=^${NETWORK}$`).trim() === "") {
        docker("network", "create", "--ipv6", "--subnet", SUBNET, NETWORK);
    }
}

/** A machine that root's key lets in; everything that was on a former one of the name is gone. */
export function startMachine(name: string, key: string, { ssh, ports = [], smallDisk, image = IMAGE }: MachineOptions): void {
    removeMachine(name);
    docker(
        ...["run", "--detach", "--name", name, "--network", NETWORK, ...CAPABILITIES.flatMap((each) => ["--cap-add", each])],
        ...["--security-opt", "seccomp=unconfined", "--security-opt", "apparmor=unconfined", "--tmpfs", "/run", "--tmpfs", "/tmp"],
        ...["--sysctl", "net.ipv6.conf.all.disable_ipv6=0"],
        ...["--volume", "/sys/fs/cgroup:/sys/fs/cgroup:rw", "--cgroupns", "host"],
        ...(smallDisk === undefined ? ["--volume", `${name}:/var`] : ["--tmpfs", `/var/lib/docker:size=${smallDisk}`]),
        ...["--publish", `127.0.0.1:${ssh}:22`, ...ports.flatMap((port) => ["--publish", `127.0.0.1:${port}:${port}`]), image],
    );
    const lines = [
        "ssh-keygen -q -A",
        "mkdir -p -m 700 /root/.ssh && cat >/root/.ssh/authorized_keys",
        "for i in $(seq 60); do systemctl is-system-running 2>/dev/null | grep -qE 'running|degraded' && break; sleep 0.5; done",
        // Where a socket waits for the first connection, sshd is started by that.
        "systemctl reset-failed; systemctl is-active --quiet ssh.socket || systemctl restart ssh",
    ];
    execFileSync("docker", ["exec", "--interactive", name, "/bin/sh", "-euc", lines.join("\n")], { input: readFileSync(`${key}.pub`) });
}

export function removeMachine(name: string): void {
    // Swap is the outer machine's, too, and would outlive this one.
    spawnSync("docker", ["exec", name, "swapoff", SWAP]);
    spawnSync("docker", ["rm", "--force", "--volumes", name]);
    spawnSync("docker", ["volume", "rm", "--force", name]);
}

/**
 * Whatever calls `program` on the machine with such words (a pattern of its shell) waits there, once, until `letGo` or for 100 s: so there is
 * time to cut a connection. The mark that it waits stays.
 */
export function hold(name: string, moment: string, program: string, words: string): void {
    const script = [
        "#!/bin/sh",
        `case "$*" in`,
        `${words})`,
        `    n=0`,
        `    ! mkdir /run/held-${moment} 2>/dev/null || while [ ! -e /run/go-${moment} ] && [ $n -lt 1000 ]; do n=$((n + 1)); sleep 0.1; done`,
        "    ;;",
        "esac",
        `for each in /usr/sbin /usr/bin; do [ ! -x $each/${program} ] || exec $each/${program} "$@"; done`,
    ];
    const file = `/usr/local/sbin/${program}`;
    execFileSync("docker", ["exec", "--interactive", name, "/bin/sh", "-c", `cat >${file} && chmod 755 ${file}`], {
        input: `${script.join("\n")}\n`,
    });
}

export const isHeld = (name: string, moment: string) => attempt("docker", ["exec", name, "test", "-d", `/run/held-${moment}`]).code === 0;

export function letGo(name: string, moment: string, program: string): void {
    inside(name, `rm -f /usr/local/sbin/${program}; touch /run/go-${moment}`);
}

/** Only when no machine is there any more. */
export function removeNetwork(): void {
    spawnSync("docker", ["network", "rm", NETWORK]);
}

/** A shell command on the machine, as root, past everything that is tested. */
export function inside(name: string, command: string): string {
    return docker("exec", name, "/bin/bash", "-c", command);
}

/** Ends every connection of a user, as a network that breaks would. @returns how many processes there were */
export function cut(name: string, user: string): number {
    const lines = [
        "n=0",
        "for each in /proc/[0-9]*; do",
        `    if grep -aqs "^sshd[a-z-]*: ${user}" $each/cmdline && kill -9 "\${each#/proc/}"; then n=$((n + 1)); fi`,
        "done",
        "echo $n",
    ];
    return Number(inside(name, lines.join("\n")));
}

/** Logs in with the system's ssh and none of our options. @returns what the command printed, or what ssh said */
export function login(destination: string, key: string, { port = 22, options = [] as readonly string[], command = "id -un" } = {}): string {
    const fixed = [
        "IdentitiesOnly=yes",
        "IdentityAgent=none",
        "StrictHostKeyChecking=no",
        "UserKnownHostsFile=/dev/null",
        "ConnectTimeout=5",
    ];
    const words = [...fixed, "BatchMode=yes", "LogLevel=ERROR", ...options].flatMap((each) => ["-o", each]);
    return attempt("ssh", ["-i", key, "-p", String(port), ...words, destination, command]).text.trim();
}

/** Runs a program; its exit status, and all that it printed. */
export function attempt(program: string, args: readonly string[]): { readonly code: number; readonly text: string } {
    const { status, stdout, stderr } = spawnSync(program, args, { encoding: "utf8" });
    return { code: status ?? 1, text: `${stdout}${stderr}` };
}

export function addressOf(name: string, version: 4 | 6 = 4): string {
    const field = version === 4 ? "IPAddress" : "GlobalIPv6Address";
    return docker("inspect", "--format", `{{range .NetworkSettings.Networks}}{{.${field}}}{{end}}`, name).trim();
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
