import { asList, asText, isRecord, shown } from "../report/values";
import type { Edge, Group, Node, Picture } from "./picture";
import type { Places } from "./places";
import { placesOf } from "./places";

/** A resource of a state or of a preview. */
export interface Shown {
    readonly type: string;
    readonly name: string;
    readonly inputs: Readonly<Record<string, unknown>>;
    readonly outputs: Readonly<Record<string, unknown>>;
}

type Outputs = Shown["outputs"];

/**
 * The picture of a stack. Services, routes and data are read from what the components say of themselves, networks and places from the resources.
 * Undefined: there is no application, or an earlier version of the program made it.
 */
export function pictureOf(title: string, resources: readonly Shown[]): Picture | undefined {
    const of = (type: string) =>
        resources.filter((resource) => resource.type === `quai:index:${type}`).sort((a, b) => (a.name < b.name ? -1 : 1));
    const application = of("WebStack").find(({ outputs }) => Array.isArray(outputs["services"]));
    if (application === undefined) return undefined;
    const places = placesOf(resources);
    const services = entries(application.outputs, "services");
    const jobs = entries(application.outputs, "jobs");
    const parts = [
        ...of("TlsProxy").map((proxy) => doorOf(proxy, resources, places)),
        ...services.map((service) => serviceOf(service, places)),
        ...jobs.map((job) => jobOf(job, places)),
        ...of("PostgresWithBackup").map((database) => databaseOf(database, of("Files"), places)),
        ...of("Redis").map(({ name, outputs }) => part([data(name, "Redis", outputs, places)])),
        ...of("Files").map(({ name, outputs }) =>
            part([
                {
                    id: name,
                    title: name,
                    detail: outputs["critical"] === false ? "files, not in the backups" : "files",
                    kind: "files",
                    within: places.storage,
                },
            ]),
        ),
    ];
    const nodes = parts.flatMap((each) => each.nodes);
    const known = new Set(nodes.map(({ id }) => id));
    const edges = parts.flatMap((each) => each.edges).filter(({ from, to }) => known.has(from) && known.has(to));
    return { title, groups: used(places.groups, nodes), nodes, edges };
}

interface Part {
    readonly nodes: readonly Node[];
    readonly edges: readonly Edge[];
}

function part(nodes: readonly Node[], edges: readonly Edge[] = []): Part {
    return { nodes, edges };
}

function doorOf({ name, outputs }: Shown, resources: readonly Shown[], places: Places): Part {
    const names = texts(outputs["names"]);
    const routes = entries(outputs, "routes");
    const several = new Set(routes.map(({ host }) => host)).size > 1;
    const byService = new Map<string, string[]>();
    for (const route of routes) {
        const path = asText(route["path"]) ?? "";
        const host = several && route["host"] !== "*" ? (asText(route["host"]) ?? "") : "";
        const to = asText(route["to"]) ?? "";
        const label = `${host}${path}${route["exact"] === true || !path.endsWith("/") || path === "/" ? "" : "…"}`;
        byService.set(to, [...(byService.get(to) ?? []), label]);
    }
    const certificate = isRecord(outputs["certificate"]) ? asText(outputs["certificate"]["mode"]) : undefined;
    const words = { acme: `certificate by ${places.issuer}`, local: "certificate of a local authority", files: "own certificate" }[
        certificate ?? ""
    ];
    const door: Node = {
        id: name,
        title: places.door,
        detail: [names[0], words].filter(Boolean).join(", "),
        kind: "door",
        within: places.doorIn,
    };
    const outside: Node = { id: "browsers", title: "browsers", kind: "outside" };
    const to = [...byService].map(([service, labels]) => ({ from: name, to: service, labels: widest(labels), light: false }));
    return part([outside, door], [{ from: "browsers", to: name, labels: portsOf(resources), light: false }, ...to]);
}

/** Each once; `/api` is in `/api/…`. */
function widest(labels: readonly string[]): string[] {
    return [...new Set(labels)].filter((label) => !labels.includes(`${label}/…`));
}

