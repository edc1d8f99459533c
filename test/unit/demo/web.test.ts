import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const WEB = join(__dirname, "../../../examples/demo/web");

interface Built {
    readonly status: number | null;
    readonly stderr: string;
    readonly page: string;
    readonly policy: string;
    readonly assets: ReadonlyMap<string, string>;
}

function build(env: Record<string, string> = {}): Built {
    const target = mkdtempSync(join(tmpdir(), "quai-demo-web-"));
    try {
        const options = { encoding: "utf8" as const, env: { PATH: process.env["PATH"], ...env } };
        const run = spawnSync("sh", [join(WEB, "build.sh"), join(WEB, "src"), target], options);
        if (run.status !== 0) return { status: run.status, stderr: run.stderr, page: "", policy: "", assets: new Map() };
        const folder = join(target, "site/assets");
        const assets = new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), "utf8")]));
        const page = readFileSync(join(target, "site/index.html"), "utf8");
        return { status: 0, stderr: run.stderr, page, policy: readFileSync(join(target, "policy.conf"), "utf8"), assets };
    } finally {
        rmSync(target, { recursive: true });
    }
}

const scriptOf = (built: Built) => [...built.assets].find(([name]) => name.endsWith(".js"));

describe("the demo's front end", () => {
    const built = build();

    test("R84: every asset is named by its content, and the page asks for exactly those", () => {
        expect(built.status).toBe(0);
        for (const [name, content] of built.assets) {
            expect(name.split(".")[1]).toBe(createHash("sha256").update(content).digest("hex").slice(0, 10));
        }
        const asked = [...built.page.matchAll(/"(\/assets\/[^"]+)"/g)].map((match) => match[1]);
        expect([...new Set(asked)].sort()).toEqual([...built.assets.keys()].map((name) => `/assets/${name}`).sort());
    });

    test("nothing inline, nothing from elsewhere, nothing left to fill in: the policy allows the page's own host alone", () => {
        expect(built.policy).toContain(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri",
        );
        expect(built.page).not.toMatch(/<style|style=|<script(?![^>]* src=)|\son[a-z]+=|https?:/);
        for (const content of [built.page, built.policy, ...built.assets.values()]) expect(content).not.toMatch(/@[A-Z_]+@/);
        for (const [name, content] of built.assets) {
            if (!name.endsWith(".svg")) expect(content).not.toMatch(/https?:\/\//);
            expect(content).not.toMatch(/innerHTML|insertAdjacentHTML|eval\(/);
        }
    });

    test("R10: another API_BASE is found in the script, changes its name and opens the policy for that host", () => {
        const elsewhere = build({ API_BASE: "https://api.demo.example.com/v1" });
        const [name, content] = scriptOf(elsewhere) ?? ["", ""];
        expect(content).toContain('const API = "https://api.demo.example.com/v1";');
        expect(name).not.toBe(scriptOf(built)?.[0]);
        expect(elsewhere.policy).toContain("connect-src 'self' https://api.demo.example.com wss://api.demo.example.com; base-uri");
    });

    test("another DEMO_VERSION shows in the page and leaves the assets' names alone", () => {
        const next = build({ DEMO_VERSION: "2.0" });
        expect(next.page).toContain("<code>2.0</code>");
        expect([...next.assets.keys()]).toEqual([...built.assets.keys()]);
    });

    test.each([
        [{ API_BASE: "api" }, 'API_BASE: must be a path such as /api or an https address (got "api")\n'],
        [
            { API_BASE: "http://api.example.com" },
            'API_BASE: must be a path such as /api or an https address (got "http://api.example.com")\n',
        ],
        [{ API_BASE: "/api/" }, 'API_BASE: must be a path such as /api or an https address, without a slash at its end (got "/api/")\n'],
        [{ API_BASE: '/";x' }, 'API_BASE: must be a path such as /api or an https address, without a slash at its end (got "/";x")\n'],
        [{ DEMO_VERSION: "a|b" }, 'DEMO_VERSION: must be letters, digits, dots, dashes or underscores (got "a|b")\n'],
    ])("refuses %j", (env, message) => {
        expect(build(env as Record<string, string>)).toMatchObject({ status: 2, stderr: message });
    });

    test("R19: the health check names each way it can ask, and the last needs bash alone", () => {
        const script = readFileSync(join(WEB, "bin/demo-web-health"), "utf8");
        expect(script.match(/command -v (\w+)/g)).toEqual(["command -v curl", "command -v wget"]);
        expect(script).toContain("/dev/tcp/127.0.0.1/");
    });
});
