import { randomBytes } from "node:crypto";
import { existsSync, linkSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { cacheDir, findOnPath, prependPath, workDir, type Environment } from "./paths";
import { SetupError, type EngineFiles } from "./types";

const projectFile = z.object({ backend: z.object({ url: z.string().optional() }).optional() });

/** Where the state is kept, and who said so. */
export interface Backend {
    readonly url: string;
    readonly from: "PULUMI_BACKEND_URL" | "Pulumi.yaml" | "default";
}

/** PULUMI_BACKEND_URL wins, then `backend.url` in Pulumi.yaml, then a folder of the checkout. */
export function stateBackend(checkout: string, env: Environment): Backend {
    if (env["PULUMI_BACKEND_URL"]) return { url: env["PULUMI_BACKEND_URL"], from: "PULUMI_BACKEND_URL" };
    const file = join(checkout, "Pulumi.yaml");
    const project = existsSync(file) ? projectFile.safeParse(parse(readFileSync(file, "utf8"))) : undefined;
    const url = project?.data?.backend?.url;
    return url ? { url, from: "Pulumi.yaml" } : { url: `file://${join(workDir(checkout), "state")}`, from: "default" };
}

function hasStacks(checkout: string): boolean {
    const stacks = join(workDir(checkout), "state", ".pulumi", "stacks");
    return existsSync(stacks) && readdirSync(stacks, { recursive: true }).some((name) => String(name).endsWith(".json"));
}

/**
 * The file with the passphrase that encrypts secrets in the checkout's own state: made once, 32 random bytes, readable by its owner
 * only. Throws where stacks exist that an earlier passphrase encrypted and the file is gone, since a new one couldn't read them.
 */
export function passphraseFile(checkout: string): string {
    const file = join(workDir(checkout), "passphrase");
    if (existsSync(file)) return file;
    if (hasStacks(checkout)) {
        throw new SetupError(
            ".quai/passphrase: is missing, but .quai/state holds stacks whose secrets were encrypted with it: " +
                "put the file back, or set PULUMI_CONFIG_PASSPHRASE, or remove .quai/state if nothing in it is needed any more",
        );
    }
    mkdirSync(workDir(checkout), { recursive: true });
    const partial = `${file}.${process.pid}.${randomBytes(4).toString("hex")}`;
    try {
        writeFileSync(partial, randomBytes(32).toString("base64url"), { mode: 0o600, flag: "wx" });
        linkSync(partial, file); // Unlike a rename, leaves the file of another who was faster.
    } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    } finally {
        rmSync(partial, { force: true });
    }
    return file;
}

function passphrase(checkout: string, backend: Backend, env: Environment): Record<string, string> {
    if (env["PULUMI_CONFIG_PASSPHRASE"] !== undefined || env["PULUMI_CONFIG_PASSPHRASE_FILE"]) return {};
    // A shared backend needs a passphrase that others know too: one made here would lock them out.
    return backend.from === "default" ? { PULUMI_CONFIG_PASSPHRASE_FILE: passphraseFile(checkout) } : {};
}

/** The environment in which the engine runs: its own home and state inside the checkout, nothing of the user's installation touched. */
export function engineEnvironment(files: EngineFiles, checkout: string, env: Environment): Record<string, string> {
    const home = join(workDir(checkout), "home");
    const backend = stateBackend(checkout, env);
    mkdirSync(home, { recursive: true, mode: 0o700 });
    if (backend.from === "default") mkdirSync(join(workDir(checkout), "state"), { recursive: true, mode: 0o700 });
    const given = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
    const node = join(process.execPath, "..");
    const path = files.source === "installed" ? (env["PATH"] ?? "") : prependPath(join(files.pulumi, ".."), env["PATH"]);
    const result: Record<string, string> = {
        // The program loads its TypeScript itself; see languageHostStarter in build.ts.
        PULUMI_NODEJS_TYPESCRIPT: "false",
        // Compiled JavaScript of the SDK is kept from one run to the next (Node.js 22.1 and later; older ones ignore it).
        NODE_COMPILE_CACHE: join(cacheDir(env), "node"),
        ...Object.fromEntries(given),
        PATH: findOnPath("node", env) ? path : `${path}:${node}`,
        PULUMI_HOME: home,
        PULUMI_SKIP_UPDATE_CHECK: "true",
        // Plugins are set up before the engine runs; without a download site its own tries would take minutes.
        PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
        ...passphrase(checkout, backend, env),
    };
    if (backend.from !== "Pulumi.yaml") result["PULUMI_BACKEND_URL"] = backend.url;
    // A login to a shared backend lives in the user's own home of the engine.
    const login = env["PULUMI_HOME"] || join(env["HOME"] || homedir(), ".pulumi");
    if (backend.from !== "default" && !env["PULUMI_CREDENTIALS_PATH"] && existsSync(join(login, "credentials.json"))) {
        result["PULUMI_CREDENTIALS_PATH"] = login;
    }
    return result;
}
