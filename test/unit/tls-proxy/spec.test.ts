import type { Route } from "../../../components/tls-proxy";
import { resolveProxy } from "../../../components/tls-proxy/spec";
import { API, BASE, BUDGET, endpoint, filesNamed, type ProxyArgs, WEB } from "./base";

const resolve = (change: Partial<ProxyArgs> = {}) => resolveProxy({ ...BASE, ...change });
const problems = (...routes: Route[]): string[] => {
    try {
        resolve({ routes });
        return [];
    } catch (error) {
        return error instanceof Error ? error.message.split("\n") : [];
    }
};

describe("what the proxy is", () => {
    test("defaults are the guides': 50 MB, 60 s each, HSTS for a year with subdomains and without preload", () => {
        expect(resolve()).toMatchObject({
            bodyLimit: 50 * 1024 * 1024,
            timeouts: { connect: 60, send: 60, read: 60 },
            hsts: { maxAge: 31536000, includeSubdomains: true, preload: false },
            compression: true,
            drain: 30,
        });
    });

    test("names: the domain, aliases and hosts of routes, each once", () => {
        const routes: Route[] = [
            { path: "/", to: WEB, host: "admin.demo.localhost" },
            { path: "/api/", to: API, host: "admin.demo.localhost" },
            { path: "/", to: WEB },
        ];
        expect(resolve({ routes }).names).toEqual(["demo.localhost", "www.demo.localhost", "admin.demo.localhost"]);
    });

    test("R73, R78: a service's health path has a route and a bucket of its own", () => {
        const health = resolve().routes.filter(({ limit }) => limit?.name === "health");
        expect(health.map(({ path, exact, backend }) => [path, exact, backend.kind === "service" && backend.name])).toEqual([
            ["/api/health", true, "api"],
            ["/health", true, "web"],
        ]);
        expect(resolve().zones.map(({ name, rate, burst }) => [name, rate.requests, rate.per, burst])).toEqual([
            ["health", 100, "second", 200],
            ["api", 10, "second", 20],
            ["login", 5, "minute", 3],
        ]);
    });

    test("a health path that the application routes itself keeps that route", () => {
        const routes: Route[] = [{ path: "/api/health", exact: true, to: API, limit: BUDGET }, ...BASE.routes];
        expect(resolve({ routes }).routes.filter(({ path }) => path === "/api/health")).toHaveLength(1);
    });

    test("a service without a health path, or one outside its routes, gets none", () => {
        const routes: Route[] = [
            { path: "/a/", to: endpoint("a", 1) },
            { path: "/b/", to: endpoint("b", 2, "/health") },
        ];
        expect(resolve({ routes }).routes.map(({ path }) => path)).toEqual(["/a/", "/b/", "/a", "/b"]);
    });
});

describe("what is refused", () => {
    test.each<[string, Route, string]>([
        [
            "no slash",
            { path: "api/", to: WEB },
            'routes[api/].path: must begin with / and hold letters, digits, . _ ~ - and / (got "api/")',
        ],
        [
            "a way out of the configuration",
            { path: "/a;b{", to: WEB },
            'routes[/a;b{].path: must begin with / and hold letters, digits, . _ ~ - and / (got "/a;b{")',
        ],
        [
            "a host with a scheme",
            { path: "/", host: "https://a.example.com", to: WEB },
            'routes[/].host: must be a host name in lower case, without https:// (got "https://a.example.com")',
        ],
        [
            "files without a slash",
            { path: "/media", to: { files: filesNamed("media") } },
            'routes[/media].path: must end with / where files are served (got "/media")',
        ],
        [
            "an ending without a dot",
            { path: "/media/", to: { files: filesNamed("media") }, deny: ["php"] },
            'routes[/media/].deny: must be file endings such as .php (got "php")',
        ],
    ])("%s", (_, route, message) => {
        expect(problems(route)).toEqual([message]);
    });

    test("a route given twice, on the same name", () => {
        expect(problems({ path: "/a/", to: WEB }, { path: "/a/", to: API })).toEqual([
            "routes[/a/]: given twice for all names; remove one",
        ]);
        expect(
            problems({ path: "/a/", to: WEB }, { path: "/a/", exact: true, to: API }, { path: "/a/", host: "b.example.com", to: API }),
        ).toEqual([]);
    });

    test("a budget with two rates", () => {
        expect(
            problems(
                { path: "/a/", to: WEB, limit: BUDGET },
                { path: "/b/", to: WEB, limit: { ...BUDGET, rate: { requests: 5, per: "second" } } },
            ),
        ).toEqual(['routes[/b/].limit: the budget "api" has another rate elsewhere; give one rate or another name']);
        expect(problems({ path: "/a/", to: WEB, limit: BUDGET }, { path: "/b/", to: WEB, limit: { ...BUDGET, burst: 5 } })).toEqual([]);
    });

    test("all problems are told at once", () => {
        expect(problems({ path: "a", to: WEB, host: "A" }, { path: "/b", to: { files: filesNamed("b") }, deny: [".PHP"] })).toHaveLength(4);
    });
});
