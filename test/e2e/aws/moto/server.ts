import type { ChildProcess } from "node:child_process";
import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { homedir } from "node:os";
import { join } from "node:path";

/** A server that speaks AWS's API and keeps what it is told in memory (moto), with a Python of its own. */
export class Moto {
    private constructor(
        private readonly child: ChildProcess,
        private readonly python: string,
        readonly endpoint: string,
    ) {}

    static async start(): Promise<Moto> {
        const folder = environment();
        const port = await freePort();
        const child = spawn(join(folder, "bin/moto_server"), ["-H", "127.0.0.1", "-p", String(port)], { stdio: "ignore" });
        const moto = new Moto(child, join(folder, "bin/python"), `http://127.0.0.1:${port}`);
        await moto.answers();
        return moto;
    }

    /** For the plugin: what makes things here. */
    get environment(): Record<string, string> {
        return { QUAI_AWS_MAKER: JSON.stringify([this.python, join(__dirname, "service")]), QUAI_AWS_ENDPOINT: this.endpoint };
    }

    /** What is there, as a script of its own reads it. */
    read(region: string): unknown {
        const text = execFileSync(this.python, [join(__dirname, "read.py"), this.endpoint, region], { encoding: "utf8" });
        return JSON.parse(text);
    }

    stop(): void {
        this.child.kill();
    }

    private async answers(): Promise<void> {
        for (let tries = 0; tries < 240; tries++) {
            if (this.child.exitCode !== null) throw new Error(`moto ended with ${this.child.exitCode}`);
            const reached = await fetch(`${this.endpoint}/moto-api/`).catch(() => undefined);
            if (reached !== undefined) return;
            await new Promise((resolve) => setTimeout(resolve, 250));
        }
        throw new Error("moto does not answer after a minute");
    }
}

/** A virtual environment with what requirements.txt pins, made once per machine. */
function environment(): string {
    const requirements = join(__dirname, "requirements.txt");
    const version = createHash("sha256").update(readFileSync(requirements)).digest("hex").slice(0, 12);
    const folder = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "quai", `moto-${version}`);
    if (existsSync(join(folder, "complete"))) return folder;
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    const run = (program: string, ...args: string[]) => execFileSync(program, args, { stdio: ["ignore", "ignore", "inherit"] });
    run("python3", "-m", "venv", folder);
    run(join(folder, "bin/python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement", requirements);
    mkdirSync(join(folder, "making"));
    renameSync(join(folder, "making"), join(folder, "complete"));
    return folder;
}

function freePort(): Promise<number> {
    return new Promise((resolve, reject) => {
        const server = createServer();
        server.on("error", reject).listen(0, "127.0.0.1", () => {
            const address = server.address();
            const port = typeof address === "object" && address !== null ? address.port : 0;
            server.close(() => resolve(port));
        });
    });
}
