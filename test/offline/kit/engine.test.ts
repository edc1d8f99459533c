import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { installFallbackPlugin } from "../../../tools/offline/plugins/install";
import { temporaryFolder } from "../harness";

// The real engine runs the real plugins, step by step, on a machine that may be busy.
jest.setTimeout(300_000);

const ROOT = join(__dirname, "../../..");
/** Set by `./quai test`; without it, the one on the PATH. */
const ENGINE = process.env["QUAI_TEST_PULUMI"] ?? "pulumi";
const GIVEN = "given-by-the-user-in-secret";

const folder = temporaryFolder();
const at = (...names: string[]): string => join(folder.path, ...names);
/** Everything the engine printed, over all steps. */
let printed = "";

interface Stage {
    readonly keeper?: string;
    readonly create?: string;
    readonly given?: string;
    readonly environment?: Record<string, string>;
    readonly wrong?: boolean;
    readonly imported?: boolean;
}

function pulumi(args: readonly string[], stage: Stage = {}, quiet = false): Promise<{ code: number | null; output: string }> {
    const env = {
        ...process.env,
        PULUMI_HOME: at("home"),
        PULUMI_BACKEND_URL: `file://${at("state")}`,
        PULUMI_CONFIG_PASSPHRASE: "test",
        PULUMI_SKIP_UPDATE_CHECK: "true",
        PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
        QUAI_TEST_STAGE: JSON.stringify(stage),
        QUAI_TEST_FOLDER: folder.path,
    };
    const child = spawn(ENGINE, [...args, "--non-interactive"], { cwd: at("program"), env, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    const take = (chunk: Buffer): void => void (output += chunk.toString("utf8"));
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    return new Promise((resolve, reject) => {
        child.once("error", (error) =>
            reject(new Error(`${ENGINE}: the engine can't be started (${error.message}); set QUAI_TEST_PULUMI or run ./quai test`)),
        );
        child.once("close", (code) => {
            if (!quiet) printed += output;
            resolve({ code, output });
        });
    });
}

async function succeed(args: readonly string[], stage: Stage = {}): Promise<string> {
    const { code, output } = await pulumi(args, stage);
    if (code !== 0) throw new Error(`pulumi ${args.join(" ")} ended with ${code}:\n${output}`);
    return output;
}

/** Without touching what was printed: this one shows secrets on purpose. */
async function outputs(): Promise<Record<string, string>> {
    const { output } = await pulumi(["stack", "output", "--json", "--show-secrets"], {}, true);
    return JSON.parse(output.slice(output.indexOf("{"))) as Record<string, string>;
}

beforeAll(async () => {
    mkdirSync(at("state"));
    for (const name of ["command", "random", "tls"] as const)
        await installFallbackPlugin(name, { pulumiHome: at("home"), cacheDir: at("cache") });
    cpSync(join(__dirname, "program"), at("program"), { recursive: true });
    symlinkSync(join(ROOT, "node_modules"), at("program/node_modules"));
    await succeed(["stack", "init", "t"]);
});
afterAll(() => folder.remove());

test("a preview runs nothing, an update everything, and after it there is nothing to do", async () => {
    expect(await succeed(["preview"])).toContain("+ 5 to create");
    expect(existsSync(at("written"))).toBe(false);
    expect(await succeed(["up", "--yes", "--skip-preview"])).toContain("+ 5 created");
    const { password, written, certificate } = await outputs();
    expect(readFileSync(at("written"), "utf8")).toBe(`${password}|${GIVEN}`);
    expect(written).toBe("done");
    expect(certificate).toContain("-----BEGIN CERTIFICATE-----");
    await succeed(["preview", "--expect-no-changes"]);
});

test("a preview shows the names of what changes, and what that replaces", async () => {
    const changed = await succeed(["preview", "--diff"], { keeper: "second", environment: { PLAIN: "other" } });
    expect(changed).toContain("+-random:index/randomPassword:RandomPassword: (replace)");
    expect(changed).toMatch(/~ on: "first" => "second"/);
    expect(changed).toContain("~ command:local:Command: (update)");
    expect(changed).toMatch(/~ PLAIN *: "plain" => "other"/);
});

test("a refresh finds nothing changed", async () => {
    const refreshed = await succeed(["refresh", "--yes", "--skip-preview"]);
    expect(refreshed).toContain("5 unchanged");
    await succeed(["preview", "--expect-no-changes"]);
});

test("a change replaces what it must, in order, and runs the command again", async () => {
    const before = await outputs();
    expect(await succeed(["up", "--yes", "--skip-preview"], { keeper: "second" })).toContain("+-1 replaced");
    const after = await outputs();
    expect(after["password"]).not.toBe(before["password"]);
    expect(after["key"]).toBe(before["key"]);
    expect(readFileSync(at("written"), "utf8")).toBe(`${after["password"]}|${GIVEN}`);
});

test("a failed command fails the update, and says why without its secrets", async () => {
    const stage = { keeper: "second", create: 'cat; echo; echo "because $SECRET"; exit 9' };
    const { code, output } = await pulumi(["up", "--yes", "--skip-preview"], stage);
    expect(code).not.toBe(0);
    expect(output).toContain("exit status 9: running");
    expect(output).toContain("because [secret]");
    await succeed(["up", "--yes", "--skip-preview"], { keeper: "second" });
});

test("wrong values stop a preview, each with its name", async () => {
    const { code, output } = await pulumi(["preview"], { keeper: "second", wrong: true });
    expect(code).not.toBe(0);
    expect(output).toContain('length: must be a whole number (got "x")');
    expect(output).toContain('special: must be a boolean (got "no")');
});

test("what exists elsewhere is imported, by the program and by the command line", async () => {
    expect(await succeed(["up", "--yes", "--skip-preview"], { keeper: "second", imported: true })).toContain("= 1 imported");
    await succeed(["preview", "--expect-no-changes"], { keeper: "second", imported: true });
    const line = await succeed([
        "import",
        "random:index/randomUuid:RandomUuid",
        "uuid",
        "0a0b0c0d-0000-4000-8000-000000000001",
        "--yes",
        "--protect=false",
        "--generate-code=false",
    ]);
    expect(line).toContain("= 1 imported");
});

test("neither the state nor anything printed holds a secret", async () => {
    const { password = "", key = "" } = await outputs();
    const keyLines = key.split("\n").filter((line) => line.length > 40);
    expect([password.length, keyLines.length]).toEqual([30, 2]);
    const state = readFileSync(at("state/.pulumi/stacks/kit-offline-test/t.json"), "utf8");
    for (const secret of [password, GIVEN, ...keyLines]) {
        expect(state.includes(secret) || state.includes(Buffer.from(secret).toString("base64"))).toBe(false);
        expect(printed.includes(secret)).toBe(false);
    }
    // The certificate is no secret: the search finds what is there in the clear.
    expect(state).toContain("-----BEGIN CERTIFICATE-----");
});

test("destroying undoes everything", async () => {
    const gone = await succeed(["destroy", "--yes", "--skip-preview"]);
    expect(gone).toContain("- 7 deleted");
    expect(existsSync(at("written"))).toBe(false);
});
