import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { withoutSecrets } from "../../../infra/settings/without-secrets";
import { ensureEngine, ensurePlugins, runPulumi } from "../../engine";
import { neededPlugins } from "../../engine/checks";
import { lastLines } from "../../engine/process";
import { workDir } from "../../engine/paths";
import { SetupError } from "../../engine/types";
import { checkoutRoot } from "../../engine/versions";
import { installFallbackPlugin, REHEARSAL_PLUGIN } from "../../offline/plugins/install";
import { interruptSignal } from "../interrupt";
import { isRecord } from "../report/values";
import type { Terminal } from "../terminal";
import { DockerHost } from "./docker";
import type { Session } from "./session";
import { stackSettings } from "./session";
import { readStackFile } from "./stack-file";

/** A session without the state, the host and the secrets of a stack. */
export interface Apart {
    readonly session: Session;
    /** Settings that are encrypted in the stack file, by path: something else stands in for them. */
    readonly placeholders: readonly string[];
    readonly close: () => void;
}

/** Of whoever runs this: nothing of it reaches a program that may be a stranger's. */
const NOT_PASSED_ON = /^(PULUMI_(ACCESS_TOKEN|CONFIG_PASSPHRASE.*|BACKEND_URL|CREDENTIALS_PATH)|AWS_.*|SSH_AUTH_SOCK|DOCKER_HOST)$/;

/**
 * The program against an empty state that is thrown away, with something else in the place of every encrypted setting. No host, no cloud and no
 * registry is asked, so it can be done with the stack file of anybody, on a machine that knows no secret.
 */
export async function openApart(out: Terminal, stack: string): Promise<Apart> {
    const checkout = checkoutRoot;
    const settings = stackSettings(checkout, stack);
    const { content } = readStackFile(checkout, stack);
    const found = await ensureEngine({ reporter: out, signal: interruptSignal() });
    const folder = mkdtempSync(join(tmpdir(), "quai-apart-"));
    const close = () => rmSync(folder, { recursive: true, force: true });
    try {
        const home = join(workDir(checkout), "apart");
        mkdirSync(join(folder, "state"), { recursive: true, mode: 0o700 });
        mkdirSync(home, { recursive: true, mode: 0o700 });
        const inherited = Object.fromEntries(Object.entries(found.env).filter(([name]) => !NOT_PASSED_ON.test(name)));
        const env = {
            ...inherited,
            PULUMI_HOME: home,
            PULUMI_BACKEND_URL: `file://${join(folder, "state")}`,
            PULUMI_CONFIG_PASSPHRASE: "nothing is kept",
            // Variables of whoever runs this would be asked for credentials; this plugin asks nobody.
            ...(settings.target.kind === "aws" ? { QUAI_AWS_REHEARSAL: "1" } : {}),
        };
        const engine = { ...found, home, env };
        await ensurePlugins(engine, neededPlugins(), { reporter: out, signal: interruptSignal() });
        if (settings.target.kind === "aws") await installFallbackPlugin(REHEARSAL_PLUGIN, { pulumiHome: home });
        const configFile = join(folder, `Pulumi.${stack}.yaml`);
        const config = withoutSources(content.config ?? {});
        const placeholders = encryptedPaths(config);
        writeFileSync(join(folder, "Pulumi.yaml"), "name: quai\nruntime: nodejs\n");
        writeFileSync(configFile, JSON.stringify({ config: withoutSecrets(config) }));
        const session: Session = {
            ...{ checkout, stack, settings, engine, configFile, dockerEnv: {} },
            host: new DockerHost(settings.stackId, "unix:///nowhere"),
        };
        await must(session, folder, ["stack", "init", stack, "--no-select", "--non-interactive"]);
        if (placeholders.length > 0) {
            const pairs = placeholders.flatMap((path) => ["--secret", `${path}=${STANDS_IN}`]);
            await must(session, folder, ["config", "set-all", "--path", ...pairs, "--stack", stack, "--config-file", configFile]);
        }
        return { session, placeholders, close };
    } catch (error) {
        close();
        throw error;
    }
}

const STANDS_IN = withoutSecrets({ secure: "" }) as string;

async function must({ engine }: Session, cwd: string, words: readonly string[]): Promise<void> {
    const { code, stderr } = await runPulumi(engine, words, { cwd });
    if (code !== 0) throw new SetupError(`pulumi ${words[0] ?? ""} failed:\n${lastLines(stderr)}`);
}

/** Variables and commands that secrets come from: a stranger's file would say what to run here. Each is as good as an encrypted value. */
export function withoutSources(config: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
    const secrets = config["quai:secrets"];
    if (!isRecord(secrets)) return config;
    const closed = { secure: "" };
    const isSource = (given: unknown) => isRecord(given) && (given["environment"] !== undefined || given["command"] !== undefined);
    const kept = Object.entries(secrets).map(([name, given]) => {
        if (!isRecord(given) || given["secure"] !== undefined) return [name, given] as const;
        const former = isSource(given["former"]) ? closed : given["former"];
        const present = isSource(given) ? closed : given["value"];
        return [name, former === undefined ? (present ?? given) : { value: present, former }] as const;
    });
    return { ...config, "quai:secrets": Object.fromEntries(kept) };
}

/** `quai:secrets.backupKey` */
export function encryptedPaths(config: unknown, path = ""): string[] {
    if (Array.isArray(config)) return config.flatMap((each, i) => encryptedPaths(each, `${path}[${i}]`));
    if (config === null || typeof config !== "object") return [];
    const entries = Object.entries(config);
    if (entries.length === 1 && entries[0]?.[0] === "secure") return [path];
    return entries.flatMap(([key, value]) => encryptedPaths(value, path === "" ? key : `${path}.${key}`)).sort();
}
