import { relative } from "node:path";
import { hostOf, sshOf } from "../../../infra/host";
import type { Settings } from "../../../infra/settings";
import { clearSecrets, parseSettings, SettingsError } from "../../../infra/settings";
import { runsCommands } from "../../../infra/settings/outside";
import { openRunCache } from "../../../infra/settings/run-cache";
import { withoutSecrets } from "../../../infra/settings/without-secrets";
import { judge } from "../../../policies";
import { applications, presetOf } from "../../../stacks/catalogue";
import type { SshConnection } from "../../../components/targets/ssh";
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
import { readStackFile, workingCopy, workingFolder, writeWorkingCopy } from "./stack-file";
import { prepareHost } from "./prepare";
import { connect, dockerOverSsh } from "./ssh-host";
import { outputsOf, readState } from "./state";

export interface StackOptions {
    readonly yes?: boolean;
    /** Settings that this command adds to the stack file's, without writing them there. */
    readonly additions?: Readonly<Record<string, unknown>>;
    /** Builds or pulls what the stack's images need. @default true */
    readonly images?: boolean;
    /** A machine that isn't a Docker host yet becomes one. @default false */
    readonly prepare?: boolean;
    /** False: a host over SSH need not be reachable. What stands in for its images is what the last update used. @default true */
    readonly connect?: boolean;
    /** Neither Docker nor a registry is asked; images are those of the last deployment. @default false */
    readonly offline?: boolean;
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
    /** How the host is reached; undefined: it's this machine. */
    readonly ssh?: SshConnection;
    /** Variables that lead the engine to this machine's Docker. */
    readonly dockerEnv: Readonly<Record<string, string>>;
}

/** The settings of a stack, checked as far as that goes without decrypting: wrong ones are told before anything is installed or built. */
export function stackSettings(checkout: string, stack: string): Settings {
    const { content } = readStackFile(checkout, stack);
    const raw = withoutSecrets(content.config ?? {}) as Record<string, unknown>;
    const clear = clearSecrets(content.config ?? {}, stack);
    try {
        const settings = parseSettings(raw, { stack, applications, preset: presetOf });
        if (clear.length > 0) throw new SettingsError(stack, [], settings);
        return settings;
    } catch (error) {
        if (!(error instanceof SettingsError)) throw error;
        // What the rules of the environment refuse is told at once, too.
        const refused = error.readable === undefined ? [] : judge(error.readable).refused;
        throw new SetupError(new SettingsError(stack, [...error.problems, ...clear, ...refused]).message, 2);
    }
}

/** What a command needs that talks to containers only: no engine of Pulumi, so there is nothing to install or to wait for. */
export type HostSession = Pick<Session, "checkout" | "stack" | "settings" | "host" | "ssh" | "dockerEnv">;

interface OpenHost extends HostSession {
    /** Variables by which the docker command reaches the host's engine. */
    readonly hostEnv: Variables;
}

/** Settings and Docker. */
export async function openHost(
    out: Terminal,
    stack: string,
    options: Pick<StackOptions, "yes" | "connect" | "offline"> = {},
): Promise<OpenHost> {
    const checkout = checkoutRoot;
    const settings = stackSettings(checkout, stack);
    const ssh = sshOf(settings);
    const confirm = out.interactive ? (question: string) => out.confirm(question) : undefined;
    const asked = ssh === undefined && options.offline !== true;
    const docker = asked ? await ensureDocker({ yes: options.yes, reporter: out, confirm }) : undefined;
    const dockerEnv = docker?.env ?? {};
    const hostEnv = ssh === undefined ? dockerEnv : dockerOverSsh(checkout, stack, ssh);
    if (ssh !== undefined && options.connect !== false && options.offline !== true) await connect(ssh);
    const host = new DockerHost(settings.stackId, undefined, { ...process.env, ...hostEnv });
    return { checkout, stack, settings, host, ssh, dockerEnv, hostEnv };
}

