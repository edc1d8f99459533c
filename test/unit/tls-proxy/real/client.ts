import { request as plain, type IncomingHttpHeaders } from "node:http";
import { request as secure } from "node:https";
import { gunzipSync } from "node:zlib";

export interface Answer {
    readonly status: number;
    readonly headers: IncomingHttpHeaders;
    /** Every header as it came, in lower case, so that doubles show. */
    readonly all: readonly (readonly [string, string])[];
    readonly body: string;
}

export interface Asked {
    readonly method?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: Buffer | string;
    /** The address that it is asked from. @default 127.0.0.1, as which the proxy's own checks come */
    readonly from?: string;
}

/** Asks a server on loopback in the name of a host, over a connection of its own. */
export function ask(port: number, authority: string | undefined, url: string, asked: Asked = {}): Promise<Answer> {
    const { protocol, hostname, pathname, search } = new URL(url);
    const host = protocol === "https:" ? `${hostname}:${port}` : hostname;
    return new Promise((resolve, reject) => {
        const options = {
            host: "127.0.0.1",
            port,
            path: `${pathname}${search}`,
            method: asked.method ?? "GET",
            headers: { host, ...asked.headers },
            agent: false as const,
            localAddress: asked.from,
        };
        const request = protocol === "https:" ? secure({ ...options, servername: hostname, ca: authority }) : plain(options);
        request.on("response", (response) => {
            const chunks: Buffer[] = [];
            response.on("data", (chunk: Buffer) => chunks.push(chunk));
            response.on("error", reject);
            response.on("end", () => {
                const raw = response.rawHeaders;
                const bytes = Buffer.concat(chunks);
                resolve({
                    status: response.statusCode ?? 0,
                    headers: response.headers,
                    all: raw.flatMap((name, index) => (index % 2 === 0 ? [[name.toLowerCase(), raw[index + 1] ?? ""] as const] : [])),
                    body: (response.headers["content-encoding"] === "gzip" ? gunzipSync(bytes) : bytes).toString("utf8"),
                });
            });
        });
        request.on("error", reject);
        request.end(asked.body);
    });
}