/** `https 8443`: only the door publishes ports, itself or by containers that hold them for it. A load balancer's are the usual ones. */
function portsOf(resources: readonly Shown[]): string[] {
    const containers = resources.filter(({ type }) => type === "docker:index/container:Container");
    const ports = containers.flatMap(({ inputs }) => asList(inputs["ports"])).flatMap((port) => (isRecord(port) ? [port] : []));
    const https = ports.find((port) => Number(port["internal"]) === 8443 || Number(port["internal"]) === 443);
    return [https === undefined ? "https" : `https ${shown(https["external"])}`];
}

function serviceOf(service: Outputs, places: Places): Part {
    const name = asText(service["name"]) ?? "";
    const kind = asText(service["kind"]) ?? "service";
    const count = Number(service["replicas"] ?? 1);
    const detail = [kind === "service" || kind === name ? "" : kind, count > 1 ? `${count} containers` : ""]
        .filter((text) => text !== "")
        .join(", ");
    const node: Node = { id: name, title: name, detail, secrets: texts(service["secrets"]), kind: "service", within: places.services };
    return part([node], uses(name, service));
}

function jobOf(job: Outputs, places: Places): Part {
    const name = asText(job["name"]) ?? "";
    const node: Node = {
        id: name,
        title: name,
        detail: "job, before each release",
        secrets: texts(job["secrets"]),
        kind: "job",
        within: places.services,
    };
    return part([node], uses(name, job));
}

/** Databases that its secrets open, and files that it mounts. */
function uses(name: string, container: Outputs): Edge[] {
    const files = entries(container, "files").map((mount) => ({
        from: name,
        to: asText(mount["name"]) ?? "",
        labels: [],
        light: mount["readOnly"] === true,
    }));
    return [...texts(container["opens"]).map((to) => ({ from: name, to, labels: [], light: false })), ...files];
}

function data(name: string, product: string, outputs: Outputs, places: Places): Node {
    const version = outputs["version"];
    const detail = version === undefined ? product : `${product} ${shown(version)}`;
    return { id: name, title: name, detail: detail.toLowerCase() === name ? undefined : detail, kind: "data", within: places.data };
}

function databaseOf({ name, outputs }: Shown, files: readonly Shown[], places: Places): Part {
    const server = data(name, "PostgreSQL", outputs, places);
    const repository = asText(outputs["repository"]);
    if (repository === undefined) return part([server]);
    const at = asText(outputs["at"]);
    const id = `${name}-backups`;
    const nodes: Node[] = [
        server,
        {
            id,
            title: "backups",
            detail: at === undefined ? places.backups : `${places.backups}, daily at ${at}`,
            kind: "backup",
            within: places.backupsIn,
        },
    ];
    const critical = files.filter((each) => each.outputs["critical"] !== false).map((each) => each.name);
    const edges = [name, ...critical].map((from) => ({ from, to: id, labels: [], light: true }));
    const offsite = asText(outputs["offsite"]);
    if (offsite === undefined) return part(nodes, edges);
    const copy: Node = {
        id: `${name}-offsite`,
        title: "off-site copy",
        detail: offsite.split(":")[0] === "s3" ? "S3" : undefined,
        kind: "outside",
    };
    return part([...nodes, copy], [...edges, { from: id, to: copy.id, labels: ["encrypted"], light: true }]);
}

function entries(outputs: Outputs, name: string): Outputs[] {
    return asList(outputs[name]).filter(isRecord);
}

function texts(value: unknown): string[] {
    return asList(value).flatMap((each) => asText(each) ?? []);
}

/** Groups that hold something, and those around them. */
function used(groups: readonly Group[], nodes: readonly Node[]): Group[] {
    const holding = (id: string): boolean =>
        nodes.some(({ within }) => within === id) || groups.some((group) => group.within === id && holding(group.id));
    return groups.filter(({ id }) => holding(id));
}
