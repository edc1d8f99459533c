import { asList, asText, isRecord, shown } from "../report/values";
import type { Edge, Node } from "./picture";
import type { Places } from "./places";
import type { Outputs, Part, Shown } from "./shown";
import { entries, part, texts } from "./shown";

/** Where visitors come in: the proxy or the load balancer, and CloudFront before it, which has the sites. */
export function doorOf({ name, outputs }: Shown, resources: readonly Shown[], places: Places): Part {
    const cdn: Node | undefined = places.cdn
        ? { id: `${name}-cdn`, title: "CloudFront", detail: shownAs(outputs, places), kind: "door" }
        : undefined;
    const door: Node = {
        id: name,
        title: places.door,
        detail: cdn === undefined ? shownAs(outputs, places) : "answers CloudFront alone",
        kind: "door",
        within: places.doorIn,
    };
    const outside: Node = { id: "browsers", title: "browsers", kind: "outside" };
    const first = cdn ?? door;
    const ways: Edge[] = [
        { from: outside.id, to: first.id, labels: portsOf(resources), light: false },
        ...(cdn === undefined ? [] : [{ from: cdn.id, to: door.id, labels: [], light: false }]),
        ...[...labelsByService(outputs)].map(([service, labels]) => ({
            from: places.sites.has(service) ? first.id : name,
            to: service,
            labels: widest(labels),
            light: false,
        })),
    ];
    return part([outside, ...(cdn === undefined ? [] : [cdn]), door], ways);
}

/** `shop.acme.net, certificate by ACME` */
function shownAs(outputs: Outputs, { issuer }: Places): string {
    const certificate = isRecord(outputs["certificate"]) ? asText(outputs["certificate"]["mode"]) : undefined;
    const words = { acme: `certificate by ${issuer}`, local: "certificate of a local authority", files: "own certificate" }[
        certificate ?? ""
    ];
    return [texts(outputs["names"])[0], words].filter(Boolean).join(", ");
}

function labelsByService(outputs: Outputs): Map<string, string[]> {
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
    return byService;
}

/** Each once; `/api` is in `/api/…`. */
function widest(labels: readonly string[]): string[] {
    return [...new Set(labels)].filter((label) => !labels.includes(`${label}/…`));
}

/** `https 8443`: the door is told which holder's socket is for https. A load balancer's port is the usual one. */
function portsOf(resources: readonly Shown[]): string[] {
    const containers = resources.filter(({ type }) => type === "docker:index/container:Container");
    const held = containers
        .flatMap(({ inputs }) => texts(inputs["entrypoints"]))
        .flatMap((word) => /^https=.*-(\d+)-on-/.exec(word)?.[1] ?? []);
    // An earlier quai let Docker publish it.
    const ports = containers.flatMap(({ inputs }) => asList(inputs["ports"])).flatMap((port) => (isRecord(port) ? [port] : []));
    const published = ports.filter((port) => Number(port["internal"]) === 8443).map((port) => shown(port["external"]));
    return [["https", ...[...held, ...published].slice(0, 1)].join(" ")];
}
