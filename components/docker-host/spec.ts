import type { SshConnection } from "../targets/ssh";
import { asUser } from "../targets/ssh";
import type { DockerHostArgs } from "./args";

/** The steps, in their order; each is a file of steps/. */
export const STEPS = [
    "packages",
    "hostname",
    "time",
    "updates",
    "docker",
    "user",
    "ssh",
    "firewall",
    "selinux",
    "swap",
    "fail2ban",
    "images",
] as const;
export type Step = (typeof STEPS)[number];

/** Steps that could lock everybody out: what they did is undone by the machine itself unless a new connection confirms it. */
export const GUARDED: readonly Step[] = ["user", "ssh", "firewall"];

export interface HostSpec {
    /** Who is tried, in this order. */
    readonly users: readonly [SshConnection, ...SshConnection[]];
    readonly steps: readonly Step[];
    /** What the scripts are told, by name. */
    readonly variables: Readonly<Record<string, string>>;
    /** What a preview shows of a step. */
    readonly about: Readonly<Record<Step, string>>;
}

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

/** Fills defaults in, and turns it all into what the scripts read. */
export function resolveHost(args: DockerHostArgs): HostSpec {
    const { ssh, firstUser = "root", authorizedKeys = [], rootLogin = true, hostname, firewall, docker = {} } = args;
    const { swap = 0, fail2ban = false, rebootAt = "", keepImages, appFolder } = args;
    const minimum = args.minimum ?? { cpus: 2, memory: 4 * GIB, disk: 20 * GIB, strict: true };
    const open = firewall === false ? [] : [...new Set(firewall.open)];
    const metadata = firewall !== false && firewall.metadata === true;
    const packages = docker.packages ?? "official";
    const left: Readonly<Partial<Record<Step, boolean>>> = {
        hostname: hostname === undefined,
        firewall: firewall === false,
        swap: swap === 0,
        fail2ban: !fail2ban,
    };
    return {
        users: [ssh, ...(firstUser === ssh.user ? [] : [asUser(ssh, firstUser)])],
        steps: STEPS.filter((step) => left[step] !== true),
        variables: {
            OWN_USER: ssh.user,
            FIRST_USER: firstUser,
            LOGIN_KEYS: authorizedKeys.join("\n"),
            ROOT_LOGIN: rootLogin ? "prohibit-password" : "no",
            HOST_NAME: hostname ?? "",
            APP_FOLDER: appFolder,
            OPEN_PORTS: open.join(" "),
            METADATA: metadata ? "open" : "shut",
            PROXY_PORTS: args.proxyPorts.join(" "),
            DOCKER_PACKAGES: packages,
            DAEMON_JSON: JSON.stringify(daemonJson(docker)),
            STORAGE_DRIVER: docker.storageDriver ?? "overlay2",
            SWAP_BYTES: String(swap),
            FAIL2BAN: fail2ban ? "yes" : "no",
            REBOOT_AT: rebootAt,
            KEEP_IMAGES: keepImages === undefined ? "" : String(keepImages),
            MIN_CPUS: String(minimum.cpus),
            MIN_MEMORY: String(minimum.memory),
            MIN_DISK: String(minimum.disk),
            SHORT: minimum.strict ? "" : "warning: ",
        },
        about: {
            packages: "up to date once, tools, nothing in Docker's way",
            hostname: hostname ?? "",
            time: "chrony",
            updates: `security updates every day${rebootAt === "" ? "" : `, restart at ${rebootAt} if one needs it`}`,
            docker: `${packages} packages, daemon.json`,
            user: `${ssh.user}, keys, ${appFolder}`,
            ssh: `keys only, root ${rootLogin ? "by key" : "not at all"}`,
            firewall: `sshd's ports, ${open.join(", ")}${metadata ? "; metadata for containers" : ""}`,
            selinux: "enforcing, where there is one",
            swap: `${Math.round(swap / MIB)} MiB`,
            fail2ban: "sshd",
            images: keepImages === undefined ? "none is removed" : `monthly, of former releases the newest ${keepImages} stay`,
        },
    };
}

/** Our keys of daemon.json; the others stay. */
function daemonJson({ dns = [], storageDriver = "overlay2", logs }: NonNullable<DockerHostArgs["docker"]>) {
    const { maxSize, maxFiles } = logs ?? { maxSize: 50 * MIB, maxFiles: 5 };
    const size = maxSize % MIB === 0 ? `${maxSize / MIB}m` : `${Math.ceil(maxSize / 1024)}k`;
    return {
        "live-restore": true,
        "log-driver": "json-file",
        "log-opts": { "max-size": size, "max-file": String(maxFiles) },
        "storage-driver": storageDriver,
        ...(dns.length === 0 ? {} : { dns }),
    };
}
