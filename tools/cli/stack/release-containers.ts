import { SetupError } from "../../engine/types";
import type { HostContainer } from "./docker";
import type { HostSession } from "./session";

/** What a container was made with, as far as a second one like it needs it. */
export interface ContainerFacts {
    readonly image: string;
    readonly user: string;
    readonly environment: readonly string[];
    readonly entrypoint: readonly string[];
    readonly networks: readonly string[];
    /** In bytes; 0: no limit. */
    readonly memory: number;
    /** In billionths of a CPU; 0: no limit. */
    readonly nanoCpus: number;
    readonly readOnly: boolean;
    readonly tmpfs: Readonly<Record<string, string>>;
}

/**
 * The running containers of a service, healthy ones first; or of a job, which has ended.
 *
 * @throws SetupError that names the services that run
 */
export async function containersOf(session: HostSession, service: string): Promise<readonly [HostContainer, ...HostContainer[]]> {
    const all = (await session.host.containers()).filter(
        ({ state, role }) => role === "job" || (state === "running" && role !== "one-off"),
    );
    const found = all.filter((each) => each.service === service);
    const [first, ...others] = [
        ...found.filter(({ health }) => health === "healthy"),
        ...found.filter(({ health }) => health !== "healthy"),
    ];
    if (first === undefined) {
        const names = [...new Set(all.map((each) => each.service))].sort().join(", ");
        throw new SetupError(
            `no service ${service} runs in ${session.settings.stackId}; ${names === "" ? `nothing does: ./quai up ${session.stack}` : `there are: ${names}`}`,
            2,
        );
    }
    return [first, ...others];
}

interface Inspected {
    /** The image's id. */
    readonly Image: string;
    readonly Config: { readonly User: string; readonly Env: string[] | null; readonly Entrypoint: string[] | null };
    readonly HostConfig: {
        readonly Memory: number;
        readonly NanoCpus: number;
        readonly ReadonlyRootfs: boolean;
        readonly Tmpfs: Record<string, string> | null;
    };
    readonly NetworkSettings: { readonly Networks: Record<string, unknown> };
}

export async function factsOf(session: HostSession, id: string): Promise<ContainerFacts> {
    const [found] = JSON.parse(await session.host.docker(["inspect", id])) as [Inspected];
    return {
        image: found.Image,
        user: found.Config.User,
        environment: found.Config.Env ?? [],
        entrypoint: found.Config.Entrypoint ?? [],
        networks: Object.keys(found.NetworkSettings.Networks).sort(),
        memory: found.HostConfig.Memory,
        nanoCpus: found.HostConfig.NanoCpus,
        readOnly: found.HostConfig.ReadonlyRootfs,
        tmpfs: found.HostConfig.Tmpfs ?? {},
    };
}
