import { execFileSync, spawn } from "node:child_process";
import { closeSync, openSync, readdirSync, readFileSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import { checkout, docker } from "./checkout";

/**
 * Walks everything that an end-to-end run has written or shown, and looks for secrets by value. For any area: name its stacks, the values, and
 * the places that are meant to hold them.
 */
export interface Walk {
    /** Prefixes of the stacks' objects: `demo-e2e`. */
    readonly stacks: readonly string[];
    /** Name → value; each of at least 16 characters, so that nothing is found by chance. */
    readonly secrets: ReadonlyMap<string, string>;
    /** Volumes that a secret is meant for, besides those of secret files and of the backups' keys. @default none */
    readonly meant?: RegExp;
    /** What process-record.cjs has noted while the run went on. @default nobody did */
    readonly record?: string;
    /** Containers whose programs are given secrets as variables by a shell (`secretEnv`): their environment isn't looked at. @default none */
    readonly variables?: RegExp;
}

export interface Found {
    /** `the log of demo-e2e-api holds the session key`; never the value. */
    readonly leaks: readonly string[];
    /** How many things were looked at, by kind: none of them must be 0. */
    readonly looked: Readonly<Record<string, number>>;
}

/** Volumes of secret and configuration files, the keys of the repository, and the proxy's files, which hold the certificate's key. */
const MEANT = /-(?:secrets|files)-[0-9a-f]{8}$|-backup-keys$|-proxy-(?:config|files|state|live)/;
const FOLDERS = ["/tmp", "/var/tmp", "/dev/shm"];
const LARGEST = 64 * 1024 * 1024;

export async function walkForLeaks(walk: Walk): Promise<Found> {
    const search = new Search(walk.secrets);
    outsideOfContainers(search);
    for (const stack of walk.stacks) {
        const names = objectsOf(stack);
        for (const kind of ["container", "image", "volume", "network"] as const) {
            for (const name of names[kind]) search.text("inspect", `docker inspect of ${kind} ${name}`, docker(kind, "inspect", name));
        }
        for (const name of names.container) search.text("logs", `the log of ${name}`, logOf(name));
        for (const name of names.image) {
            search.text("history", `the history of ${name}`, docker("history", "--no-trunc", name));
            await search.stream("layers", `a layer of ${name}`, "docker", ["save", name]);
        }
        for (const name of names.volume.filter((each) => !MEANT.test(each) && walk.meant?.test(each) !== true)) {
            const folder = docker("volume", "inspect", "--format", "{{.Mountpoint}}", name).trim();
            for (const path of filesIn(folder)) search.file("volumes", `${path.slice(folder.length + 1)} in volume ${name}`, path);
            search.count("volumes");
        }
    }
    processes(search, walk);
    if (walk.record !== undefined) recorded(search, walk.record);
    return search;
}

/** A line that only a private key has: an RSA key begins with what its public key holds too; one on a curve ends with it. */
export function middleOf(pem: string): string {
    const lines = pem.split("\n").filter((line) => line !== "" && !line.startsWith("-----"));
    return lines[lines.length > 10 ? Math.floor(lines.length * 0.6) : 0] ?? "";
}

function objectsOf(stack: string) {
    const filter = ["--filter", `label=io.quai.stack=${stack}`];
    const lines = (...args: string[]) =>
        docker(...args)
            .split("\n")
            .filter((line) => line !== "");
    return {
        container: lines("ps", "--all", ...filter, "--format", "{{.Names}}"),
        image: lines("image", "ls", "--filter", `reference=quai/${stack}/*`, "--format", "{{.Repository}}:{{.Tag}}"),
        volume: lines("volume", "ls", ...filter, "--format", "{{.Name}}"),
        network: lines("network", "ls", ...filter, "--format", "{{.Name}}"),
    };
}

function logOf(container: string): string {
    return execFileSync("sh", ["-c", 'docker logs "$0" 2>&1', container], { encoding: "utf8", maxBuffer: LARGEST });
}

/** State with its history and backups, transcript, whatever else is below .quai; temporary folders; core files. */
function outsideOfContainers(search: Search): void {
    const own = join(checkout(), ".quai");
    for (const path of filesIn(own)) search.file(path.includes("/.pulumi/") ? "state" : "files of .quai", path, path);
    for (const path of FOLDERS.flatMap(filesIn).filter((each) => !each.startsWith(`${checkout()}/`)))
        search.file("temporary files", path, path);
    search.count("temporary files");
    const cores = ["/var/lib/systemd/coredump", "/var/crash", "/", checkout()].flatMap((folder) =>
        (folder === "/" || folder === checkout() ? listed(folder).map((name) => join(folder, name)) : filesIn(folder)).filter((path) =>
            /\/core(\.\d+)?$|coredump|crash/.test(path),
        ),
    );
    for (const path of cores) search.file("core files", path, path);
    search.count("core files");
}

/** Every process of the machine: its command line, and its environment unless it is an application's that is given secrets that way. */
function processes(search: Search, { variables }: Walk): void {
    const excepted = new Set(variables === undefined ? [] : idsOf(variables));
    for (const pid of listed("/proc").filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)) {
        try {
            const [command, group] = [readFileSync(`/proc/${pid}/cmdline`, "latin1"), readFileSync(`/proc/${pid}/cgroup`, "utf8")];
            search.text("processes", `the command line of process ${pid} (${command.split("\0")[0] ?? ""})`, command);
            if ([...excepted].some((id) => group.includes(id))) continue;
            search.text(
                "environments",
                `the environment of process ${pid} (${command.split("\0")[0] ?? ""})`,
                readFileSync(`/proc/${pid}/environ`, "latin1"),
            );
        } catch (error) {
            // It has ended meanwhile, or belongs to the kernel.
            if (!["ENOENT", "ESRCH", "EACCES", "EPERM"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
        }
    }
}

/** Every process that there was, also those that have ended. */
function recorded(search: Search, file: string): void {
    for (const line of readFileSync(file, "utf8").split("\n").slice(0, -1)) {
        const { pid, part, text } = JSON.parse(line) as {
            readonly pid: string;
            readonly part: "cmdline" | "environ";
            readonly text: string;
        };
        const words = part === "cmdline" ? text.split("\0").slice(0, 2).join(" ").slice(0, 80) : "";
        search.text(
            `${part} of the run`,
            `the ${part} of process ${pid}${words === "" ? "" : ` (${words})`}, which was there for a while,`,
            part === "environ" ? withoutFirstStart(text) : text,
        );
    }
}

/**
 * PostgreSQL's image, the official one as well, hands the superuser's password to its own programs as a variable while it makes a new cluster.
 * The server that it ends with has no such variable.
 */
function withoutFirstStart(environment: string): string {
    const variables = environment.split("\0");
    return variables.some((each) => each.startsWith("PGDATA="))
        ? variables.filter((each) => !/^(?:PGPASSWORD|POSTGRES_PASSWORD)=/.test(each)).join("\0")
        : environment;
}

function idsOf(names: RegExp): string[] {
    const lines = docker("ps", "--no-trunc", "--format", "{{.Names}} {{.ID}}").split("\n");
    return lines.flatMap((line) => (names.test(line.split(" ")[0] ?? "") ? [line.split(" ")[1] ?? ""] : [])).filter((id) => id !== "");
}

function listed(folder: string): string[] {
    try {
        return readdirSync(folder);
    } catch {
        return [];
    }
}

/** Folder by folder: one that goes while it is read takes nothing else with it. Links are not followed. */
function filesIn(folder: string): string[] {
    let entries;
    try {
        entries = readdirSync(folder, { withFileTypes: true });
    } catch {
        return []; // It has gone meanwhile.
    }
    return entries.flatMap((entry) => {
        const path = join(folder, entry.name);
        if (entry.isDirectory()) return filesIn(path);
        return entry.isFile() ? [path] : [];
    });
}

class Search implements Found {
    readonly leaks: string[] = [];
    readonly looked: Record<string, number> = {};
    private readonly forms: readonly (readonly [name: string, form: Buffer])[];

    constructor(secrets: Walk["secrets"]) {
        this.forms = [...secrets].flatMap(([name, value]) => {
            if (value.length < 16) throw new Error(`${name} is too short to be looked for`);
            const encoded = [value, Buffer.from(value).toString("base64").replace(/=+$/, ""), encodeURIComponent(value)];
            return [...new Set(encoded)].map((form) => [name, Buffer.from(form)] as const);
        });
    }

    count(kind: string): void {
        this.looked[kind] = (this.looked[kind] ?? 0) + 1;
    }

    text(kind: string, where: string, text: string): void {
        this.bytes(where, Buffer.from(text, "latin1"));
        this.count(kind);
    }

    /** Files that somebody else removes meanwhile are nobody's leak; very large ones are read piece by piece. */
    file(kind: string, where: string, path: string): void {
        try {
            const size = statSync(path).size;
            const handle = openSync(path, "r");
            const piece = Buffer.alloc(Math.min(size, LARGEST));
            const longest = Math.max(...this.forms.map(([, form]) => form.length));
            for (let at = 0; at < size; at += Math.max(1, piece.length - longest)) {
                this.bytes(where, piece.subarray(0, readSync(handle, piece, 0, piece.length, at)));
                if (at + piece.length >= size) break;
            }
            closeSync(handle);
            this.count(kind);
        } catch (error) {
            if (!["ENOENT", "EACCES", "ENXIO", "ENODEV"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
        }
    }

    /** What a program prints, without keeping it. */
    stream(kind: string, where: string, program: string, args: readonly string[]): Promise<void> {
        const longest = Math.max(...this.forms.map(([, form]) => form.length));
        return new Promise((resolve, reject) => {
            let rest = Buffer.alloc(0);
            const child = spawn(program, args, { stdio: ["ignore", "pipe", "ignore"] });
            child.stdout.on("data", (chunk: Buffer) => {
                const bytes = Buffer.concat([rest, chunk]);
                this.bytes(where, bytes);
                rest = Buffer.from(bytes.subarray(-longest));
            });
            child.once("error", reject).once("close", (code) => {
                this.count(kind);
                if (code === 0) resolve();
                else reject(new Error(`${program} ${args.join(" ")} ended with ${code}`));
            });
        });
    }

    private bytes(where: string, bytes: Buffer): void {
        for (const [name, form] of this.forms) {
            const leak = `${where} holds the ${name}`;
            if (!this.leaks.includes(leak) && bytes.includes(form)) this.leaks.push(leak);
        }
    }
}
