import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { connect as connectSecure, type ConnectionOptions, createServer as createTls, type TLSSocket } from "node:tls";
import type { RealNginx } from "./nginx";

/** What a client with these options agrees on with the proxy. */
export async function handshake(nginx: RealNginx, options: ConnectionOptions, port = nginx.ports.https) {
    return new Promise<{ version?: string | null; cipher?: string; refused?: true }>((resolve) => {
        const socket: TLSSocket = connectSecure(
            { host: "127.0.0.1", port, servername: "demo.localhost", ca: nginx.authority, ...options },
            () => {
                resolve({
                    version: socket.getProtocol(),
                    cipher: socket.getCipher().standardName.startsWith("TLS_AES") ? undefined : socket.getCipher().name,
                });
                socket.destroy();
            },
        );
        socket.on("error", () => resolve({ refused: true }));
    });
}

/** The same client on a server that takes all of it: proves that it is the proxy that refuses. */
export async function handshakeWithAnything(nginx: RealNginx, options: ConnectionOptions) {
    const [cert, key] = ["certificate.pem", "key.pem"].map((file) => readFileSync(join(nginx.folder, file)));
    const server = createTls({ cert, key, minVersion: "TLSv1", ciphers: "ALL@SECLEVEL=0" }, (socket) =>
        socket.on("error", () => undefined),
    );
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
        return await handshake(nginx, options, (server.address() as AddressInfo).port);
    } finally {
        server.close();
    }
}

/** A WebSocket client at its simplest: what it got until the other side closed. */
export function webSocket(nginx: RealNginx, path: string): Promise<{ upgraded: boolean; received: string }> {
    return new Promise((resolve, reject) => {
        let text = Buffer.alloc(0);
        const socket = connectSecure(
            { host: "127.0.0.1", port: nginx.ports.https, servername: "demo.localhost", ca: nginx.authority },
            () => {
                socket.write(
                    `GET ${path} HTTP/1.1\r\nHost: demo.localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n`,
                );
            },
        );
        socket.on("data", (chunk: Buffer) => (text = Buffer.concat([text, chunk])));
        socket.on("error", reject);
        socket.on("close", () => {
            const end = text.indexOf("\r\n\r\n");
            resolve({ upgraded: text.toString("utf8").startsWith("HTTP/1.1 101"), received: text.subarray(end + 6).toString("utf8") });
        });
    });
}
