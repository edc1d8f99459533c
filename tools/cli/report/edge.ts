import type { Change, Preview, ResourceState } from "./engine-events";
import { TYPE } from "./resources";
import { code } from "./sections";
import { asList, asText, differences, isRecord, own, shown, stable } from "./values";

/** What changes for those who come from outside: routes, names, certificates; one line each. */
export interface EdgeChanges {
    readonly routes: readonly string[];
    readonly certificates: readonly string[];
}

export function edgeChanges(preview: Preview): EdgeChanges {
    const proxies = preview.changes.filter(({ type }) => type === "quai:index:TlsProxy");
    return {
        routes: [...proxies.flatMap(routeLines), ...addressLines(preview)],
        certificates: [...proxies.flatMap(ownCertificate), ...preview.changes.flatMap(localCertificate)],
    };
}

interface ShownRoute {
    readonly address: string;
    readonly text: string;
}

/** The routes of a proxy as its component describes them; undefined where an earlier version of the program made it. */
export function routesOf(state: ResourceState | undefined): readonly ShownRoute[] | undefined {
    const routes = state?.outputs["routes"];
    if (!Array.isArray(routes)) return undefined;
    return asList(routes).flatMap((route) => {
        if (!isRecord(route)) return [];
        const host = asText(route["host"]) ?? "*";
        const address = `${host === "*" ? "" : host}${asText(route["path"]) ?? ""}${route["exact"] === true || !asText(route["path"])?.endsWith("/") ? "" : "…"}`;
        const extras = [route["websocket"] === true ? "WebSocket" : "", asText(route["limit"]) ?? ""].filter((text) => text !== "");
        return [{ address, text: `${asText(route["to"]) ?? "?"}${extras.length > 0 ? ` (${extras.join("; ")})` : ""}` }];
    });
}

function routeLines({ old, new: next, operation }: Change): string[] {
    const [before, after] = [routesOf(old), routesOf(next)];
    if (operation === "delete") return (before ?? []).map(({ address }) => `${code(address)} is no longer served`);
    if (after === undefined || (before === undefined && old !== undefined)) return [];
    const table = (routes: readonly ShownRoute[] | undefined) =>
        Object.fromEntries((routes ?? []).map(({ address, text }) => [address, text]));
    const [was, is] = [table(before), table(after)];
    const addresses = [...new Set([...Object.keys(was), ...Object.keys(is)])]
        .sort()
        .filter((address) => own(was, address) !== own(is, address));
    return addresses.map((address) => {
        const [from, to] = [own(was, address), own(is, address)];
        if (from === undefined) return `${code(address)} → ${to ?? ""} (new)`;
        return to === undefined ? `${code(address)} is no longer served (was ${from})` : `${code(address)}: ${from} → ${to}`;
    });
}

/** Public addresses that come and go. */
function addressLines({ outputs }: Preview): string[] {
    if (outputs.new === undefined || outputs.old?.["urls"] === undefined) return [];
    const urls = (of: Readonly<Record<string, unknown>>) => asList(of["urls"]);
    return differences(urls(outputs.old), urls(outputs.new)).map(({ old: from, new: to }) =>
        to === undefined ? `${code(shown(from))} no longer answers` : `${code(shown(to))} answers`,
    );
}

function ownCertificate({ old, new: next }: Change): string[] {
    const [before, after] = [old?.outputs["certificate"], next?.outputs["certificate"]];
    if (!isRecord(after) || !isRecord(before) || stable(before) === stable(after)) return [];
    const text = (certificate: Readonly<Record<string, unknown>>): string => {
        const mode = asText(certificate["mode"]) ?? "?";
        const [fingerprint, until] = [asText(certificate["fingerprint"]), asText(certificate["until"])];
        const words = { local: "from the stack's own authority", acme: "from an ACME authority", files: "your own" }[mode] ?? mode;
        return `${words}${fingerprint === undefined ? "" : ` ${fingerprint.slice(0, 12)}…`}${until === undefined ? "" : `, until ${until}`}`;
    };
    return [`the proxy's certificate: ${text(before)} → ${text(after)}`];
}

function localCertificate(change: Change): string[] {
    const { type, operation, name } = change;
    if (type === TYPE.authority && operation === "replace") {
        return [`authority ${name} is made anew: whoever trusts the old one must trust the new one`];
    }
    if (type !== TYPE.certificate || (operation !== "replace" && operation !== "update")) return [];
    const names = differences(change.old?.inputs["dnsNames"], change.new?.inputs["dnsNames"]);
    return [`${name} is issued anew by the stack's own authority${names.length > 0 ? " for other names" : ""}`];
}
