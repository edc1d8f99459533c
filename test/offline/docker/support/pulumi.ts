import { spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { installFallbackPlugin } from "../../../../tools/offline/plugins/install";

const ROOT = resolve(__dirname, "../../../..");

export interface Run {
    readonly code: number | null;
    /** stdout and stderr, as they came. */
    readonly output: string;
}

/** The real engine on a stack of its own, with the fallback plugin installed as a user gets it. */
export class PulumiStack {
    private constructor(
        readonly folder: string,
        private readonly env: NodeJS.ProcessEnv,
    ) {}

    /** QUAI_TEST_PULUMI is the engine's path (set by `./quai test`); without it, the one on the PATH. */
    static async open(): Promise<PulumiStack> {
        const folder = mkdtempSync(join(tmpdir(), "quaitest-pulumi-"));
        const home = join(folder, "home");
        mkdirSync(join(folder, "state"));
        await installFallbackPlugin("docker", { pulumiHome: home, cacheDir: join(folder, "cache") });
        cpSync(join(__dirname, "../program"), join(folder, "program"), { recursive: true });
        symlinkSync(join(ROOT, "node_modules"), join(folder, "program", "node_modules"));
        const stack = new PulumiStack(folder, {
            ...process.env,
            PULUMI_HOME: home,
            PULUMI_BACKEND_URL: `file://${join(folder, "state")}`,
            PULUMI_CONFIG_PASSPHRASE: "test",
            PULUMI_SKIP_UPDATE_CHECK: "true",
            PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
        });
        const { code, output } = await stack.run(["stack", "init", "t"]);
        if (code !== 0) throw new Error(`pulumi stack init: ${output}`);
        return stack;
    }

    run(args: readonly string[], stage: object = {}): Promise<Run> {
        const engine = process.env.QUAI_TEST_PULUMI ?? "pulumi";
        const child = spawn(engine, [...args, "--non-interactive"], {
            cwd: join(this.folder, "program"),
            env: { ...this.env, QUAI_TEST_STAGE: JSON.stringify(stage) },
            stdio: ["ignore", "pipe", "pipe"],
        });
        let output = "";
        child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString("utf8")));
        child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString("utf8")));
        return new Promise((resolveRun, reject) => {
            child.once("error", reject);
            child.once("close", (code) => resolveRun({ code, output }));
        });
    }

    /** The state file's text, secrets encrypted. */
    state(): string {
        return readFileSync(join(this.folder, "state/.pulumi/stacks/docker-offline-test/t.json"), "utf8");
    }

    close(): void {
        rmSync(this.folder, { recursive: true, force: true });
    }
}
