import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isSecret, type PluginProcess, secret, startInstalled, temporaryFolder, UNKNOWN, until } from "../harness";

// Processes are started for real, on a machine that may be busy.
jest.setTimeout(60_000);

const COMMAND = "command:local:Command";
const PASSWORD = "s3cret-and-long-enough";

const folder = temporaryFolder();
const at = (name: string): string => join(folder.path, name);
let plugin: PluginProcess;
beforeAll(async () => {
    plugin = await startInstalled("command");
});
afterAll(async () => {
    await plugin.stop();
    folder.remove();
});

test("runs `create` with input, environment, folder and interpreter", async () => {
    const inputs = {
        create: "import os,sys; print(os.getcwd(), os.environ['NAME'], sys.stdin.read())",
        interpreter: ["python3", "-c"],
        stdin: "given",
        environment: { NAME: "value" },
        dir: folder.path,
    };
    const { id, properties } = await plugin.create(COMMAND, inputs);
    expect(id).toMatch(/^thing[0-9a-f]{8}$/);
    expect(properties).toEqual({ ...inputs, stdout: `${folder.path} value given`, stderr: "" });
});

test("without commands it does nothing", async () => {
    const { properties } = await plugin.create(COMMAND, {});
    expect(properties).toEqual({ stdout: "", stderr: "" });
    expect(await plugin.update(COMMAND, "id", {}, properties, { dir: folder.path })).toEqual({ dir: folder.path, stdout: "", stderr: "" });
    await plugin.delete(COMMAND, "id", {}, properties);
});

test("an output loses one line break at its end, no more", async () => {
    const { properties } = await plugin.create(COMMAND, { create: "printf 'a\\n\\n'; printf 'b\\n' >&2" });
    expect(properties).toMatchObject({ stdout: "a\n", stderr: "b" });
});

test.each([
    [undefined, ["out", "err"]],
    ["stdout", ["out"]],
    ["stderr", ["err"]],
    ["stdoutAndStderr", ["out", "err"]],
    ["none", []],
])("logging %s shows %j, while it runs", async (logging, shown) => {
    const before = plugin.logs.length;
    const create = "echo out; sleep 0.1; echo err >&2; sleep 1";
    const running = plugin.create(COMMAND, logging === undefined ? { create } : { create, logging });
    await sleep(900);
    const lines = plugin.logs.slice(before);
    await running;
    expect(lines.map(({ message }) => message)).toEqual(shown);
    expect(lines.every(({ ephemeral, severity, urn }) => ephemeral && severity === 1 && urn.endsWith("::thing"))).toBe(true);
});

test("an update runs `update`, or else `create`, and sees the previous output", async () => {
    const old = { create: "echo first; echo warned >&2" };
    const { id, properties } = await plugin.create(COMMAND, old);
    const show = 'echo "$PULUMI_COMMAND_STDOUT/$PULUMI_COMMAND_STDERR"';
    const update = (news: Record<string, string | boolean>) => plugin.update(COMMAND, id, old, properties, news);
    expect((await update({ ...old, update: show }))["stdout"]).toBe("first/warned");
    expect((await update({ create: show }))["stdout"]).toBe("first/warned");
    expect((await update({ create: show, addPreviousOutputInEnv: false }))["stdout"]).toBe("/");
});

test("`delete` runs where it is set, with the output of the last run", async () => {
    const inputs = { create: "echo made", delete: `echo "gone: $PULUMI_COMMAND_STDOUT" > ${at("deleted")}` };
    const { id, properties } = await plugin.create(COMMAND, inputs);
    await plugin.delete(COMMAND, id, inputs, properties);
    expect(readFileSync(at("deleted"), "utf8")).toBe("gone: made\n");
    await expect(plugin.delete(COMMAND, id, inputs, { ...properties, delete: "exit 4" })).rejects.toThrow(
        'exit status 4: running "exit 4"',
    );
});

test("only triggers replace; everything else updates in place", async () => {
    const old = { create: "true", environment: { A: "1", B: "2" }, triggers: ["x", { deep: [1] }] };
    const diff = await plugin.diff(COMMAND, old, old, { ...old, environment: { A: "1", B: "3" }, delete: "true" });
    expect(diff).toMatchObject({ diffs: ["environment", "delete"], replaces: [], detailed: { "environment.B": "UPDATE", delete: "ADD" } });
    const triggered = await plugin.diff(COMMAND, old, old, { ...old, triggers: ["x", { deep: [2] }] });
    expect(triggered).toMatchObject({ replaces: ["triggers"], detailed: { "triggers[1].deep[0]": "UPDATE_REPLACE" } });
    expect((await plugin.diff(COMMAND, old, old, old)).changes).toBe(false);
    const unknown = await plugin.diff(COMMAND, old, old, { ...old, triggers: UNKNOWN });
    expect(unknown.replaces).toEqual(["triggers"]);
});

