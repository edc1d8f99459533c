import { execFile, spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { installFallbackPlugin } from "../../../tools/offline/plugins/install";
import { PluginProcess, temporaryFolder } from "../harness";

// Processes are started for real, on a machine that may be busy.
jest.setTimeout(60_000);

const run = promisify(execFile);
const ROOT = join(__dirname, "../../..");
let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
    folder = temporaryFolder();
});
afterEach(() => folder.remove());

const options = () => ({ pulumiHome: join(folder.path, "home"), cacheDir: join(folder.path, "cache") });
const plugins = (): string[] => readdirSync(join(folder.path, "home/plugins")).sort();

test("puts an executable where the engine looks, under the version of the SDK", async () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, "node_modules/@pulumi/random/package.json"), "utf8")) as { version: string };
    const installed = await installFallbackPlugin("random", options());
    expect(installed).toEqual({
        name: "random",
        version,
        folder: join(folder.path, `home/plugins/resource-random-v${version}`),
        changed: true,
    });
    expect(plugins()).toEqual([`resource-random-v${version}`]);
    expect(statSync(join(installed.folder, "pulumi-resource-random")).mode & 0o111).toBe(0o111);
    const plugin = await PluginProcess.start(join(installed.folder, "pulumi-resource-random"));
    expect((await plugin.create("random:index/randomUuid:RandomUuid", {})).id).toHaveLength(36);
    expect(await plugin.stop()).toBe(0);
});

test("leaves an equal plugin as it is, renews another, and takes away the mark of a broken download", async () => {
    const first = await installFallbackPlugin("random", options());
    expect((await installFallbackPlugin("random", options())).changed).toBe(false);
    const launcher = join(first.folder, "pulumi-resource-random");
    const good = readFileSync(launcher, "utf8");
    writeFileSync(launcher, "#!/bin/sh\nexit 1\n");
    writeFileSync(`${first.folder}.partial`, "");
    expect((await installFallbackPlugin("random", options())).changed).toBe(true);
    expect(readFileSync(launcher, "utf8")).toBe(good);
    expect(plugins()).toEqual([`resource-random-v${first.version}`]);
});

test("a bundle that went from the cache comes back", async () => {
    await installFallbackPlugin("random", options());
    rmSync(join(folder.path, "cache"), { recursive: true });
    await installFallbackPlugin("random", options());
    expect(readdirSync(join(folder.path, "cache/plugins"))).toHaveLength(1);
});

test("many installs at once end in one whole plugin", async () => {
    const installs = await Promise.all(Array.from({ length: 6 }, () => installFallbackPlugin("random", options())));
    const [first] = installs;
    expect(plugins()).toEqual([`resource-random-v${first?.version}`]);
    expect(readdirSync(first?.folder ?? "").sort()).toEqual(["pulumi-resource-random", "quai-fallback.json"]);
    expect(readdirSync(join(folder.path, "cache/plugins"))).toHaveLength(1);
});

test("never touches an official plugin", async () => {
    const { version } = await installFallbackPlugin("random", { ...options(), pulumiHome: join(folder.path, "elsewhere") });
    const official = join(folder.path, `home/plugins/resource-random-v${version}`);
    mkdirSync(official, { recursive: true });
    writeFileSync(join(official, "pulumi-resource-random"), "official");
    await expect(installFallbackPlugin("random", options())).rejects.toThrow(
        `${official}: holds a plugin that was not installed from here`,
    );
    expect(readFileSync(join(official, "pulumi-resource-random"), "utf8")).toBe("official");
    expect(plugins()).toEqual([`resource-random-v${version}`]);
});

test("as a command: installs what is named, refuses what there is not", async () => {
    const env = { ...process.env, PULUMI_HOME: join(folder.path, "home"), QUAI_CACHE_DIR: join(folder.path, "cache") };
    const install = (...names: string[]) =>
        run(join(ROOT, "node_modules/.bin/tsx"), [join(ROOT, "tools/offline/plugins/install.ts"), ...names], { env });
    const { stdout } = await install("command", "tls");
    expect(stdout.split("\n").map((line) => line.replace(/-v[\d.]+$/, ""))).toEqual([
        `installed: ${join(folder.path, "home/plugins/resource-command")}`,
        `installed: ${join(folder.path, "home/plugins/resource-tls")}`,
        "",
    ]);
    await expect(install("comand")).rejects.toMatchObject({
        stderr: "comand: no such fallback plugin; there are docker, command, random, tls\n",
        code: 1,
    });
    expect(existsSync(join(folder.path, "cache/plugins"))).toBe(true);
});

test("a plugin gives its port soon after it is started", async () => {
    const { folder: home } = await installFallbackPlugin("command", options());
    const times: number[] = [];
    for (let round = 0; round < 5; round++) {
        const [bare, started] = [
            await timed(() => run(process.execPath, ["-e", "0"])),
            await timed(() => startAndStop(join(home, "pulumi-resource-command"))),
        ];
        times.push(started / bare);
    }
    // About 1.5 times the start of node itself, when the machine is idle; the best of five leaves other work out.
    expect(Math.min(...times)).toBeLessThan(4);
});

async function timed(work: () => Promise<unknown>): Promise<number> {
    const start = performance.now();
    await work();
    return performance.now() - start;
}

async function startAndStop(file: string): Promise<void> {
    const child = spawn(file, [], { stdio: ["pipe", "pipe", "inherit"] });
    const line = await new Promise<Buffer>((resolve) => child.stdout.once("data", resolve));
    expect(line.toString()).toMatch(/^\d+\n$/);
    child.stdin.end();
    await new Promise((resolve) => child.once("exit", resolve));
}
