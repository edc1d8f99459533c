import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { DockerHostArgs } from "../../../components/docker-host/args";
import { resolveHost } from "../../../components/docker-host/spec";
import { sshConnection } from "../../../components/targets/ssh";
import { run } from "../support/scratch";

export const KEY = `ssh-ed25519 ${"A".repeat(68)}`;
const GIB = 1024 ** 3;

/** Everything that can be prepared is. */
export function spec(change: Partial<DockerHostArgs> = {}) {
    return resolveHost({
        ssh: sshConnection("ssh://deploy@203.0.113.7", KEY),
        authorizedKeys: [KEY],
        hostname: "app-1",
        appFolder: "/opt/demo-prod",
        firewall: { open: ["80/tcp", "443/tcp"] },
        proxyPorts: [80, 443],
        swap: 2 * GIB,
        fail2ban: true,
        keepImages: 5,
        ...change,
    });
}

const PROGRAMS = [
    ...[
        "rpm",
        "dnf",
        "dpkg",
        "dpkg-query",
        "apt-get",
        "systemctl",
        "systemd-run",
        "systemd-detect-virt",
        "firewall-cmd",
        "firewall-offline-cmd",
        "ufw",
    ],
    ...[
        "iptables",
        "ip6tables",
        "getenforce",
        "setenforce",
        "getsebool",
        "setsebool",
        "semanage",
        "restorecon",
        "sshd",
        "visudo",
        "getent",
        "useradd",
        "usermod",
        "id",
        "passwd",
    ],
    ...["stat", "chown", "gpg", "curl", "docker", "hostnamectl", "fallocate", "mkswap", "swapon", "swapoff", "fail2ban-client"],
];

export interface System {
    readonly id: string;
    readonly version: string;
    readonly name: string;
    readonly packages?: readonly string[];
    /** sshd's own file can include others. */
    readonly includes: boolean;
}

/** A folder that stands for a machine, whose programs write down how they're called. */
export function machine(scratch: string, system: System) {
    const folder = mkdtempSync(join(scratch, `${system.id}-`));
    const [root, memory, programs] = ["root", "memory", "programs"].map((name) => join(folder, name)) as [string, string, string];
    const file = (path: string, text: string) => {
        mkdirSync(dirname(join(root, path)), { recursive: true });
        writeFileSync(join(root, path), text);
    };
    file("etc/os-release", `ID=${system.id}\nVERSION_ID="${system.version}"\nPRETTY_NAME="${system.name}"\nVERSION_CODENAME=code\n`);
    file("etc/hosts", "127.0.0.1 localhost\n");
    file("etc/fstab", "");
    file("proc/swaps", "Filename Type Size Used Priority\n");
    file("proc/meminfo", "MemTotal: 8000000 kB\n");
    file("etc/selinux/config", "SELINUX=enforcing\n");
    file("etc/ssh/sshd_config", system.includes ? "Include /etc/ssh/sshd_config.d/*.conf\n" : "PasswordAuthentication yes\n");
    for (const each of ["etc/pki/rpm-gpg", "etc/docker", "var", "run/systemd/system", "home/deploy"])
        mkdirSync(join(root, each), { recursive: true });
    for (const each of [memory, programs]) mkdirSync(each);
    const lists: Record<string, readonly string[]> = {
        packages: system.packages ?? [],
        services: ["ssh", "cockpit", "dhcpv6-client"],
        ports: ["8081/tcp"],
    };
    for (const kind of ["packages", "enabled", "active", "ports", "services", "booleans", "labels", "users", "calls", "selinux"]) {
        writeFileSync(join(memory, kind), (lists[kind] ?? []).map((line) => `${line}\n`).join(""));
    }
    writeFileSync(join(memory, "selinux"), "Permissive\n");
    copyFileSync(join(__dirname, "fake.sh"), join(programs, "fake"));
    chmodSync(join(programs, "fake"), 0o755);
    for (const program of PROGRAMS) symlinkSync("fake", join(programs, program));
    const env = { ...process.env, FAKE: memory, QUAI_ROOT: root, PATH: `${programs}:${process.env["PATH"]}` };
    return {
        root,
        run: (program: string) => run("/bin/sh", ["-euc", program], { env }),
        /** How programs that change something were called since the last look. */
        calls: () => {
            const text = readFileSync(join(memory, "calls"), "utf8");
            writeFileSync(join(memory, "calls"), "");
            return text;
        },
        read: (path: string) => readFileSync(join(root, path), "utf8"),
        file,
        knows: (kind: string, ...lines: string[]) => writeFileSync(join(memory, kind), lines.map((line) => `${line}\n`).join("")),
        remove: () => rmSync(folder, { recursive: true, force: true }),
    };
}