test("a preview runs nothing and leaves the output open", async () => {
    const inputs = { create: `touch ${at("previewed")}` };
    expect((await plugin.create(COMMAND, inputs, { preview: true })).properties).toMatchObject({
        ...inputs,
        stdout: UNKNOWN,
        stderr: UNKNOWN,
    });
    expect(await plugin.update(COMMAND, "id", { create: "true" }, { stdout: "x" }, inputs, true)).toMatchObject({ stdout: UNKNOWN });
    expect(existsSync(at("previewed"))).toBe(false);
});

test("a refresh keeps what is recorded; an import is refused", async () => {
    const state = { create: "true", stdout: "x", stderr: "" };
    expect(await plugin.read(COMMAND, "id", { create: "true" }, state)).toEqual({
        id: "id",
        inputs: { create: "true" },
        properties: state,
    });
    await expect(plugin.read(COMMAND, "id")).rejects.toThrow(`thing: ${COMMAND} can't be imported`);
});

describe("a failure", () => {
    test("shows status and output, but neither input nor secrets", async () => {
        const inputs = {
            create: "read line; echo out $line; echo err $TOKEN >&2; exit 3",
            stdin: "plain-input-text\n",
            environment: secret({ TOKEN: PASSWORD }),
        };
        const failure = plugin.create(COMMAND, inputs);
        await expect(failure).rejects.toThrow(/^exit status 3: running "read line; .*":\n[^]*err \[secret\]\n/);
        await expect(plugin.create(COMMAND, { create: "exit 2", stdin: "plain-input-text" })).rejects.toThrow(
            /^(?![^]*plain-input-text)exit status 2/,
        );
    });

    test("hides the output that isn't logged", async () => {
        await expect(plugin.create(COMMAND, { create: "echo hidden; exit 1", logging: "none" })).rejects.toThrow(
            'exit status 1: running "echo hidden; exit 1":\n(output not shown: logging is "none")',
        );
    });

    test("names a signal, a missing folder and a missing interpreter", async () => {
        await expect(plugin.create(COMMAND, { create: "kill -9 $$" })).rejects.toThrow('signal: SIGKILL: running "kill -9 $$"');
        await expect(plugin.create(COMMAND, { create: "true", dir: at("nowhere") })).rejects.toThrow(
            `dir: no such folder (got "${at("nowhere")}")`,
        );
        await expect(plugin.create(COMMAND, { create: "true", interpreter: ["no-such-shell"] })).rejects.toThrow(
            "no-such-shell: can't be started",
        );
    });
});

test("an output in which a secret turns up is secret itself", async () => {
    const { properties } = await plugin.create(COMMAND, { create: "cat; echo fine >&2", stdin: secret(PASSWORD) });
    expect([isSecret(properties["stdin"]), isSecret(properties["stdout"]), isSecret(properties["stderr"])]).toEqual([true, true, false]);
    expect(plugin.logs.some(({ message }) => message.includes(PASSWORD))).toBe(false);
});

test("wrong inputs are named, all at once", async () => {
    const { failures } = await plugin.check(COMMAND, {
        creat: "x",
        logging: "all",
        environment: { A: 1 },
        triggers: "x",
        archivePaths: ["*"],
    });
    expect(failures).toEqual([
        'creat: unknown property of Command; did you mean "create"?',
        "environment.A: must be a string (got 1)",
        'logging: must be one of "stdout", "stderr", "stdoutAndStderr", "none" (got "all")',
        'triggers: must be a list (got "x")',
    ]);
    expect((await plugin.check(COMMAND, { archivePaths: ["*"] })).failures).toEqual([
        "archivePaths: files as results are beyond the fallback plugin: leave it out, or install the official plugin",
    ]);
});

test("cancellation ends the command and what it started", async () => {
    const fresh = await startInstalled("command");
    try {
        const create = `sleep 1000 & (trap '' TERM; sleep 1001) & echo $$ > ${at("group")}; wait`;
        const running = fresh.create(COMMAND, { create });
        running.catch(() => undefined);
        await until(() => existsSync(at("group")));
        await sleep(200);
        expect(runningIn(readFileSync(at("group"), "utf8"))).toHaveLength(3);
        await fresh.cancel();
        await expect(running).rejects.toThrow("thing: cancelled");
        expect(runningIn(readFileSync(at("group"), "utf8"))).toEqual([]);
        await expect(fresh.create(COMMAND, { create: "true" })).rejects.toThrow("thing: cancelled");
    } finally {
        await fresh.stop();
    }
});

/** The processes of a group that still run (the ended ones that nobody has waited for don't count). */
function runningIn(group: string): string[] {
    const lines = execFileSync("ps", ["-eo", "pgid=,stat=,args="], { encoding: "utf8" }).split("\n");
    return lines
        .map((line) => line.trim().split(/\s+/))
        .filter(([id, state]) => id === group.trim() && !state?.startsWith("Z"))
        .map((words) => words.join(" "));
}

test("customTimeouts end a command", async () => {
    const started = Date.now();
    await expect(plugin.create(COMMAND, { create: "sleep 100" }, { timeout: 1 })).rejects.toThrow(
        "thing: timed out after 1 s (customTimeouts of the resource)",
    );
    expect(Date.now() - started).toBeLessThan(8000);
});
