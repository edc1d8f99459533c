import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createHash } from "node:crypto";

/** A service that shows what reached it. Its paths end with what it should do. */
export class Backend {
    private constructor(
        private readonly server: Server,
        readonly port: number,
    ) {}

    static async start(name: string): Promise<Backend> {
        const server = createServer((request, response) => {
            const path = new URL(request.url ?? "/", "http://backend").pathname;
            const headers = {
                "x-backend": name,
                // As careful applications do; the proxy sends its own (R82).
                "strict-transport-security": "max-age=1",
                "x-content-type-options": "nosniff",
                "x-frame-options": "SAMEORIGIN",
                "cache-control": "no-cache",
            };
            request.resume();
            request.on("end", () => {
                if (path.endsWith("/slow")) return;
                if (path.endsWith("/missing")) response.writeHead(404, headers).end("missing");
                else if (path.endsWith("/broken")) response.writeHead(500, headers).end("broken");
                else if (path.endsWith(".css"))
                    response.writeHead(200, { ...headers, "content-type": "text/css" }).end("a{}\n".repeat(1000));
                else if (path.endsWith(".png"))
                    response.writeHead(200, { ...headers, "content-type": "image/png" }).end(Buffer.alloc(4000));
                else response.writeHead(200, { ...headers, "content-type": "application/json" }).end(JSON.stringify(shown(name, request)));
            });
        });
        server.on("upgrade", (request, socket) => {
            const accept = createHash("sha1")
                .update(`${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
                .digest("base64");
            socket.write(
                `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
            );
            // Silent for longer than the proxy's time-out for answers, then one text frame.
            setTimeout(() => socket.end(Buffer.from([0x81, 2, 0x68, 0x69])), 2500);
        });
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
        return new Backend(server, (server.address() as AddressInfo).port);
    }

    stop(): void {
        this.server.closeAllConnections();
        this.server.close();
    }
}

function shown(name: string, request: IncomingMessage) {
    return { name, method: request.method, url: request.url, headers: request.headers, padding: "x".repeat(2000) };
}
