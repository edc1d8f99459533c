import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { cachedFolder, ensureEngine, runPulumi } from "../../../tools/engine";
import { SetupError } from "../../../tools/engine/types";
import { engineVersion } from "../../../tools/engine/versions";
import { recorder, scratchFolder, shellProgram } from "./support";

// Starts programs, which takes its time on a busy machine.
jest.setTimeout(60_000);

const folder = scratchFolder("engine");
let count = 0;

/** A machine of its own: empty home, cache and checkout; only the programs of this PATH. */
function machine(path: readonly string[] = []) {
    const root = join(folder, `machine-${++count}`);
    const checkout = join(root, "checkout");
    mkdirSync(checkout, { recursive: true });
    const env = { HOME: join(root, "home"), PATH: [...path, "/usr/bin", "/bin"].join(delimiter), QUAI_CACHE_DIR: join(root, "cache") };
    return { root, checkout, env };
}

function fakePulumi(name: string, version: string, languageHost = true): string {
    const bin = join(folder, name);
    shellProgram(join(bin, "pulumi"), `[ "$1" = version ] && echo v${version} || env`);
    if (languageHost) shellProgram(join(bin, "pulumi-language-nodejs"), "exit 0");
    return bin;
}

/** An engine as a download or a build leaves it in the cache. */
function fillCache(source: "downloaded" | "built", env: Record<string, string>): void {
    for (const name of ["pulumi", "pulumi-language-nodejs"]) shellProgram(join(cachedFolder(source, env), name), "env");
}

describe("ensureEngine takes the first source that has it", () => {
    it("1: pulumi on PATH, when it's new enough", async () => {
        const { env, checkout } = machine([fakePulumi("new", "3.999.0")]);
        fillCache("built", env);
        const engine = await ensureEngine({ env, checkout });
        expect(engine).toMatchObject({ source: "installed", version: "3.999.0", pulumi: join(folder, "new", "pulumi") });
        expect(engine.env["PATH"]).toBe(env.PATH);
    });

    it("says why a pulumi on PATH that is too old isn't used", async () => {
        const { env, checkout } = machine([fakePulumi("old", "3.100.0")]);
        fillCache("downloaded", env);
        const reporter = recorder();
        const engine = await ensureEngine({ env, checkout, reporter });
        expect(engine.source).toBe("downloaded");
        expect(reporter.said).toEqual([
            `Not used: ${join(folder, "old", "pulumi")} is 3.100.0; ${engineVersion} or a later 3.x is needed, the version of the Node.js SDK in package.json.`,
        ]);
    });

    it("doesn't use a pulumi that has no Node.js language host", async () => {
        const { env, checkout } = machine([fakePulumi("bare", "3.999.0", false)]);
        fillCache("built", env);
        expect((await ensureEngine({ env, checkout })).source).toBe("built");
    });

    it("2: what was downloaded before what was built, and its folder first on PATH", async () => {
        const { env, checkout } = machine();
        fillCache("downloaded", env);
        fillCache("built", env);
        const engine = await ensureEngine({ env, checkout });
        expect(engine).toMatchObject({ source: "downloaded", version: engineVersion });
        expect(engine.env["PATH"]?.split(delimiter)[0]).toBe(cachedFolder("downloaded", env));
    });

    it("QUAI_ENGINE narrows the sources", async () => {
        const { env, checkout } = machine([fakePulumi("narrowed", "3.999.0")]);
        fillCache("built", env);
        expect((await ensureEngine({ env: { ...env, QUAI_ENGINE: "built" }, checkout })).source).toBe("built");
    });

    it("refuses a source that there isn't", async () => {
        const { env, checkout } = machine();
        const failing = ensureEngine({ env: { ...env, QUAI_ENGINE: "brew" }, checkout });
        await expect(failing).rejects.toEqual(
            new SetupError('QUAI_ENGINE: must be a list of installed, downloaded, built (got "brew")', 2),
        );
    });

    it("says so where no allowed source has one", async () => {
        const { env, checkout } = machine();
        const site = { name: "nowhere", archive: () => "http://127.0.0.1:9/a", checksums: () => "http://127.0.0.1:9/c" };
        const failing = ensureEngine({ env, checkout, sources: ["installed", "downloaded"], sites: [site] });
        await expect(failing).rejects.toThrow(
            `no engine: Pulumi ${engineVersion} was found in none of the allowed sources (installed, downloaded)`,
        );
    });
});

