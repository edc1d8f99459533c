import { lookup } from "node:dns/promises";
import { request as secureRequest } from "node:https";
import { isIP } from "node:net";
import { connect } from "node:tls";
import type { RouteDescription } from "../../../components/tls-proxy/describe";
import { WARN_DAYS } from "../../../components/tls-proxy/own-certificate";
import type { Check } from "../../engine/checks";
import { messageOf } from "../../engine/types";
import type { CertificateStatus } from "./door-status";
import { answerOf, localNames } from "./public-check";
import { logsShow } from "./docker";
import type { Session } from "./session";

/** What is asked from here, as a visitor would. */
export interface FrontDoor {
    readonly urls: readonly string[];
    readonly routes: readonly RouteDescription[];
    /** Of the stack's own authority, in PEM. */
    readonly authority: string | undefined;
    /** What the proxy shows, as its container has it. */
    readonly certificate: CertificateStatus | null;
}

const PATIENCE = 10_000;

/** From a name to each route behind it; what can't work because of a fault before it isn't asked. */
export async function doorChecks(session: Session, door: FrontDoor): Promise<Check[]> {
    const checks: Check[] = [];
    const reached: string[] = [];
    for (const url of door.urls) {
        const named = await nameCheck(session, url);
        checks.push(named);
        if (named.state === "missing") continue;
        const shown = await certificateCheck(session, door, url);
        checks.push(shown);
        if (shown.state === "missing" && shown.version === undefined) continue;
        reached.push(url);
        checks.push(await redirectCheck(session, url), await headerCheck(session, url));
    }
    const routes = await Promise.all(addresses(reached, door.routes).map(([url, route]) => routeCheck(session, url, route)));
    return [...checks, ...routes];
}

/** DNS: the name leads to the host. */
async function nameCheck({ settings, ssh }: Session, url: string): Promise<Check> {
    const { hostname } = new URL(url);
    const name = `name ${hostname}`;
    if (/(^|\.)localhost$/.test(hostname)) return { name, state: "ok", from: "this machine" };
    const found = await addressesOf(hostname);
    if (found.length === 0)
        return { name, state: "missing", from: "is not in DNS", fix: `make a record of type A for ${hostname} that leads to the host` };
    const host = ssh === undefined ? [] : await addressesOf(ssh.host);
    const from = found.join(", ");
    if (host.length === 0 || found.some((address) => host.includes(address))) return { name, state: "ok", from };
    return settings.proxy.trusted.length > 0
        ? { name, state: "note", from: `${from}: what quai:proxy.trusted names, as the host is ${host.join(", ")}` }
        : { name, state: "warning", from, fix: `the host is ${host.join(", ")}: DNS leads elsewhere, or the host has a second address` };
}

async function addressesOf(name: string): Promise<string[]> {
    try {
        return (await lookup(name, { all: true })).map(({ address }) => address);
    } catch {
        return [];
    }
}

interface Shown {
    readonly until: Date;
    readonly issuer: string;
    readonly protocol: string;
    /** Why it isn't trusted. */
    readonly refused: string | undefined;
}

/** The port answers with TLS, by a certificate that is trusted, isn't at its end, and is the one of this stack's proxy. */
async function certificateCheck({ settings, stack }: Session, { authority, certificate }: FrontDoor, url: string): Promise<Check> {
    const { hostname, port } = new URL(url);
    const name = `certificate ${hostname}`;
    let shown: Shown;
    try {
        shown = await shownBy(hostname, port === "" ? 443 : Number(port), authority);
    } catch (error) {
        const where = `${hostname}:${port === "" ? "443" : port}`;
        return {
            name,
            state: "missing",
            from: `${where}: ${messageOf(error)}`,
            fix: `nothing speaks TLS there: does the proxy run (./quai status ${stack}), does a firewall let port ${settings.ports.https} through, does another program hold it?`,
        };
    }
    const days = Math.floor((shown.until.getTime() - Date.now()) / 86_400_000);
    const found = { name, version: shown.protocol, from: `${days} days left, from ${shown.issuer}` };
    const behind = settings.proxy.trusted.length > 0;
    if (shown.refused !== undefined)
        return {
            ...found,
            state: "missing",
            from: `${found.from}: ${shown.refused}`,
            fix: `./quai status ${stack} says how it stands with it`,
        };
    if (certificate !== null && !behind && certificate.until !== shown.until.toISOString())
        return {
            ...found,
            state: "missing",
            fix: `the proxy has one until ${certificate.until.slice(0, 10)}, so another server answers here: look at DNS, and at what holds port ${settings.ports.https} of the host`,
        };
    return days < WARN_DAYS ? { ...found, state: "warning", fix: "docs/operations.md says how to renew it" } : { ...found, state: "ok" };
}

