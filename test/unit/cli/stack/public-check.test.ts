import { readFileSync } from "node:fs";
import { createServer as plainServer, type RequestListener, type Server } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { parseSettings } from "../../../../infra/settings";
import { publicCheck } from "../../../../tools/cli/stack/public-check";
import type { Session } from "../../../../tools/cli/stack/session";
import { Terminal } from "../../../../tools/cli/terminal";
import { scratchFolder } from "../../support/scratch";
import { certificate } from "../../tls-proxy/real/nginx";

const scratch = scratchFolder("public-check");
const HSTS = { "Strict-Transport-Security": "max-age=31536000" };
let servers: Server[] = [];
beforeAll(() => certificate(scratch, ["shop.localhost"]));
afterEach(() => {
    for (const server of servers) server.close();
    servers = [];
});

async function port(server: Server): Promise<number> {
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return (server.address() as AddressInfo).port;
}

/** A front door that answers https with these headers, and http with a redirection to there (or to wherever it's said). */
async function checked({
    headers = HSTS,
    to,
    settings = {},
}: {
    headers?: object;
    to?: string | null;
    settings?: object;
}): Promise<string[]> {
    const files = { key: readFileSync(join(scratch, "key.pem")), cert: readFileSync(join(scratch, "certificate.pem")) };
    const answer: RequestListener = (_request, response) => response.writeHead(200, { ...headers }).end("page");
    const https = await port(createServer(files, answer));
    const url = `https://shop.localhost:${https}`;
    const leads = plainServer((_request, response) => response.writeHead(301, { Location: to ?? `${url}/` }).end());
    const http = to === null ? 1 : await port(leads);
    const out = new Terminal();
    const warnings: string[] = [];
    jest.spyOn(out, "info").mockImplementation(() => undefined);
    jest.spyOn(out, "warn").mockImplementation((line) => void warnings.push(line));
    const read = parseSettings(
        { "quai:application": "demo", "quai:environment": "development", "quai:ports": { http, https, address: "127.0.0.1" }, ...settings },
        { stack: "dev" },
    );
    await publicCheck(out, { settings: read, stack: "dev" } as Session, url, join(scratch, "certificate.pem"));
    return warnings;
}

describe("the public address, asked at the end of an update (R103)", () => {
    test("R103: a page, the header, and http that leads there", async () => {
        expect(await checked({})).toEqual([]);
    });

    test("R103: what isn't so is named", async () => {
        await expect(checked({ headers: {} })).rejects.toThrow(
            /^https:\/\/shop\.localhost:\d+: sends no Strict-Transport-Security, though quai:proxy\.hsts asks for it/,
        );
        await expect(checked({ to: "https://elsewhere.localhost/" })).rejects.toThrow(
            /: http:\/\/shop\.localhost:\d+\/ leads to https:\/\/elsewhere\.localhost\/ and not here$/,
        );
    });

    test("as the settings have it: no header wanted; a load balancer before the proxy", async () => {
        await checked({ headers: {}, settings: { "quai:proxy": { hsts: { maxAge: 0 } } } });
        await checked({ to: "https://elsewhere.localhost/", settings: { "quai:proxy": { trusted: ["10.0.0.0/8"] } } });
    });

    test("http that nobody reaches from here is a warning", async () => {
        expect(await checked({ to: null })).toEqual([expect.stringMatching(/^http:\/\/shop\.localhost:1\/ can't be reached from here/)]);
    });
});
