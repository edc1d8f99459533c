/** The Docker command line, as the builder of images uses it. */
import { run, type RunOptions, type RunResult } from "./run";

/** The engine to work with. */
export interface DockerOptions {
    /** As in DOCKER_HOST: `unix:///var/run/docker.sock`, `ssh://user@host`. @default the command line's own choice (DOCKER_HOST, context) */
    readonly host?: string;
    /** The command. @default docker */
    readonly command?: string;
    /** Further variables for it, such as a PATH with another ssh. @default none */
    readonly env?: Readonly<Record<string, string | undefined>>;
}

export class Docker {
    readonly command: string;
    private readonly host: string | undefined;
    private readonly more: DockerOptions["env"];
    private builder: string | undefined;

    constructor(options: DockerOptions = {}) {
        this.command = options.command ?? "docker";
        this.host = options.host;
        this.more = options.env;
    }

    /** The environment that points the command line at the engine. */
    get env(): NodeJS.ProcessEnv {
        if (this.host === undefined) return process.env;
        const { DOCKER_CONTEXT: _context, ...rest } = process.env;
        return { ...rest, ...this.more, DOCKER_HOST: this.host };
    }

    run(args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
        return run(this.command, args, { ...options, env: { ...this.env, ...options.env } });
    }

    /** Like `run`, for commands that have no reason to fail. @throws with what the command said */
    async must(what: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
        const result = await this.run(args, options);
        if (result.code !== 0) throw new Error(`docker: ${what} failed:\n${result.tail}`);
        return result.stdout.trim();
    }

    /**
     * Those of the references that the engine has. One call for all.
     * @throws when the engine doesn't answer.
     */
    async present(references: readonly string[]): Promise<Set<string>> {
        if (references.length === 0) return new Set();
        // One line per image that's found; those that aren't are named in the error output, each in a line of its own.
        const result = await this.run(["image", "inspect", "--format", "{{.Id}}", ...references]);
        if (result.code === 0) return new Set(references);
        const missing = references.filter((reference) => new RegExp(`no such image: ${escape(reference)}\\s*$`, "im").test(result.tail));
        if (missing.length === 0) throw new Error(`docker: cannot ask the engine which images it has:\n${result.tail}`);
        return new Set(references.filter((reference) => !missing.includes(reference)));
    }

    /**
     * Builds a folder and returns the image's id. The image gets no name here, so that a killed build leaves none.
     * The network is the host's: what the machine's apt reaches, the build reaches.
     */
    async build(
        what: string,
        folder: string,
        args: Readonly<Record<string, string>>,
        idFile: string,
        onLine: (line: string) => void,
    ): Promise<void> {
        const flags = Object.entries(args).flatMap(([name, value]) => ["--build-arg", `${name}=${value}`]);
        // Without a value the build takes the proxy from the environment, and it appears in no history.
        const proxies = ["http_proxy", "https_proxy", "no_proxy"].flatMap((name) => (process.env[name] ? ["--build-arg", name] : []));
        this.builder ??= await this.builderOfEngine();
        await this.must(
            what,
            ["build", "--network", "host", "--iidfile", idFile, "--label", "io.quai.role=image", ...flags, ...proxies, folder],
            { onLine, env: { BUILDKIT_PROGRESS: "plain", BUILDX_BUILDER: this.builder } },
        );
    }

    /** The builder that belongs to the engine: another, in a container of its own, wouldn't see the engine's images. */
    private async builderOfEngine(): Promise<string> {
        if (this.host !== undefined || process.env.DOCKER_HOST) return "default";
        const context = await this.run(["context", "show"]);
        return context.code === 0 && context.stdout.trim() !== "" ? context.stdout.trim() : "default";
    }
}

const escape = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
