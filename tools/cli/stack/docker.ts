import { run } from "../../engine/process";
import { SetupError } from "../../engine/types";

/** An object of a stack on its Docker host. */
export interface HostContainer {
    readonly id: string;
    readonly name: string;
    readonly state: string;
    readonly health: "healthy" | "unhealthy" | "starting" | "none";
    readonly role: string;
    readonly service: string;
    readonly release: string;
    readonly restarts?: number;
}

/** Says where the cause of a service's trouble stands. */
export function logsShow(stack: string, service: string): string {
    return `./quai logs ${service} --stack ${stack} shows why`;
}

/** The docker command line, on the stack's host. */
export class DockerHost {
    constructor(
        private readonly stackId: string,
        /** `ssh://user@host`; undefined: this machine's engine. */
        private readonly host: string | undefined,
        private readonly environment: Readonly<Record<string, string | undefined>> = process.env,
    ) {}

    private get env(): Readonly<Record<string, string | undefined>> {
        return this.host === undefined ? this.environment : { ...this.environment, DOCKER_HOST: this.host };
    }

    /** Standard output. @throws SetupError with the engine's own words when it fails. */
    async docker(args: readonly string[], options: { readonly input?: string } = {}): Promise<string> {
        const result = await run("docker", args, { env: this.env, input: options.input });
        if (result.code !== 0) {
            throw new SetupError(`docker ${args[0]} failed: ${result.stderr.trim() || `exit ${result.code}`}`);
        }
        return result.stdout;
    }

    /** A POSIX shell script that uses docker, here, on the host's engine; `input` is its standard input. @throws SetupError with its own words */
    async script(text: string, input: string): Promise<void> {
        const result = await run("/bin/sh", ["-euc", text], { env: this.env, input });
        if (result.code !== 0) throw new SetupError(result.stderr.trim() || `exit ${result.code}`);
    }

    /** A command in a container, its lines shown as they come. @returns its exit status */
    async exec(
        container: string,
        command: readonly string[],
        onLine: (line: string, stream: "stdout" | "stderr") => void,
    ): Promise<number> {
        const result = await run("docker", ["exec", container, ...command], { env: this.env, onLine });
        return result.code;
    }

    /** Hands the terminal over to a docker command. @returns its exit status */
    async attended(args: readonly string[]): Promise<number> {
        return (await run("docker", args, { env: this.env, inherit: true })).code;
    }

    /** A docker command whose lines are shown as they come, until it ends or is told to. */
    async follow(args: readonly string[], onLine: (line: string) => void, signal?: AbortSignal): Promise<number> {
        return (await run("docker", args, { env: this.env, onLine, signal })).code;
    }

    /** Those that quai made. What somebody runs from one of the stack's images has the image's labels, its role among them, and is theirs. */
    async containers(): Promise<readonly HostContainer[]> {
        const label = (name: string) => `{{.Label "io.quai.${name}"}}`;
        const format = ["{{.ID}}", "{{.Names}}", "{{.State}}", "{{.Status}}", label("role"), label("service"), label("release")].join("\t");
        const text = await this.docker(["ps", "--all", "--no-trunc", ...this.mine(), "--format", format]);
        const all = lines(text).map((line) => {
            const [id = "", name = "", state = "", status = "", role = "", service = "", release = ""] = line.split("\t");
            return { id, name, state, health: healthIn(status), role, service, release };
        });
        return all.filter(({ role }) => role !== "image");
    }

    async networks(): Promise<readonly { readonly id: string; readonly name: string }[]> {
        const text = await this.docker(["network", "ls", "--no-trunc", ...this.mine(), "--format", "{{.ID}}\t{{.Name}}"]);
        return lines(text).map((line) => {
            const [id = "", name = ""] = line.split("\t");
            return { id, name };
        });
    }

    async volumes(): Promise<readonly string[]> {
        return lines(await this.docker(["volume", "ls", ...this.mine(), "--format", "{{.Name}}"]));
    }

    /** Images built for the stack, found by name: not every builder keeps the labels. */
    async images(): Promise<readonly string[]> {
        return this.imageNames(`quai/${this.stackId}/*`);
    }

    /**
     * Local equivalents of official images, when no other stack is on this engine: nothing of ours stays behind. They're made again from
     * what the cache folder holds.
     */
    async equivalents(): Promise<readonly string[]> {
        const label = '{{.Label "io.quai.stack"}}';
        const volumes = await this.docker(["volume", "ls", "--filter", "label=io.quai.stack", "--format", label]);
        const containers = await this.docker(["ps", "--all", "--filter", "label=io.quai.stack", "--format", label]);
        const others = [...lines(volumes), ...lines(containers)].some((stack) => stack !== this.stackId);
        return others ? [] : this.imageNames("quai.local/*");
    }

    private async imageNames(pattern: string): Promise<string[]> {
        return lines(await this.docker(["image", "ls", "--filter", `reference=${pattern}`, "--format", "{{.Repository}}:{{.Tag}}"]));
    }

    private mine(): string[] {
        return ["--filter", `label=io.quai.stack=${this.stackId}`];
    }
}

function lines(text: string): string[] {
    return text.split("\n").filter((line) => line !== "");
}

function healthIn(status: string): HostContainer["health"] {
    if (status.includes("(healthy)")) return "healthy";
    if (status.includes("(unhealthy)")) return "unhealthy";
    return status.includes("(health: starting)") ? "starting" : "none";
}
