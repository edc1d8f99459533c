import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import type { LookupFunction } from "node:net";
import { lookup } from "node:dns";
import { get as plainGet, type IncomingHttpHeaders } from "node:http";
import { get as secureGet, type RequestOptions } from "node:https";
import { join, relative } from "node:path";
import { CONFIG_FOLDER, MAINTENANCE_FILE } from "../../../components/tls-proxy/nginx";
import { workDir } from "../../engine/paths";
import { SetupError } from "../../engine/types";
import type { Terminal } from "../terminal";
import { howToServe } from "./door-status";
import type { Session } from "./session";

/** Writes the local authority's certificate where people and programs find it. @returns its path from the checkout; undefined: a public one */
export function saveAuthority(session: Session, pem: unknown): string | undefined {
    if (typeof pem !== "string") {
        return undefined;
    }
    const folder = join(workDir(session.checkout), session.stack);
    mkdirSync(folder, { recursive: true });
    const file = join(folder, "ca.crt");
    // By a rename: whoever reads it meanwhile gets the whole of one or the other.
    writeFileSync(`${file}.new`, pem);
    renameSync(`${file}.new`, file);
    return relative(process.cwd(), file);
}

const ATTEMPTS = 5;
/** OpenSSL's and Node's names for a certificate that isn't trusted. */
const UNTRUSTED =
    /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_GET_ISSUER_CERT(_LOCALLY)?|UNABLE_TO_VERIFY_LEAF_SIGNATURE|ERR_TLS_CERT_ALTNAME_INVALID)$/;

type Asked = Pick<Session, "host" | "settings" | "stack">;

/**
 * Asks the public address once more from here (R103): a page, the header that binds browsers to https, and http that leads there.
 *
 * @throws SetupError that names what isn't so
 */
export async function publicCheck(out: Terminal, session: Asked, url: string, authority: string | undefined): Promise<void> {
    let last = "";
    let trusted = true;
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
        try {
            const { status, headers } = await answerOf(url, {
                ca: authority === undefined ? undefined : readFileSync(authority),
                rejectUnauthorized: trusted,
            });
            if (status < 400) {
                const wrong = [...withoutHsts(session, headers), ...(await withoutRedirect(out, session, url))];
                if (wrong.length > 0) throw new SetupError(wrong.map((what) => `${url}: ${what}`).join("\n"));
                out.info(`${url} answers ${status}`);
                if (!trusted) {
                    out.warn(
                        `${url} shows a certificate that this machine doesn't trust: until the ACME server has given one, a temporary one is served; ./quai status ${session.stack} says how it is`,
                    );
                }
                return;
            }
            if (status === 503 && (session.settings.maintenance || (await inMaintenance(session)))) {
                out.warn(`${url} is in maintenance: ${howToServe(session)}`);
                return;
            }
            last = `status ${status}`;
        } catch (error) {
            if (error instanceof SetupError) throw error;
            last = error instanceof Error ? error.message : String(error);
            // A deployment never waits for the ACME server, but gives it these few seconds.
            trusted = !(attempt === ATTEMPTS - 1 && session.settings.tls.mode === "acme" && UNTRUSTED.test(codeOf(error)));
        }
        await new Promise((resolve) => setTimeout(resolve, 1000));
    }
    throw new SetupError(
        `${url} doesn't answer as it should (${last}); the containers are healthy, so look at name, ports and firewall: ./quai status ${session.stack}`,
    );
}

function withoutHsts({ settings }: Asked, headers: IncomingHttpHeaders): string[] {
    return settings.proxy.hsts.maxAge === 0 || headers["strict-transport-security"] !== undefined
        ? []
        : ["sends no Strict-Transport-Security, though quai:proxy.hsts asks for it: is something else between here and the proxy?"];
}

/** Behind a load balancer it's that which answers http. */
async function withoutRedirect(out: Terminal, { settings }: Asked, url: string): Promise<string[]> {
    if (settings.proxy.trusted.length > 0) return [];
    const { hostname } = new URL(url);
    const plain = `http://${hostname}${settings.ports.http === 80 ? "" : `:${settings.ports.http}`}/`;
    try {
        const { location } = (await answerOf(plain)).headers;
        return location?.startsWith(url) === true ? [] : [`${plain} leads to ${location ?? "nowhere"} and not here`];
    } catch (error) {
        out.warn(
            `${plain} can't be reached from here (${error instanceof Error ? error.message : String(error)}): who types the name alone doesn't get there`,
        );
        return [];
    }
}

async function inMaintenance({ host, settings }: Asked): Promise<boolean> {
    const proxy = (await host.containers()).find(({ role, state }) => role === "proxy" && state === "running");
    if (proxy === undefined) return false;
    const code = await host.exec(proxy.id, ["test", "-f", `${CONFIG_FOLDER}/${MAINTENANCE_FILE}`], () => undefined);
    return settings.running && code === 0;
}

function codeOf(error: unknown): string {
    return error instanceof Error && "code" in error ? String(error.code) : "";
}

/** What of TLS a request goes by; nothing for http. */
type Trust = Pick<RequestOptions, "ca" | "rejectUnauthorized">;

export function answerOf(url: string, trust: Trust = {}): Promise<{ status: number; headers: IncomingHttpHeaders }> {
    const get = url.startsWith("https:") ? secureGet : plainGet;
    return new Promise((resolve, reject) => {
        const request = get(url, { ...trust, lookup: localNames, agent: false, timeout: 10_000 }, (answer) => {
            answer.resume();
            resolve({ status: answer.statusCode ?? 0, headers: answer.headers });
        });
        request.on("timeout", () => request.destroy(new Error("no answer within 10 s")));
        request.on("error", reject);
    });
}

/** Names below .localhost are this machine (RFC 6761); not every system's resolver knows. */
export const localNames: LookupFunction = (name, options, done) => {
    if (!/(^|\.)localhost$/.test(name)) {
        lookup(name, options, done);
    } else if (options.all === true) {
        done(null, [{ address: "127.0.0.1", family: 4 }]);
    } else {
        done(null, "127.0.0.1", 4);
    }
};
