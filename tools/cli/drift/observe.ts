import type { Session } from "../stack/session";

/** A container of the host, as `docker inspect` tells it. */
export interface SeenContainer {
    readonly id: string;
    readonly name: string;
    readonly image: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly state: string;
    readonly health: string | undefined;
    readonly restart: string;
    /** Bytes; 0: no limit. */
    readonly memory: number;
    readonly networks: readonly string[];
    readonly volumes: readonly string[];
    /** `127.0.0.1:8443->8443/tcp` */
    readonly ports: readonly string[];
}

/** What is on the host that could concern a stack. */
export interface Seen {
    readonly containers: readonly SeenContainer[];
    /** Networks and volumes with the stack's label or prefix. */
    readonly networks: readonly { readonly id: string; readonly name: string }[];
    readonly volumes: readonly string[];
    /** Image ids by the references that the state knows; undefined: gone. */
    readonly images: Readonly<Record<string, string | undefined>>;
}

interface Inspected {
    readonly Id: string;
    readonly Name: string;
    readonly Image: string;
    readonly Config: { readonly Labels: Readonly<Record<string, string>> | null };
    readonly State: { readonly Status: string; readonly Health?: { readonly Status: string } };
    readonly HostConfig: { readonly Memory: number; readonly RestartPolicy: { readonly Name: string } };
    readonly NetworkSettings: {
        readonly Networks: Readonly<Record<string, unknown>> | null;
        readonly Ports: Readonly<Record<string, readonly { readonly HostIp: string; readonly HostPort: string }[] | null>> | null;
    };
    readonly Mounts: readonly { readonly Type: string; readonly Name?: string }[];
}

export async function observe(session: Session, references: readonly string[]): Promise<Seen> {
    const { host, settings } = session;
    const ids = words(await host.docker(["ps", "--all", "--quiet", "--no-trunc"]));
    const inspected = ids.length === 0 ? [] : await inspectAll(session, ids);
    const prefix = `${settings.stackId}-`;
    const volumes = words(await host.docker(["volume", "ls", "--quiet"])).filter((name) => name.startsWith(prefix));
    return {
        containers: inspected.map(seen),
        networks: await host.networks(),
        volumes: [...new Set([...(await host.volumes()), ...volumes])].sort(),
        images: await imagesNow(session, references),
    };
}

/** Ids of images by their references; undefined: gone. */
export async function imagesNow({ host }: Pick<Session, "host">, references: readonly string[]): Promise<Seen["images"]> {
    const images = references.map(async (reference): Promise<[string, string | undefined]> => {
        const id = await host.docker(["image", "inspect", "--format", "{{.Id}}", reference]).catch(() => "");
        return [reference, id.trim() === "" ? undefined : id.trim()];
    });
    return Object.fromEntries(await Promise.all(images));
}

/** One that goes between the list and the look is no drift. */
async function inspectAll(session: Session, ids: readonly string[]): Promise<readonly Inspected[]> {
    try {
        return JSON.parse(await session.host.docker(["inspect", ...ids])) as Inspected[];
    } catch {
        const each = await Promise.all(ids.map((id) => session.host.docker(["inspect", id]).catch(() => "[]")));
        return each.flatMap((text) => JSON.parse(text) as Inspected[]);
    }
}

function seen(container: Inspected): SeenContainer {
    const ports = Object.entries(container.NetworkSettings.Ports ?? {}).flatMap(([inside, bindings]) =>
        (bindings ?? []).map(({ HostIp, HostPort }) => `${HostIp}:${HostPort}->${inside}`),
    );
    return {
        id: container.Id,
        name: container.Name.replace(/^\//, ""),
        image: container.Image,
        labels: container.Config.Labels ?? {},
        state: container.State.Status,
        health: container.State.Health?.Status,
        restart: container.HostConfig.RestartPolicy.Name,
        memory: container.HostConfig.Memory,
        networks: Object.keys(container.NetworkSettings.Networks ?? {}).sort(),
        volumes: container.Mounts.flatMap(({ Type, Name }) => (Type === "volume" && Name !== undefined ? [Name] : [])).sort(),
        ports: ports.sort(),
    };
}

function words(text: string): string[] {
    return text.split(/\s+/).filter((word) => word !== "");
}