describe("the engine's environment", () => {
    async function environment(extra: Record<string, string> = {}, project = "name: quai\n") {
        const { env, checkout, root } = machine();
        fillCache("built", env);
        writeFileSync(join(checkout, "Pulumi.yaml"), project);
        const engine = await ensureEngine({ env: { ...env, ...extra }, checkout });
        return { engine, checkout, root };
    }

    it("keeps home and state in the checkout, and makes a passphrase only its owner can read", async () => {
        const { engine, checkout } = await environment();
        const file = join(checkout, ".quai", "passphrase");
        expect(engine.env).toMatchObject({
            PULUMI_HOME: join(checkout, ".quai", "home"),
            PULUMI_BACKEND_URL: `file://${join(checkout, ".quai", "state")}`,
            PULUMI_CONFIG_PASSPHRASE_FILE: file,
            PULUMI_SKIP_UPDATE_CHECK: "true",
            PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
        });
        expect(statSync(file).mode & 0o777).toBe(0o600);
        expect(Buffer.from(readFileSync(file, "utf8"), "base64url")).toHaveLength(32);
        expect(JSON.stringify(engine)).not.toContain(readFileSync(file, "utf8"));
    });

    it("keeps the passphrase it made, also when several make it at once", async () => {
        const { env, checkout } = machine();
        fillCache("built", env);
        await Promise.all([1, 2, 3].map(() => ensureEngine({ env, checkout })));
        const first = readFileSync(join(checkout, ".quai", "passphrase"), "utf8");
        await ensureEngine({ env, checkout });
        expect(readFileSync(join(checkout, ".quai", "passphrase"), "utf8")).toBe(first);
        expect(readdirSync(join(checkout, ".quai")).filter((name) => name.startsWith("passphrase"))).toEqual(["passphrase"]);
    });

    it("won't make a new passphrase over stacks that an earlier one encrypted", async () => {
        const { env, checkout } = machine();
        fillCache("built", env);
        mkdirSync(join(checkout, ".quai", "state", ".pulumi", "stacks", "quai"), { recursive: true });
        writeFileSync(join(checkout, ".quai", "state", ".pulumi", "stacks", "quai", "dev.json"), "{}");
        await expect(ensureEngine({ env, checkout })).rejects.toThrow(".quai/passphrase: is missing, but .quai/state holds stacks");
    });

    it.each(["PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"])("leaves %s to the user who sets it", async (name) => {
        const { engine, checkout } = await environment({ [name]: "given" });
        expect(engine.env[name]).toBe("given");
        expect(existsSync(join(checkout, ".quai", "passphrase"))).toBe(false);
    });

    it("PULUMI_BACKEND_URL wins, and gets no passphrase made here", async () => {
        const { engine } = await environment({ PULUMI_BACKEND_URL: "s3://states" });
        expect(engine.env["PULUMI_BACKEND_URL"]).toBe("s3://states");
        expect(engine.env["PULUMI_CONFIG_PASSPHRASE_FILE"]).toBeUndefined();
    });

    it("leaves a backend of Pulumi.yaml to the engine", async () => {
        const { engine } = await environment({}, "name: quai\nbackend:\n  url: s3://states\n");
        expect(engine.env["PULUMI_BACKEND_URL"]).toBeUndefined();
        expect(engine.env["PULUMI_CONFIG_PASSPHRASE_FILE"]).toBeUndefined();
    });

    it("finds a user's login for a shared backend", async () => {
        const login = join(folder, "login");
        mkdirSync(login, { recursive: true });
        writeFileSync(join(login, "credentials.json"), "{}");
        const { engine } = await environment({ PULUMI_HOME: login, PULUMI_BACKEND_URL: "https://api.pulumi.com" });
        expect(engine.env["PULUMI_CREDENTIALS_PATH"]).toBe(login);
        expect(engine.home).not.toBe(login);
    });

    it("runs the engine in the checkout, with what a caller adds", async () => {
        const { engine, checkout } = await environment();
        const lines: string[] = [];
        const result = await runPulumi(engine, ["whoami"], { env: { MORE: "1" }, onLine: (line) => lines.push(line) });
        expect(result).toMatchObject({ code: 0, timedOut: false });
        expect(lines).toContain("MORE=1");
        expect(lines).toContain(`PWD=${checkout}`);
    });
});
