import { existsSync, mkdirSync, mkdtempSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { collectAssets, pruneAssets, publishAssets } from "../../../components/tls-proxy/assets-docker";
import { nginxConfig } from "../../../components/tls-proxy/nginx";
import { resolveProxy } from "../../../components/tls-proxy/spec";
import type { Route } from "../../../components/tls-proxy";
import { run, scratchFolder } from "../support/scratch";
import { record } from "../support/mocks";
import { dockerTarget } from "../support/target";
import { API, BASE, endpoint, location } from "./base";

const ASSETS = "/usr/share/nginx/html/assets";

function spec(release: string, more: Partial<Route> = {}, keepAssets?: number) {
    const web = { ...endpoint("web", 8080, "/health"), release };
    return resolveProxy({
        ...BASE,
        routes: [
            { path: "/assets/", to: web, assets: ASSETS, ...more },
            { path: "/", to: web },
        ],
        keepAssets,
    });
}

describe("files that outlive their release", () => {
    const scratch = scratchFolder("assets");

    /** `docker cp` gives the folder of a release; tools run here, on a folder that stands for the volume. */
    function host(): {
        volume: string;
        release: (name: string, files: Record<string, string>) => Promise<{ code: number; stderr: string }>;
    } {
        const [volume, bin, images] = ["volume", "bin", "images"].map((name) => mkdtempSync(join(scratch, `${name}-`))) as [
            string,
            string,
            string,
        ];
        const docker = [
            "#!/bin/sh",
            `if [ "$1" = cp ]; then exec tar -c -C "${images}/\${2%%:*}" .; fi`,
            'while [ "$1" != -euc ]; do shift; done',
            `program=$(printf '%s' "$2" | sed -e 's#/files#${volume}#g'); shift 2`,
            'exec /bin/sh -euc "$program" "$@"',
        ];
        writeFileSync(join(bin, "docker"), `${docker.join("\n")}\n`, { mode: 0o755 });
        const env = { ...process.env, PATH: `${bin}:${process.env["PATH"]}` };
        return {
            volume,
            release: async (name, files) => {
                for (const [path, text] of Object.entries(files)) {
                    const file = join(images, `demo-dev-web-${name}`, path);
                    mkdirSync(dirname(file), { recursive: true });
                    writeFileSync(file, text);
                }
                const { result } = await record(() => {
                    const target = dockerTarget();
                    return [
                        collectAssets(target, spec(name), "demo-dev-proxy-assets", process.getuid?.() ?? 0),
                        publishAssets(target, spec(name), "demo-dev-proxy-assets"),
                    ];
                });
                return run("/bin/sh", ["-euc", result.join("\n")], { env });
            },
        };
    }

    test("of three releases: what only earlier ones had is kept, what has no hash is not", async () => {
        const { volume, release } = host();
        const former = (path: string) => join(volume, "web", "former", "assets", path);
        expect(
            await release("r1", { "app.3fa9c1d2.js": "1", "deep/index-BkTqfdeA.css": "1", "index.html": "1", "custom-elements.js": "1" }),
        ).toMatchObject({ code: 0 });
        expect(existsSync(former("app.3fa9c1d2.js"))).toBe(false);
        expect(await release("r2", { "app.81d0e2aa.js": "2", "deep/index-BkTqfdeA.css": "1", "index.html": "2" })).toMatchObject({
            code: 0,
        });
        expect(readFileSync(former("app.3fa9c1d2.js"), "utf8")).toBe("1");
        expect(await release("r3", { "app.77777777.js": "3" })).toMatchObject({ code: 0 });
        for (const [path, text] of [
            ["app.3fa9c1d2.js", "1"],
            ["app.81d0e2aa.js", "2"],
            ["deep/index-BkTqfdeA.css", "1"],
        ] as const)
            expect([path, readFileSync(former(path), "utf8")]).toEqual([path, text]);
        for (const path of ["index.html", "custom-elements.js", "app.77777777.js"])
            expect([path, existsSync(former(path))]).toEqual([path, false]);
    });

    test("the time counts from the release that replaced it, not from the one that brought it", async () => {
        const { volume, release } = host();
        await release("r1", { "app.3fa9c1d2.js": "1", "lib.0a0a0a0a.js": "1" });
        const old = new Date(Date.now() - 30 * 86_400_000);
        for (const file of ["app.3fa9c1d2.js", "lib.0a0a0a0a.js"]) utimesSync(join(volume, "web", "current", "assets", file), old, old);
        await release("r2", { "lib.0a0a0a0a.js": "1", "app.81d0e2aa.js": "2" });
        const prune = pruneAssets(60)
            .replaceAll("/srv/assets", volume)
            .replace("sleep 30", 'test -z "$done" && done=1')
            .replace(") &", ")");
        await run("/bin/sh", ["-c", `done=; ${prune}`]);
        expect(existsSync(join(volume, "web", "former", "assets", "app.3fa9c1d2.js"))).toBe(true);
        utimesSync(join(volume, "web", "former", "assets", "app.3fa9c1d2.js"), old, old);
        await run("/bin/sh", ["-c", `done=; ${prune}`]);
        expect(existsSync(join(volume, "web", "former", "assets", "app.3fa9c1d2.js"))).toBe(false);
        expect(existsSync(join(volume, "web", "current", "assets", "app.81d0e2aa.js"))).toBe(true);
    });

    test("a folder that the image hasn't: the update fails before anything is switched, and names the route", async () => {
        const { release } = host();
        const { code, stderr } = await release("r1", {});
        expect(code).toBe(1);
        expect(stderr).toContain(`the files of route /assets/ can't be kept: is ${ASSETS} a folder in the image of web?`);
    });
});

describe("the proxy's part", () => {
    test("former files first, then the service with its own word on caching", () => {
        const text = nginxConfig(spec("r2"), "v");
        expect(location(text, "^~ /assets/").slice(1, -1)).toEqual([
            "root /srv/assets/web/former;",
            'set $cache "public, max-age=31536000, immutable";',
            "try_files $uri @web_assets_;",
        ]);
        expect(location(text, "@web_assets_")).toEqual(expect.arrayContaining(["set $cache '';", "set $release r2;"]));
    });

    test("a route's limit counts once", () => {
        const text = nginxConfig(spec("r2", { limit: { name: "files", rate: { requests: 50, per: "second" }, burst: 10 } }), "v");
        expect(location(text, "^~ /assets/")[1]).toMatch(/^limit_req zone=files /);
        expect(location(text, "@web_assets_").join()).not.toContain("limit_req");
    });

    test("with a time of 0 nothing is kept", () => {
        expect(nginxConfig(spec("r2", {}, 0), "v")).not.toContain("/srv/assets");
    });

    test.each<[string, Partial<Route>]>([
        ["/assets", { path: "/assets" }],
        ["/assets/", { exact: true }],
    ])("refused on %s where there is nothing below the path", (path, more) => {
        expect(() => spec("r2", more)).toThrow(`routes[${path}].assets: the route must lead to a service, by a path that ends with /`);
    });

    test("nothing changes for routes without", () => {
        expect(nginxConfig(resolveProxy({ ...BASE, routes: [{ path: "/", to: API }] }), "v")).not.toContain("try_files");
    });
});
