import { spawn, spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { checkoutRoot } from "../../../tools/engine/versions";
import { scratchFolder, shellProgram } from "../engine/support";

// Starts programs, which takes its time on a busy machine.
jest.setTimeout(60_000);

const folder = scratchFolder("launcher");
const lockFile = (version: string): string =>
    JSON.stringify({ packages: { "": {}, "node_modules/a": { version }, "node_modules/b": { version: "1", optional: true } } });
let count = 0;

/** A checkout with the real launcher and a command line that only prints its arguments; npm is a program that takes its time. */
function checkout(npm = 'sleep 0.3; mkdir -p node_modules; cp package-lock.json node_modules/.package-lock.json; echo run >>"$QUAI_RUNS"') {
    const root = join(folder, `checkout ${++count}`);
    for (const path of ["tools/cli", "tools/engine", "bin"]) mkdirSync(join(root, path), { recursive: true });
    copyFileSync(join(checkoutRoot, "quai"), join(root, "quai"));
    copyFileSync(join(checkoutRoot, "tools/engine/packages.cjs"), join(root, "tools/engine/packages.cjs"));
    writeFileSync(join(root, "tools/cli/start.cjs"), 'console.log("cli", ...process.argv.slice(2));');
    writeFileSync(join(root, "package-lock.json"), lockFile("1.0.0"));
    shellProgram(join(root, "bin", "npm"), npm);
    symlinkSync(process.execPath, join(root, "bin", "node"));
    return { root, runs: join(root, "runs"), env: { PATH: `${join(root, "bin")}:/usr/bin:/bin`, QUAI_RUNS: join(root, "runs") } };
}
type Checkout = ReturnType<typeof checkout>;
const call = ({ root, env }: Checkout, file = join(root, "quai")) =>
    spawnSync(file, ["status", "--json"], { env, encoding: "utf8", cwd: "/" });
const installs = ({ runs }: Checkout): number => (existsSync(runs) ? readFileSync(runs, "utf8").trim().split("\n").length : 0);
const runAsync = ({ root, env }: Checkout) =>
    new Promise<{ code: number | null; stderr: string }>((resolve) => {
        const child = spawn(join(root, "quai"), [], { env });
        let stderr = "";
        child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
        child.once("close", (code) => resolve({ code, stderr }));
    });

describe("./quai", () => {
    const shellcheck = spawnSync("shellcheck", ["--version"]).status === 0;
    (shellcheck ? it : it.skip)("passes shellcheck", () => {
        const checked = spawnSync("shellcheck", [join(checkoutRoot, "quai")], { encoding: "utf8" });
        expect(checked.stdout).toBe("");
        expect(checked.status).toBe(0);
    });

    it("installs the packages once, saying so in one line, and hands over its arguments", () => {
        const at = checkout();
        const first = call(at);
        expect(first).toMatchObject({ status: 0, stdout: "cli status --json\n" });
        expect(first.stderr).toBe("Installing the Node.js packages (npm ci)… done\n");
        expect(call(at)).toMatchObject({ status: 0, stderr: "" });
        expect(installs(at)).toBe(1);
    });

    it("works through symbolic links, from any folder", () => {
        const at = checkout();
        mkdirSync(join(at.root, "links"));
        symlinkSync("../quai", join(at.root, "links", "relative"));
        symlinkSync(join(at.root, "links", "relative"), join(folder, `absolute-${count}`));
        expect(call(at, join(folder, `absolute-${count}`))).toMatchObject({ status: 0, stdout: "cli status --json\n" });
    });

    it("tells Node.js to keep what it compiles in the checkout, unless somebody has said where", () => {
        const own = checkout();
        writeFileSync(join(own.root, "tools/cli/start.cjs"), "console.log(process.env.NODE_COMPILE_CACHE);");
        expect(call(own).stdout.trim()).toBe(join(own.root, ".quai/compiled"));
        expect(call({ ...own, env: { ...own.env, NODE_COMPILE_CACHE: "" } as Checkout["env"] }).stdout.trim()).toBe("");
    });

    it("installs again when package-lock.json asks for another version, not when only its date changed", () => {
        const at = checkout();
        call(at);
        writeFileSync(join(at.root, "package-lock.json"), lockFile("1.0.0"));
        call(at);
        expect(installs(at)).toBe(1);
        writeFileSync(join(at.root, "package-lock.json"), lockFile("1.0.1"));
        call(at);
        expect(installs(at)).toBe(2);
    });

    it("takes packages that were installed by npm itself", () => {
        const at = checkout();
        mkdirSync(join(at.root, "node_modules"));
        writeFileSync(
            join(at.root, "node_modules", ".package-lock.json"),
            JSON.stringify({ packages: { "node_modules/a": { version: "1.0.0" } } }),
        );
        expect(call(at)).toMatchObject({ status: 0, stderr: "" });
    });

    it("installs once when two run at once; the second says whom it waits for", async () => {
        const at = checkout();
        const both = await Promise.all([runAsync(at), runAsync(at)]);
        expect(both.map(({ code }) => code)).toEqual([0, 0]);
        expect(installs(at)).toBe(1);
        expect(both.map(({ stderr }) => stderr).join("")).toMatch(
            /Waiting for another quai( \(process \d+\))? that installs the Node\.js packages\./,
        );
        expect(existsSync(join(at.root, ".quai", "npm.lock"))).toBe(false);
    });

    it("takes over the lock of one that was killed", () => {
        const at = checkout();
        const dead = spawnSync("sh", ["-c", "echo $$"], { encoding: "utf8" }).stdout;
        mkdirSync(join(at.root, ".quai", "npm.lock"), { recursive: true });
        writeFileSync(join(at.root, ".quai", "npm.lock", "pid"), dead);
        expect(call(at).status).toBe(0);
        expect(installs(at)).toBe(1);
    });

    it("shows the end of npm's output when it fails, and gives the lock back", () => {
        const at = checkout("echo 'npm error E404'; exit 1");
        const failed = call(at);
        expect(failed.status).toBe(1);
        expect(failed.stderr).toContain("npm error E404");
        expect(failed.stderr).toContain("error: npm ci: failed in ");
        expect(existsSync(join(at.root, ".quai", "npm.lock"))).toBe(false);
    });

    it.each([
        ["is too old", "echo v18.19.0", "is too old. quai needs Node.js 20 or later: https://nodejs.org/en/download"],
        ["doesn't run", "exit 126", "doesn't run. Install Node.js 20 or later"],
        ["says nothing sensible", "echo hello", 'says its version is "hello"'],
    ])("says what to do where node %s", (_, body, message) => {
        const at = checkout();
        rmSync(join(at.root, "bin", "node"));
        shellProgram(join(at.root, "bin", "node"), body);
        const failed = call(at);
        expect(failed.status).toBe(1);
        expect(failed.stderr).toContain(message);
    });

    it("says what to do where node is missing", () => {
        const at = checkout();
        const bin = join(at.root, "bare");
        mkdirSync(bin);
        for (const tool of ["sh", "readlink", "dirname"])
            symlinkSync(spawnSync("which", [tool], { encoding: "utf8" }).stdout.trim(), join(bin, tool));
        const failed = call({ ...at, env: { ...at.env, PATH: bin } });
        expect(failed).toMatchObject({ status: 1 });
        expect(failed.stderr).toContain("error: node: isn't installed. quai needs Node.js 20 or later");
    });
});