/** Settings, engine, plugins, Docker and images, each made ready if it isn't: in the order in which problems are cheapest to find. */
export async function openStack(out: Terminal, stack: string, options: StackOptions = {}): Promise<Session> {
    // A machine that is to be prepared may let nobody in as its later user yet.
    const { hostEnv, ...opened } = await openHost(out, stack, options.prepare === true ? { ...options, connect: false } : options);
    const { checkout } = opened;
    const found = await ensureEngine({ reporter: out, signal: interruptSignal() });
    if (process.env["PULUMI_DEBUG_GRPC"])
        out.warn("PULUMI_DEBUG_GRPC: the engine writes every secret into that file, in clear; remove it when it has served");
    const engine = runsCommands(opened.settings.secrets) ? { ...found, env: { ...found.env, ...openRunCache() } } : found;
    await ensurePlugins(engine, neededPlugins(), { reporter: out, signal: interruptSignal() });
    const session = { ...opened, engine, configFile: relative(checkout, workingCopy(checkout, stack)) };
    if (options.prepare === true && opened.ssh !== undefined) {
        writeWorkingCopy(checkout, stack, {});
        await initialise(session);
        if (hostOf(session.settings) !== undefined) await prepareHost(out, session, options);
        await connect(opened.ssh);
    }
    const mirror =
        options.images === false
            ? {}
            : await imageAdditions(
                  out,
                  session,
                  hostEnv,
                  options.offline !== true && (opened.ssh === undefined || options.connect !== false),
              );
    writeWorkingCopy(checkout, stack, { ...mirror, ...options.additions });
    await initialise(session);
    return session;
}

type Variables = Readonly<Record<string, string | undefined>>;

/** Where no registry answers, what stands in for the official images. A mirror that the user set is left alone. */
async function imageAdditions(out: Terminal, session: Session, hostEnv: Variables, connected: boolean): Promise<Record<string, unknown>> {
    const { settings, ssh } = session;
    if (settings.imageMirror !== undefined) {
        return {};
    }
    if (!connected) {
        const state = await readState(session.engine, session.stack);
        const used = state === undefined ? undefined : outputsOf(state)["imageMirror"];
        return used === undefined ? {} : { "quai:imageMirror": used };
    }
    let step: ReturnType<Terminal["step"]> | undefined;
    const onProgress = (line: string) => {
        step ??= out.step("Images");
        step.update(line);
    };
    try {
        const needs = imagesOf(settings).map((reference) => ({ reference }));
        const docker = { host: hostEnv["DOCKER_HOST"], env: hostEnv };
        const { imageMirror } = await imagesFor(needs, { onProgress, docker, copyFrom: ssh === undefined ? undefined : {} });
        step?.done();
        return Object.keys(imageMirror).length === 0 ? {} : { "quai:imageMirror": imageMirror };
    } catch (error) {
        step?.fail();
        throw error;
    }
}

/** Makes the stack with the engine, where it isn't there yet. */
export async function initialise(session: Pick<Session, "engine" | "stack" | "checkout">): Promise<void> {
    const { engine, stack, checkout } = session;
    if ((await readState(engine, stack)) !== undefined) {
        return;
    }
    const { secretsprovider } = readStackFile(checkout, stack).content;
    // Unless it is told, the engine begins with a passphrase, whatever the file says.
    const provider = secretsprovider === undefined ? [] : ["--secrets-provider", secretsprovider];
    const words = ["stack", "init", stack, "--no-select", "--non-interactive", ...provider];
    const result = await runPulumi(engine, words, { cwd: workingFolder(checkout) });
    if (result.code !== 0 && !result.stderr.includes("already exists")) {
        throw new SetupError(`stack ${stack} could not be made:\n${lastLines(result.stderr)}`);
    }
}

/** Arguments that every run of the engine on this stack has. */
export function engineArguments(session: Session): string[] {
    return ["--stack", session.stack, "--config-file", session.configFile, "--non-interactive", "--suppress-outputs", "--color", "never"];
}
