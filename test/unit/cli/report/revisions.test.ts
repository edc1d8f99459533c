import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { revisionsOf } from "../../../../tools/cli/report/revisions";

const COMMIT = "81d0e2aab1c2d3e4f5061728394a5b6c7d8e9f00";
const LOGIN = `Basic ${Buffer.from("deploy:token").toString("base64")}`;
const digest = (digit: string) => `sha256:${digit.repeat(64)}`;
const CONTENT: Readonly<Record<string, object>> = {
    [`/v2/shop/api/manifests/${digest("1")}`]: {
        manifests: [
            { digest: digest("9"), platform: { os: "unknown", architecture: "unknown" } },
            { digest: digest("2"), platform: { os: "linux", architecture: "arm64" } },
        ],
    },
    [`/v2/shop/api/manifests/${digest("2")}`]: { config: { digest: digest("3") } },
    [`/v2/shop/api/blobs/${digest("3")}`]: { config: { Labels: { "org.opencontainers.image.revision": COMMIT } } },
    "/v2/shop/odd/manifests/1": { config: { digest: digest("4") } },
    [`/v2/shop/odd/blobs/${digest("4")}`]: { config: { Labels: { "org.opencontainers.image.revision": "main; rm -rf /" } } },
};

/** A registry whose tokens are given to a login only; test/e2e/preview/10-reports.test.ts asks the real program. */
let [server, address, folder]: [Server | undefined, string, string] = [undefined, "", ""];
const asked: string[] = [];
beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "quai-docker-"));
    server = createServer(({ url = "", headers }, answer) => {
        asked.push(url);
        if (url.startsWith("/token?")) {
            answer.writeHead(headers.authorization === LOGIN ? 200 : 401).end(JSON.stringify({ token: "t" }));
        } else if (headers.authorization !== "Bearer t") {
            const challenge = `Bearer realm="http://${address}/token",service="registry",scope="repository:shop/api:pull"`;
            answer.writeHead(401, { "www-authenticate": challenge }).end();
        } else {
            answer.writeHead(CONTENT[url] === undefined ? 404 : 200).end(JSON.stringify(CONTENT[url] ?? {}));
        }
    });
    await new Promise<void>((done) => server?.listen(0, "127.0.0.1", done));
    address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    process.env["DOCKER_CONFIG"] = folder;
});
afterAll(() => {
    delete process.env["DOCKER_CONFIG"];
    server?.close();
    rmSync(folder, { recursive: true });
});
const login = (registry: string) =>
    writeFileSync(join(folder, "config.json"), JSON.stringify({ auths: { [registry]: { auth: LOGIN.slice("Basic ".length) } } }));

describe("R106: the commit that an image was made of", () => {
    test("is told by the host that has the image; its registry isn't asked then", async () => {
        const docker = () => Promise.resolve(`sha256:1 ${COMMIT}\n`);
        expect(await revisionsOf({ docker }, [`${address}/shop/api@${digest("1")}`])).toEqual({
            [`${address}/shop/api@${digest("1")}`]: COMMIT,
        });
        expect(asked).toEqual([]);
    });

    test("is told by the registry, with the login of this machine, for an image of several platforms, too", async () => {
        login(address);
        const name = `${address}/shop/api@${digest("1")}`;
        const docker = () => Promise.reject(new Error("No such image"));
        expect(await revisionsOf({ docker }, [name])).toEqual({ [name]: COMMIT });
        expect(asked.find((url) => url.startsWith("/token?"))).toBe("/token?service=registry&scope=repository%3Ashop%2Fapi%3Apull");
    });

    test("isn't told where nobody may look, where there is none, or where it is no commit; images made on the host are asked of nobody", async () => {
        login("registry.example.com");
        expect(await revisionsOf(undefined, [`${address}/shop/api@${digest("1")}`])).toEqual({});
        login(address);
        asked.length = 0;
        expect(await revisionsOf(undefined, [`${address}/shop/odd:1`, `${address}/shop/none:1`])).toEqual({});
        expect(asked.length).toBeGreaterThan(0);
        asked.length = 0;
        expect(await revisionsOf(undefined, ["quai/demo-dev/api:1a2b3c4d", "quai.local/nginx:1.30-d5063dd626", digest("5")])).toEqual({});
        expect(asked).toEqual([]);
    });
});