function shownBy(host: string, port: number, ca: string | undefined): Promise<Shown> {
    return new Promise((resolve, reject) => {
        const socket = connect({
            host,
            port,
            ...(isIP(host) === 0 ? { servername: host } : {}),
            ca,
            rejectUnauthorized: false,
            lookup: localNames,
            timeout: PATIENCE,
        });
        socket.on("timeout", () => socket.destroy(new Error("no answer within 10 s")));
        socket.on("error", reject);
        socket.on("secureConnect", () => {
            const certificate = socket.getPeerX509Certificate();
            if (certificate === undefined) return void socket.destroy(new Error("shows no certificate"));
            resolve({
                until: new Date(certificate.validTo),
                issuer: /(?:^|\n)(?:O|CN)=([^\n]*)/.exec(certificate.issuer)?.[1] ?? certificate.issuer,
                protocol: socket.getProtocol() ?? "",
                refused: socket.authorized ? undefined : messageOf(socket.authorizationError),
            });
            socket.end();
        });
    });
}

/** http leads to https, on the same name. */
async function redirectCheck({ settings }: Session, url: string): Promise<Check> {
    const { hostname } = new URL(url);
    const plain = `http://${hostname}${settings.ports.http === 80 ? "" : `:${settings.ports.http}`}/`;
    const name = `http ${hostname}`;
    if (settings.proxy.trusted.length > 0) return { name, state: "note", from: "is what stands before the proxy's matter" };
    try {
        const { status, headers } = await answerOf(plain);
        const from = `${status} to ${headers.location ?? "nowhere"}`;
        return headers.location?.startsWith(url) === true
            ? { name, state: "ok", from }
            : {
                  name,
                  state: "missing",
                  from,
                  fix: `${plain} must lead to ${url}: does another program answer on port ${settings.ports.http}?`,
              };
    } catch (error) {
        return {
            name,
            state: "warning",
            from: messageOf(error),
            fix: `open port ${settings.ports.http}: who types the name alone gets nowhere`,
        };
    }
}

/** Headers that every answer has. */
async function headerCheck({ settings }: Session, url: string): Promise<Check> {
    const name = `headers ${new URL(url).hostname}`;
    const { headers } = await answerOf(url, { rejectUnauthorized: false });
    const wanted = [
        ...(settings.proxy.hsts.maxAge === 0 ? [] : ["strict-transport-security"]),
        "x-content-type-options",
        "x-frame-options",
        "referrer-policy",
    ];
    const lacking = wanted.filter((header) => headers[header] === undefined);
    const twice = wanted.filter((header) => String(headers[header] ?? "").includes(", ") && header !== "referrer-policy");
    if (lacking.length === 0 && twice.length === 0) return { name, state: "ok", from: wanted.join(", ") };
    const what = [...lacking.map((header) => `${header} is missing`), ...twice.map((header) => `${header} is there twice`)];
    return {
        name,
        state: "missing",
        from: what.join(", "),
        fix: "something between here and the proxy, or the application, changes headers",
    };
}

/** Where each route is asked: under the main name, or its own. */
function addresses(urls: readonly string[], routes: readonly RouteDescription[]): [string, RouteDescription][] {
    return routes.flatMap((route) => {
        const base = route.host === "*" ? urls[0] : urls.find((url) => new URL(url).hostname === route.host);
        return base === undefined ? [] : [[new URL(route.path, base).href, route]];
    });
}

async function routeCheck({ stack }: Session, url: string, { to, websocket }: RouteDescription): Promise<Check> {
    const { pathname, host } = new URL(url);
    const name = `route ${host}${pathname}`;
    const logs = logsShow(stack, to);
    try {
        const { status } = await (websocket ? upgradeOf(url) : answerOf(url, { rejectUnauthorized: false }));
        const from = `${to} answers ${status}${websocket ? (status === 101 ? " to a WebSocket" : " to the upgrade to a WebSocket") : ""}`;
        if ([502, 503, 504].includes(status)) return { name, state: "missing", from, fix: `${to} doesn't answer the proxy: ${logs}` };
        if (status >= 500) return { name, state: "missing", from, fix: `the application failed: ${logs}` };
        return { name, state: "ok", from };
    } catch (error) {
        return { name, state: "missing", from: messageOf(error), fix: `${to} doesn't answer the proxy: ${logs}` };
    }
}

/** Asks for a WebSocket; an application may refuse one at the route's own path. */
function upgradeOf(url: string): ReturnType<typeof answerOf> {
    return new Promise((resolve, reject) => {
        const request = secureRequest(url, {
            rejectUnauthorized: false,
            lookup: localNames,
            agent: false,
            timeout: PATIENCE,
            headers: {
                Connection: "Upgrade",
                Upgrade: "websocket",
                "Sec-WebSocket-Version": "13",
                "Sec-WebSocket-Key": Buffer.alloc(16, "quai").toString("base64"),
            },
        });
        request.on("upgrade", ({ statusCode, headers }, socket) => {
            socket.destroy();
            resolve({ status: statusCode ?? 0, headers });
        });
        request.on("response", (answer) => {
            answer.resume();
            resolve({ status: answer.statusCode ?? 0, headers: answer.headers });
        });
        request.on("timeout", () => request.destroy(new Error("no answer within 10 s")));
        request.on("error", reject);
        request.end();
    });
}
