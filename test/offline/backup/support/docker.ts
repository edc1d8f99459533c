import { spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { join, resolve } from "node:path";
import { officialImage, resolveImage } from "../../../../components/internal/images";
import { imagesFor } from "../../../../tools/offline/images";

/** Begins the names of all that a test file makes, so that it can be removed whatever happens. */
export const PREFIX = `quaitest-backup-${process.pid}-${randomBytes(2).toString("hex")}`;
const ROOT = resolve(__dirname, "../../../..");
const LIMIT = 600_000;

export interface Ran {
    /** 0 where all went well; -1 where a signal ended it. */
    readonly status: number;
    readonly stdout: string;
    readonly stderr: string;
}

/** Runs docker and waits; never throws for a command that fails. */
export function docker(words: readonly string[], input?: string): Ran {
    const run = spawnSync("docker", words, { input: input ?? "", encoding: "utf8", timeout: LIMIT, maxBuffer: 64 * 1024 * 1024 });
    return { status: run.status ?? -1, stdout: run.stdout, stderr: run.stderr };
}

/** Runs docker; what it prints. Throws with what it said when it fails. */
export function must(words: readonly string[], input?: string): string {
    const run = docker(words, input);
    if (run.status !== 0) {
        throw new Error(`docker ${words.slice(0, 3).join(" ")} … ended with ${run.status}:\n${run.stderr}${run.stdout}`);
    }
    return run.stdout;
}

/** Runs docker beside the test. */
export function beside(words: readonly string[]): Promise<Ran> {
    return new Promise((done) => {
        const child = spawn("docker", words, { stdio: ["ignore", "pipe", "pipe"] });
        const text = { stdout: "", stderr: "" };
        child.stdout.on("data", (data: Buffer) => (text.stdout += data.toString()));
        child.stderr.on("data", (data: Buffer) => (text.stderr += data.toString()));
        child.on("close", (code) => done({ status: code ?? -1, ...text }));
    });
}

export const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/** Asks again until the answer is neither undefined nor false. */
export async function until<T>(what: string, seconds: number, ask: () => T | undefined | false): Promise<T> {
    const end = Date.now() + seconds * 1000;
    for (;;) {
        const answer = ask();
        if (answer !== undefined && answer !== false) return answer;
        if (Date.now() > end) throw new Error(`${what}: not within ${seconds} s`);
        await sleep(250);
    }
}

export interface Images {
    readonly postgres: string;
    readonly debian: string;
    readonly backup: string;
}

/** The server's image and the backup tool's, built on it, or on Debian where there is no server. */
export async function images(base: "postgres" | "debian" = "postgres"): Promise<Images> {
    const wanted = { postgres: officialImage("postgres", "15"), debian: officialImage("debian") };
    const { imageMirror } = await imagesFor(Object.values(wanted).map((reference) => ({ reference })));
    const postgres = resolveImage(wanted.postgres, imageMirror);
    // One tag for all test files: what is built from the same content is the same.
    const backup = `quaitest-backup/tool:${base === "postgres" ? "1" : base}`;
    const debian = resolveImage(wanted.debian, imageMirror);
    const context = join(ROOT, "components/backup/image");
    must([
        "build",
        "--quiet",
        "--network",
        "host",
        "--build-arg",
        `BASE=${base === "postgres" ? postgres : debian}`,
        "--tag",
        backup,
        context,
    ]);
    return { postgres, debian, backup };
}

/** A store of off-site repositories: REST (rclone) and SFTP (OpenSSH) from Debian's packages. */
export function storeImage(debian: string): string {
    const tag = "quaitest-backup/store:1";
    const recipe = [
        `FROM ${debian}`,
        "RUN apt-get update && apt-get install -y --no-install-recommends rclone openssh-server && rm -rf /var/lib/apt/lists/*",
        "RUN useradd --create-home --uid 1500 store && mkdir -p /run/sshd /srv/store && chown store: /srv/store && rm -f /etc/ssh/ssh_host_*",
    ].join("\n");
    must(["build", "--quiet", "--network", "host", "--tag", tag, "-"], recipe);
    return tag;
}

/** Everything of this test file. */
export function removeAll(): void {
    const list = (words: readonly string[]) =>
        must(words)
            .split("\n")
            .filter((name) => name.startsWith(PREFIX));
    const containers = list(["ps", "--all", "--format", "{{.Names}}"]);
    if (containers.length > 0) must(["rm", "--force", "--volumes", ...containers]);
    const volumes = list(["volume", "ls", "--format", "{{.Name}}"]);
    if (volumes.length > 0) must(["volume", "rm", "--force", ...volumes]);
    const networks = list(["network", "ls", "--format", "{{.Name}}"]);
    if (networks.length > 0) must(["network", "rm", ...networks]);
}
