import { isRecord } from "../report/values";
import { hostName, labelOf, TYPE } from "../report/resources";
import type { StackState, StateResource } from "../stack/state";
import type { Finding, Repair } from "./findings";
import { byText } from "./findings";
import type { Seen, SeenContainer } from "./observe";

const UPDATE: Repair = { kind: "update" };

/** What differs between a state and what is on its host, less the contents of files; pure. */
export function compare(stackId: string, state: StackState, seen: Seen): readonly Finding[] {
    const declared = state.resources.filter(({ type }) => type === TYPE.container).map(stateOf);
    const byId = new Map(seen.containers.map((container) => [container.id, container]));
    const found = declared.flatMap(({ id, resource }) => containerFindings(resource, byId.get(id)));
    return [...found, ...undeclared(stackId, state, seen), ...missingVolumes(state, seen), ...imageFindings(state, seen)].sort(byText);
}

function stateOf(resource: StateResource) {
    return { id: resource.id ?? "", resource: { inputs: resource.inputs ?? {}, outputs: resource.outputs ?? {} } };
}

type Declared = ReturnType<typeof stateOf>["resource"];

function containerFindings(declared: Declared, container: SeenContainer | undefined): Finding[] {
    const name = hostName(declared) ?? "unknown";
    const about = (what: string, repair: Repair): Finding => ({ kind: "changed", what: `container ${name} ${what}`, repair });
    if (container === undefined) return [{ kind: "missing", what: `container ${name} is gone`, repair: UPDATE }];
    const wanted = { memory: Number(declared.inputs["memory"] ?? 0) * MEBIBYTE, restart: text(declared.inputs["restart"]) ?? "no" };
    const networks = names(declared.inputs["networksAdvanced"], "name");
    const ports = portsOf(declared);
    return [
        ...(container.name === name ? [] : [about(`was renamed to ${container.name}`, docker("rename", container.id, name))]),
        ...(container.state === "paused" ? [about("is paused", docker("unpause", container.id))] : []),
        ...(["running", "paused"].includes(container.state) ? [] : [about(`is ${container.state}`, docker("start", container.id))]),
        ...(container.health === "unhealthy" ? [about("is unhealthy", { kind: "hand", how: `docker logs ${name} shows why` })] : []),
        ...(container.restart === wanted.restart
            ? []
            : [about(`restarts ${container.restart}, not ${wanted.restart}`, docker("update", "--restart", wanted.restart, container.id))]),
        ...(container.memory === wanted.memory
            ? []
            : [
                  about(
                      `may use ${mebibytes(container.memory)}, not ${mebibytes(wanted.memory)}`,
                      docker("update", ...limits(wanted.memory), container.id),
                  ),
              ]),
        ...networks
            .filter((network) => !container.networks.includes(network))
            .map((network) =>
                about(
                    `is no longer on network ${network}`,
                    docker("network", "connect", ...aliases(declared, network), network, container.id),
                ),
            ),
        ...container.networks
            .filter((network) => !networks.includes(network) && networks.length > 0)
            .map((network) => about(`is on network ${network}, too`, docker("network", "disconnect", network, container.id))),
        ...container.ports.filter((port) => !ports.includes(port)).map((port) => about(`publishes ${port}`, UPDATE)),
    ];
}

const MEBIBYTE = 1024 * 1024;

function limits(memory: number): string[] {
    return ["--memory", String(memory), "--memory-swap", String(memory)];
}

function mebibytes(bytes: number): string {
    return bytes === 0 ? "all memory" : `${Math.round(bytes / MEBIBYTE)} MiB`;
}

function aliases(declared: Declared, network: string): string[] {
    const entries = declared.inputs["networksAdvanced"];
    const entry = Array.isArray(entries) ? (entries as unknown[]).find((each) => isRecord(each) && each["name"] === network) : undefined;
    const list = isRecord(entry) && Array.isArray(entry["aliases"]) ? (entry["aliases"] as unknown[]) : [];
    return list.flatMap((alias) => ["--alias", String(alias)]);
}

function portsOf(declared: Declared): string[] {
    const ports = declared.inputs["ports"];
    return (Array.isArray(ports) ? (ports as unknown[]) : []).flatMap((port) =>
        isRecord(port)
            ? [
                  `${text(port["ip"]) ?? "0.0.0.0"}:${String(Number(port["external"]))}->${String(Number(port["internal"]))}/${text(port["protocol"]) ?? "tcp"}`,
              ]
            : [],
    );
}

