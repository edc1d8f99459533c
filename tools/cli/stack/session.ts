import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Settings } from "../../../infra/settings";
import { parseSettings, SettingsError } from "../../../infra/settings";
import { imagesOf } from "../../../stacks/images";
import type { Engine } from "../../engine";
import { ensureEngine, ensurePlugins, runPulumi } from "../../engine";
import { neededPlugins } from "../../engine/checks";
import { ensureDocker } from "../../engine/docker/ensure";
import { lastLines } from "../../engine/process";
import { SetupError } from "../../engine/types";
import { checkoutRoot } from "../../engine/versions";
import { imagesFor } from "../../offline/images";
import { interruptSignal } from "../interrupt";
import type { Terminal } from "../terminal";
import { DockerHost } from "./docker";
import { readStackFile, withoutSecrets, workingFolder, writeWorkingCopy } from "./stack-file";
import { readState } from "./state";

export interface StackOptions {
    readonly yes?: boolean;
    /** Settings that this command adds to the stack file's, without writing them there. */
    readonly additions?: Readonly<Record<string, unknown>>;
    /** Builds or pulls what the stack's images need. @default true */
    readonly images?: boolean;
}

/** Everything a command needs to work with one stack. */
export interface Session {
    readonly checkout: string;
    readonly stack: string;
    readonly settings: Settings;
    readonly engine: Engine;
    readonly host: DockerHost;
    /** The stack file that the engine is given. */
    readonly configFile: string;
    /** Variables that lead to the Docker engine. */
    readonly dockerEnv: Readonly<Record<string, string>>;
}

/** The settings of a stack, checked as far as that goes without decrypting: wrong ones are told before anything is installed or built. */
export function stackSettings(checkout: string, stack: string): Settings {
    const { content } = readStackFile(checkout, stack);
    const raw = withoutSecrets(content.config ?? {}) as Record<string, unknown>;
    try {
        return parseSettings(raw, { stack, applications: applications(checkout) });
    } catch (error) {
        throw error instanceof SettingsError ? new SetupError(error.message, 2) : error;
    }
}

function applications(checkout: string): string[] {
    const notApplications = ["index", "images", "shared"];
    return readdirSync(join(checkout, "stacks"))
        .filter((file) => file.endsWith(".ts"))
        .map((file) => file.slice(0, -".ts".length))
        .filter((name) => !notApplications.includes(name));
}

/** Settings, engine, plugins, Docker and images, each made ready if it isn't: in the order in which problems are cheapest to find. */
export async function openStack(out: Terminal, stack: string, options: StackOptions = {}): Promise<Session> {
    const checkout = checkoutRoot;
    const settings = stackSettings(checkout, stack);
    const remote = settings.target.kind === "docker" ? settings.target.host : undefined;
    const confirm = out.interactive ? (question: string) => out.confirm(question) : undefined;
    const docker = remote === undefined ? await ensureDocker({ yes: options.yes, reporter: out, confirm }) : undefined;
    const dockerEnv = docker?.env ?? {};
    const engine = await ensureEngine({ reporter: out, signal: interruptSignal() });
    await ensurePlugins(engine, neededPlugins(), { reporter: out, signal: interruptSignal() });
    const mirror = options.images === false ? {} : await imageAdditions(out, settings, remote ?? dockerEnv["DOCKER_HOST"]);
    const configFile = writeWorkingCopy(checkout, stack, { ...mirror, ...options.additions });
    const host = new DockerHost(settings.stackId, remote, { ...process.env, ...dockerEnv });
    const session = { checkout, stack, settings, engine, host, configFile, dockerEnv };
    await initialise(session);
    return session;
}

/** Where no registry answers, what stands in for the official images. A mirror that the user set is left alone. */
async function imageAdditions(out: Terminal, settings: Settings, host: string | undefined): Promise<Record<string, unknown>> {
    if (settings.imageMirror !== undefined) {
        return {};
    }
    let step: ReturnType<Terminal["step"]> | undefined;
    const onProgress = (line: string) => {
        step ??= out.step("Images");
        step.update(line);
    };
    try {
        const needs = imagesOf(settings).map((reference) => ({ reference }));
        const { imageMirror } = await imagesFor(needs, { onProgress, docker: { host } });
        step?.done();
        return Object.keys(imageMirror).length === 0 ? {} : { "quai:imageMirror": imageMirror };
    } catch (error) {
        step?.fail();
        throw error;
    }
}

async function initialise(session: Session): Promise<void> {
    const { engine, stack, checkout } = session;
    if ((await readState(engine, stack)) !== undefined) {
        return;
    }
    const result = await runPulumi(engine, ["stack", "init", stack, "--no-select", "--non-interactive"], { cwd: workingFolder(checkout) });
    if (result.code !== 0 && !result.stderr.includes("already exists")) {
        throw new SetupError(`stack ${stack} could not be made:\n${lastLines(result.stderr)}`);
    }
}

/** Arguments that every run of the engine on this stack has. */
export function engineArguments(session: Session): string[] {
    return ["--stack", session.stack, "--config-file", session.configFile, "--non-interactive", "--suppress-outputs", "--color", "never"];
}
