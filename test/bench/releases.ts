/**
 * Requests lost while a stack is released again and again under a constant load:
 *
 *     node -r ./tools/engine/typescript.cjs test/bench/releases.ts <checkout> <stack> [requests per second] [releases] [failing] [machine]
 *
 * The checkout has the stack deployed (the demonstration; `QUAI_E2E_KEEP=1 ./quai test releases` leaves one), with limits that the load doesn't meet.
 * Then releases, releases that fail, a rollback, another nginx and another certificate, one after the other. The machine is the container that stands
 * in for a server (`QUAI_E2E_KEEP=1 ./quai test server` leaves one): its Docker daemon is restarted at the end. Load goes to loopback or that machine only.
 */
import { execFile, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { officialImage } from "../../components/internal/images";
import { conditions, table } from "./measure";
import { constantLoad, type Lost } from "./constant-load";

const OTHER_NGINX = "quai-bench-nginx:next";

interface StackFile {
    readonly config: Record<string, unknown>;
}

class Stack {
    private readonly file: string;
    private readonly original: string;
    private changed: Record<string, unknown> = {};
    /** What the last update printed. */
    said = "";

    constructor(
        readonly checkout: string,
        readonly name: string,
    ) {
        this.file = join(checkout, `Pulumi.${name}.yaml`);
        this.original = readFileSync(this.file, "utf8");
    }

    get config(): Record<string, unknown> {
        return (JSON.parse(this.original) as StackFile).config;
    }

    change(more: Record<string, unknown>): void {
        this.changed = { ...this.changed, ...more };
        writeFileSync(this.file, JSON.stringify({ config: { ...this.config, ...this.changed } }));
    }

    restore(): void {
        writeFileSync(this.file, this.original);
    }

    up(): Promise<number> {
        return new Promise((done, fail) => {
            const child = spawn(join(this.checkout, "quai"), ["up", this.name, "--yes"], {
                cwd: this.checkout,
                env: { ...process.env, CI: "true" },
                stdio: ["ignore", "pipe", "pipe"],
            });
            this.said = "";
            for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (this.said += String(text)));
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

/** Words of a command, on the machine if there is one. */
const there = (machine: string | undefined, ...words: readonly string[]) =>
    machine === undefined ? words : ["docker", "exec", "--interactive", machine, ...words];

function run([program = "", ...words]: readonly string[], input = ""): Promise<string> {
    return new Promise((done, fail) => {
        const child = execFile(program, words, (error, stdout) => (error === null ? done(stdout) : fail(new Error(error.message))));
        child.stdin?.end(input);
    });
}

/** The nginx that the proxy has, with another layer: what a new version is to the stack. */
async function anotherNginx(stack: Stack, machine: string | undefined): Promise<number> {
    const docker = (...words: string[]) => there(machine, "docker", ...words);
    const filters = [`label=io.quai.stack=demo-${stack.name}`, "label=io.quai.role=proxy"].flatMap((each) => ["--filter", each]);
    const image = (await run(docker("ps", ...filters, "--format", "{{.Image}}"))).trim().split("\n")[0] ?? "";
    await run(docker("build", "--quiet", "--tag", OTHER_NGINX, "-"), `FROM ${image}\nENV NEXT=${Date.now()}\n`);
    const used = JSON.parse(readFileSync(join(stack.checkout, ".quai", "stacks", `Pulumi.${stack.name}.yaml`), "utf8")) as StackFile;
    const known = used.config["quai:imageMirror"] as Record<string, string> | undefined;
    stack.change({ "quai:imageMirror": { ...known, [officialImage("nginx")]: OTHER_NGINX } });
    return stack.up();
}

async function anotherCertificate(stack: Stack, machine: string | undefined): Promise<number> {
    if ((stack.config["quai:tls"] as { mode?: string } | undefined)?.mode !== "acme") {
        stack.change({ "quai:aliases": [`other.${String(stack.config["quai:domain"])}`] });
        return stack.up();
    }
    await run(there(machine, "docker", "exec", `demo-${stack.name}-certificates`, "quai-certificates", "renew", "--force"));
    return new Promise((done) => setTimeout(() => done(0), 25_000));
}

/** Of the machine's own: the port that its engine forwards for people goes through a program that ends under so many connections. */
async function addressOf(machine: string | undefined): Promise<string | undefined> {
    if (machine === undefined) return undefined;
    const format = "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}";
    return (await run(["docker", "inspect", "--format", format, machine])).trim().split(" ")[0];
}

async function anotherDaemon(machine: string): Promise<number> {
    await run(there(machine, "systemctl", "restart", "docker"));
    return new Promise((done) => setTimeout(() => done(0), 15_000));
}

function steps(stack: Stack, releases: number, failing: number, machine: string | undefined): Step[] {
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
        { title: "another nginx", do: () => anotherNginx(stack, machine) },
        { title: "another certificate", do: () => anotherCertificate(stack, machine) },
        ...(machine === undefined ? [] : [{ title: "a restart of the Docker daemon", do: () => anotherDaemon(machine) }]),
    ];
}

async function main(checkout: string, name: string, rate: number, releases: number, failing: number, machine?: string): Promise<void> {
    console.log(conditions());
    const stack = new Stack(checkout, name);
    const ports = stack.config["quai:ports"] as { https: number };
    const load = constantLoad({ port: ports.https, host: String(stack.config["quai:domain"]), address: await addressOf(machine), rate });
    const rows = new Map<string, Lost & { times: number; seconds: number }>();
    try {
        for (const step of steps(stack, releases, failing, machine)) {
            const before = load.count();
            const began = performance.now();
            const code = await step.do();
            if ((code !== 0) !== (step.fails ?? false)) throw new Error(`${step.title}: ended with ${code}:\n${stack.said.slice(-3000)}`);
            const after = load.count();
            const sum = rows.get(step.title) ?? { times: 0, seconds: 0, requests: 0, failed: 0, slow: 0 };
            rows.set(step.title, {
                times: sum.times + 1,
                seconds: sum.seconds + (performance.now() - began) / 1000,
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
            ["what", "times", "s each", "requests", "a second", "of these 5 s long", "failed"],
            [...rows].map(([title, { times, seconds, requests, slow, failed }]) =>
                [title, times, Math.round(seconds / times), requests, Math.round(requests / seconds), slow, failed].map(String),
            ),
        ),
    );
    console.log(`WebSockets: ${sockets.opened} opened, closed by ${JSON.stringify(sockets.codes)}`);
    for (const [what, count] of failures) console.log(`${count} × ${what}`);
}

const [checkout = ".", name = "releases", rate = "500", releases = "20", failing = "3", machine] = process.argv.slice(2);
main(checkout, name, Number(rate), Number(releases), Number(failing), machine).catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : String(error));
    process.exit(1);
});