/** What carries the stack's label, or is on its networks or volumes, and isn't of it. */
function undeclared(stackId: string, state: StackState, seen: Seen): Finding[] {
    const ids = new Set(state.resources.map(({ id }) => id));
    const networks = seen.networks.map(({ name }) => name);
    const others = seen.containers.filter(({ id }) => !ids.has(id));
    // What somebody runs from one of the stack's images inherits the image's labels, and is theirs.
    const mine = ({ labels }: SeenContainer) => labels["io.quai.stack"] === stackId && labels["io.quai.role"] !== "image";
    // The container of a job is named by the step that ran it; that of a tool lives for a moment.
    const known = (container: SeenContainer) => container.labels["io.quai.role"] === "tool" || state.text.includes(container.name);
    const list: Finding[] = others.flatMap((container): Finding[] => {
        const where = container.ports.length > 0 ? `, publishing ${container.ports.join(", ")}` : "";
        if (mine(container)) {
            const remove = docker("rm", "--force", container.id);
            return known(container)
                ? []
                : [{ kind: "undeclared", what: `container ${container.name} carries the stack's label${where}`, repair: remove }];
        }
        return [
            ...container.networks
                .filter((network) => networks.includes(network))
                .map((network): Finding => ({
                    kind: "undeclared",
                    what: `container ${container.name} is on the stack's network ${network}${where}`,
                    repair: docker("network", "disconnect", "--force", network, container.id),
                })),
            ...container.volumes
                .filter((volume) => seen.volumes.includes(volume))
                .map((volume): Finding => ({
                    kind: "undeclared",
                    what: `container ${container.name} uses the stack's volume ${volume}`,
                    repair: { kind: "hand", how: `docker rm ${container.name}, if it has no business there` },
                })),
        ];
    });
    const strangeNetworks = seen.networks
        .filter(({ id }) => !ids.has(id))
        .map(({ id, name }): Finding => ({
            kind: "undeclared",
            what: `network ${name} carries the stack's label`,
            repair: docker("network", "rm", id),
        }));
    const strangeVolumes = seen.volumes
        .filter((volume) => !state.text.includes(volume))
        .map((volume): Finding => ({
            kind: "undeclared",
            what: `volume ${volume} is nobody's`,
            repair: { kind: "hand", how: `docker volume rm ${volume}, if it holds nothing that is missed` },
        }));
    return [...list, ...strangeNetworks, ...strangeVolumes];
}

function missingVolumes(state: StackState, seen: Seen): Finding[] {
    return state.resources
        .filter(({ type, id }) => type === TYPE.volume && !seen.volumes.includes(id ?? ""))
        .map(({ id }) => ({ kind: "missing", what: `volume ${id ?? "unknown"} is gone; if it held data: ./quai restore`, repair: UPDATE }));
}

/** A name that means another image than when it was deployed: the next container of it would be something else. */
export function imageFindings(state: StackState, seen: Pick<Seen, "images">): Finding[] {
    return state.resources
        .filter(({ type }) => type === TYPE.image)
        .flatMap((resource): Finding[] => {
            const reference = text(resource.inputs?.["name"]) ?? "";
            const wanted = text(resource.outputs?.["imageId"]) ?? "";
            const now = seen.images[reference];
            if (wanted === "" || now === wanted) return [];
            if (now === undefined) return [{ kind: "image", what: `image ${reference} is gone`, repair: UPDATE }];
            return [
                {
                    kind: "image",
                    what: `image ${reference} means another image than when it was deployed`,
                    repair: docker("tag", wanted, reference),
                },
            ];
        });
}

/** The references whose ids `observe` has to look up. */
export function imageReferences(state: StackState): string[] {
    return state.resources.flatMap(({ type, inputs }) => (type === TYPE.image ? (text(inputs?.["name"]) ?? []) : []));
}

export function roleOf(resource: StateResource): string | undefined {
    return labelOf({ inputs: resource.inputs ?? {}, outputs: {} }, "role");
}

function docker(...args: string[]): Repair {
    return { kind: "docker", args };
}

function names(list: unknown, key: string): string[] {
    return (Array.isArray(list) ? (list as unknown[]) : []).flatMap((each) => (isRecord(each) ? (text(each[key]) ?? []) : []));
}

function text(value: unknown): string | undefined {
    return typeof value === "string" ? value : undefined;
}
