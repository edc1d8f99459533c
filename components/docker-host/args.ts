import type { SshConnection } from "../targets/ssh";

/** A bare machine that becomes a Docker host, and stays as it is meant to be. */
export interface DockerHostArgs {
    /** The machine, and who deploys there: the user is made if it isn't there. */
    readonly ssh: SshConnection;
    /** Who logs in as long as that user doesn't: root, or one that may become root by sudo. @default "root" */
    readonly firstUser?: string;
    /** Public keys that let the deploying user in. @default [] those of whoever prepares the machine, on the first day */
    readonly authorizedKeys?: readonly string[];
    /** Whether root may log in, by key. @default true */
    readonly rootLogin?: boolean;
    /** The machine's name. @default left as it is */
    readonly hostname?: string;
    /** Folder that belongs to the deploying user, e.g. `/opt/demo-prod`. */
    readonly appFolder: string;
    /**
     * `false`: the firewall is somebody else's. `open`: ports from outside besides sshd's, as `443/tcp`. `metadata`: whether containers may ask
     * the provider's metadata service. @default of metadata: false
     */
    readonly firewall: false | { readonly open: readonly string[]; readonly metadata?: boolean };
    /** Ports that the proxy will publish: nothing else may have them. */
    readonly proxyPorts: readonly number[];
    readonly docker?: {
        /** @default "official" */
        readonly packages?: "official" | "distribution";
        /** Name servers of containers. @default [] the machine's own */
        readonly dns?: readonly string[];
        /** @default "overlay2" */
        readonly storageDriver?: string;
        /** Rotation of logs of containers that don't say otherwise; bytes and files. @default 50 MiB, 5 */
        readonly logs?: { readonly maxSize: number; readonly maxFiles: number };
    };
    /** Bytes; 0: none is made. @default 0 */
    readonly swap?: number;
    /** Addresses that keep failing to log in are not answered for a while. @default false */
    readonly fail2ban?: boolean;
    /** Time of day, `04:00`, at which the machine restarts when an update needs it. @default never by itself */
    readonly rebootAt?: string;
    /** How many images of former releases stay, of each that services come from; older ones go on the first of each month (R127). @default all */
    readonly keepImages?: number;
    /** Less than this is an error, or with `strict: false` a warning; sizes in bytes. @default 2 processors, 4 GiB, 20 GiB */
    readonly minimum?: { readonly cpus: number; readonly memory: number; readonly disk: number; readonly strict: boolean };
}
