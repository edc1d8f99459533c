/** A machine that quai prepares: packages, user, SSH, Docker, firewall. */
export interface HostSettings {
    /** Who logs in as long as the user of `quai:target.host` isn't there: root, or one that may use sudo without a password. @default "root" @example "ubuntu" */
    readonly firstUser: string;
    /** Public keys that let the user of `quai:target.host` in, and no others. None: those that let in whoever prepares the machine, on the first day. @default [] @example ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKqP3sT0cT6vJmG0u1Zk4kq3v5dJm0m2cO7p0m3vG1xZ"] */
    readonly authorizedKeys: readonly string[];
    /** Whether root may log in, by key. `false` is taken up once the user of `quai:target.host` got in. @default true @example false */
    readonly rootLogin: boolean;
    /** The machine's name. @default left as it is @example "app-1" */
    readonly hostname?: string;
    /** Docker Engine and what its daemon.json must say; its other keys stay. @default {} @example {"packages":"distribution"} */
    readonly docker: HostDockerSettings;
    /** ufw or firewalld, holding for ports that Docker publishes, too: sshd's, the proxy's and these are open. `false` leaves it to somebody else. @default {} @example {"open":["51820/udp"]} */
    readonly firewall: HostFirewallSettings | false;
    /** Size of a swap file. @default none is made @example "2g" */
    readonly swap?: number;
    /** Whether addresses that keep failing to log in are not answered for an hour. @default false @example true */
    readonly fail2ban: boolean;
    /** Time of day, in quotes, at which a machine with Debian or Ubuntu restarts when a security update needs it. @default never by itself @example "04:00" */
    readonly rebootAt?: string;
    /** How many images of former releases stay, of each that services and jobs come from; older ones, and the builder's cache, are removed on the 1st of each month at 03:00 (R127). Volumes never are. @default all stay @example 5 */
    readonly keepImages?: number;
    /** What the machine must have. @default {} @example {"cpus":4,"memory":"16g","disk":"100g"} */
    readonly minimum: HostMinimum;
}

/** Docker on a prepared machine. */
export interface HostDockerSettings {
    /** Docker's own repository, or the distribution's packages (Debian and Ubuntu only; Debian 12 has version 20.10). @default "official" @example "distribution" */
    readonly packages: "official" | "distribution";
    /** Name servers of containers. None: the machine's own. @default [] @example ["8.8.8.8","8.8.4.4"] */
    readonly dns: readonly string[];
    /** Storage driver. @default "overlay2" @example "btrfs" */
    readonly storageDriver: string;
}

/** What is open besides sshd's and the proxy's ports. */
export interface HostFirewallSettings {
    /** Ports with their protocol. @default [] @example ["51820/udp"] */
    readonly open: readonly string[];
    /** Whether containers may ask the provider's metadata service (169.254.169.254 and its like), which tells whoever asks the machine's start-up script and the credentials of its role. @default false @example true */
    readonly metadata: boolean;
}

/** Less than this is refused before anything is touched. */
export interface HostMinimum {
    /** Processors. @default 2 @example 4 */
    readonly cpus: number;
    /** Memory; a tenth less passes. @default "4g" @example "16g" */
    readonly memory: number;
    /** The whole disk of Docker's folder; a tenth less passes. @default "20g" @example "100g" */
    readonly disk: number;
    /** `false`: less is a warning. @default true @example false */
    readonly strict: boolean;
}
