/**
 * Requests lost while a stack is released again and again under a constant load:
 *
 *     node -r ./tools/engine/typescript.cjs test/bench/releases.ts <checkout> <stack> [requests per second] [releases] [failing]
 *
 * The checkout has the stack deployed (the demonstration; `QUAI_E2E_KEEP=1 ./quai test releases` leaves one), with limits that the load doesn't meet.
 * Then releases, releases that fail, a rollback and another certificate, one after the other. Load goes to loopback only.
 */
import { execFileSync, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { conditions, table } from "./measure";
import { constantLoad, type Lost } from "./constant-load";

interface StackFile {
    readonly config: Record<string, unknown>;
}

class Stack {
    private readonly file: string;
    private readonly original: string;

    constructor(
        private readonly checkout: string,
        readonly name: string,
    ) {
        this.file = join(checkout, `Pulumi.${name}.yaml`);
        this.original = readFileSync(this.file, "utf8");
    }

    get config(): Record<string, unknown> {
        return (JSON.parse(this.original) as StackFile).config;
    }

    change(more: Record<string, unknown>): void {
        writeFileSync(this.file, JSON.stringify({ config: { ...this.config, ...more } }));
    }

    restore(): void {
        writeFileSync(this.file, this.original);
    }

    up(): Promise<number> {
        return new Promise((done, fail) => {
            const child = spawn(join(this.checkout, "quai"), ["up", this.name, "--yes"], {
                cwd: this.checkout,
                env: { ...process.env, CI: "true" },
                stdio: "ignore",
            });
            child.once("error", fail);
            child.once("close", (code) => done(code ?? 1));
        });
    }
}

interface Step {
    readonly title: string;
    readonly do: () => Promise<number>;
    readonly fails?: boolean;
}

function steps(stack: Stack, releases: number, failing: number): Step[] {
    const api = (args: Record<string, string>) => () => {
        stack.change({ "quai:images": { api: { build: "examples/demo/api", args } } });
        return stack.up();
    };
    const stamp = Date.now().toString(36);
    return [
        ...Array.from({ length: releases }, (_, i) => ({ title: "a release", do: api({ DEMO_VERSION: `${stamp}-${i}` }) })),
        ...Array.from({ length: failing }, (_, i) => ({
            title: "a release that fails",
            do: api({ DEMO_VERSION: `${stamp}-bad-${i}`, DEMO_BREAK: ["health", "start", "migrate"][i % 3] ?? "health" }),
            fails: true,
        })),
        { title: "back to the one before", do: api({ DEMO_VERSION: `${stamp}-${Math.max(0, releases - 2)}` }) },
        {
            title: "another certificate",
            do: () => {
                const container = `demo-${stack.name}-certificates`;
                execFileSync("docker", ["exec", container, "quai-certificates", "renew", "--force"], { stdio: "ignore" });
                return new Promise((done) => setTimeout(() => done(0), 25_000));
            },
        },
    ];
}

async function main(checkout: string, name: string, rate: number, releases: number, failing: number): Promise<void> {
    console.log(conditions());
    const stack = new Stack(checkout, name);
    const ports = stack.config["quai:ports"] as { https: number };
    const load = constantLoad({ port: ports.https, host: String(stack.config["quai:domain"]), rate });
    const rows = new Map<string, Lost & { times: number }>();
    try {
        for (const step of steps(stack, releases, failing)) {
            const before = load.count();
            const code = await step.do();
            if ((code !== 0) !== (step.fails ?? false)) throw new Error(`${step.title}: ended with ${code}`);
            const after = load.count();
            const sum = rows.get(step.title) ?? { times: 0, requests: 0, failed: 0, slow: 0 };
            rows.set(step.title, {
                times: sum.times + 1,
                requests: sum.requests + after.requests - before.requests,
                failed: sum.failed + after.failed - before.failed,
                slow: sum.slow + after.slow - before.slow,
            });
            console.error(`${step.title}: ${after.requests - before.requests} requests, ${after.failed - before.failed} failed`);
        }
    } finally {
        stack.restore();
    }
    const { failures, sockets } = await load.stop();
    console.log(
        table(
            ["what", "times", "requests", "of these 5 s long", "failed"],
            [...rows].map(([title, { times, requests, slow, failed }]) => [title, times, requests, slow, failed].map(String)),
        ),
    );
    console.log(`WebSockets: ${sockets.opened} opened, closed by ${JSON.stringify(sockets.codes)}`);
    for (const [what, count] of failures) console.log(`${count} × ${what}`);
}

const [checkout = ".", name = "releases", rate = "500", releases = "20", failing = "3"] = process.argv.slice(2);
main(checkout, name, Number(rate), Number(releases), Number(failing)).catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : String(error));
    process.exit(1);
});
