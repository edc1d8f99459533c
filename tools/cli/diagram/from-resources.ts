import { asText, shown } from "../report/values";
import { doorOf } from "./door";
import type { Edge, Group, Node, Picture } from "./picture";
import type { Places } from "./places";
import { placesOf } from "./places";
import type { Outputs, Part, Shown } from "./shown";
import { entries, part, texts } from "./shown";

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
        ...of("FilesBackup").map(({ outputs }) => backupsOf("backups", outputs, critical(of("Files")), places)),
        ...of("Redis").map(({ name, outputs }) => part([data(name, "Redis", outputs, places)])),
        ...of("Files").map(({ name, outputs }) =>
            part([
                {
                    id: name,
                    title: name,
                    detail: ["files", places.disk, outputs["critical"] === false ? "not in the backups" : undefined]
                        .filter(Boolean)
                        .join(", "),
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

function serviceOf(service: Outputs, places: Places): Part {
    const name = asText(service["name"]) ?? "";
    if (places.sites.has(name)) {
        return part([{ id: name, title: name, detail: "a site, files in a bucket", kind: "files", within: places.sitesIn }]);
    }
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
        detail: job["scheduled"] === true ? "job, on a schedule" : "job, before each release",
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
    return [
        ...[...texts(container["opens"]), ...texts(container["calls"])].map((to) => ({ from: name, to, labels: [], light: false })),
        ...files,
    ];
}

function data(name: string, product: string, outputs: Outputs, places: Places): Node {
    const version = outputs["version"];
    const detail = version === undefined ? product : `${product} ${shown(version)}`;
    return { id: name, title: name, detail: detail.toLowerCase() === name ? undefined : detail, kind: "data", within: places.data };
}

function databaseOf({ name, outputs }: Shown, files: readonly Shown[], places: Places): Part {
    const server = data(name, "PostgreSQL", outputs, places);
    if (outputs["repository"] === undefined) return part([server]);
    const backups = backupsOf(`${name}-backups`, outputs, [name, ...critical(files)], places, `${name}-offsite`);
    return part([server, ...backups.nodes], backups.edges);
}

function critical(files: readonly Shown[]): string[] {
    return files.filter(({ outputs }) => outputs["critical"] !== false).map(({ name }) => name);
}

/** Where snapshots of all that is worth it go, and where their copy. */
function backupsOf(id: string, outputs: Outputs, from: readonly string[], places: Places, copyId = "offsite"): Part {
    const at = asText(outputs["at"]);
    const detail = at === undefined ? places.backups : `${places.backups}, daily at ${at}`;
    const backups: Node = { id, title: "backups", detail, kind: "backup", within: places.backupsIn };
    const edges = from.map((each) => ({ from: each, to: id, labels: [], light: true }));
    const offsite = asText(outputs["offsite"]);
    const where = offsite === undefined ? places.copies : offsite.split(":")[0] === "s3" ? "S3" : "";
    if (where === undefined) return part([backups], edges);
    const copy: Node = { id: copyId, title: "off-site copy", detail: where, kind: "outside" };
    return part([backups, copy], [...edges, { from: id, to: copy.id, labels: ["encrypted"], light: true }]);
}

/** Groups that hold something, and those around them. */
function used(groups: readonly Group[], nodes: readonly Node[]): Group[] {
    const holding = (id: string): boolean =>
        nodes.some(({ within }) => within === id) || groups.some((group) => group.within === id && holding(group.id));
    return groups.filter(({ id }) => holding(id));
}
