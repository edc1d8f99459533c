import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Entry } from "../../../../tools/cli/history/entries";
import { chosenEntry, sourcePaths } from "../../../../tools/cli/rollback/entry";
import { broughtBack } from "../../../../tools/cli/rollback/settings";
import { sourcesOf } from "../../../../tools/cli/rollback/sources";

const FILE = `# The shop.
config:
  quai:application: demo
  quai:domain: shop.acme.net # since May
  quai:services: { api: { memory: 512m } }
  quai:protect: true
  quai:rotation: { jwt: "2026-11-20" }
  quai:secrets: { stripeKey: { secure: "v1:abc" } }
  quai:tls: { mode: own, key: { secure: "v1:def" } }
encryptionsalt: v1:salt
`;

describe("R106: the stack file as of an entry", () => {
    const then = {
        "quai:application": { value: "demo" },
        "quai:domain": { value: "old.acme.net" },
        "quai:proxy": { value: { burst: 5 } },
        "quai:postgres": { value: { version: 15 } },
        "quai:protect": { value: "false" },
        "quai:secrets": undefined,
        "quai:imageMirror": { value: { "nginx:1": "quai.local/nginx" } },
        "quai:running": { value: "true" },
    };

    test("values, what was added and what is gone are brought back; secrets, their rotation and what protects data stay; so do comments", () => {
        const { text, changed, kept } = broughtBack(FILE, then);
        expect(changed).toEqual(["quai:domain", "quai:postgres", "quai:proxy", "quai:services"]);
        expect(kept).toEqual(["quai:tls"]);
        expect(text).toContain("# The shop.");
        expect(text).toContain("quai:domain: old.acme.net");
        expect(text).not.toMatch(/512m|imageMirror|running/);
        for (const line of ["quai:protect: true", "2026-11-20", "v1:abc", "v1:def", "encryptionsalt: v1:salt", "burst: 5"]) {
            expect(text).toContain(line);
        }
    });

    test("what the engine notes as text is the same as what stands in the file; then the file isn't touched", () => {
        const file = "config: { quai:port: 8080, quai:flag: true,   quai:name: x }\n";
        const same = { "quai:port": { value: "8080" }, "quai:flag": { value: "true" }, "quai:name": { value: "x" } };
        expect(broughtBack(file, same)).toEqual({ text: file, changed: [], kept: [] });
        const other = broughtBack(file, { ...same, "quai:port": { value: "81" }, "quai:flag": { value: "false" } });
        expect(other.text).toContain("quai:port: 81, quai:flag: false");
    });

    test("a setting that held a secret then and none now stays as it is now, and is named", () => {
        expect(broughtBack("config: { quai:tls: { mode: acme } }\n", { "quai:tls": undefined })).toMatchObject({
            changed: [],
            kept: ["quai:tls"],
        });
    });
});

const entry = (number: number, more: Partial<Entry> = {}): Entry => ({
    ...{ number, kind: "update", started: "2026-11-26T21:00:00.000Z", seconds: 5, outcome: "succeeded", who: "Ada", command: null },
    ...{
        message: "",
        pipeline: null,
        commit: null,
        changes: { created: 0, updated: 0, replaced: 0, deleted: 0 },
        deployed: null,
        images: {},
    },
    settings: { "quai:application": { value: "demo" } },
    ...more,
});

describe("R106: which entry", () => {
    const stopped = { "quai:application": { value: "demo" }, "quai:running": { value: "false" } };
    const all = [
        entry(6),
        entry(5, { outcome: "failed" }),
        entry(4, { settings: stopped }),
        entry(3, { kind: "destroy" }),
        entry(2, { settings: {} }),
        entry(1),
    ];

    test.each([
        [9, "rollback: entry 9 isn't in the history: 2, 1 can; ./quai history says more"],
        [5, "rollback: entry 5 failed: 2, 1 can; ./quai history says more"],
        [4, "rollback: entry 4 stopped the stack, which ./quai down does: 2, 1 can; ./quai history says more"],
        [3, "rollback: entry 3 is a destroy, which deployed nothing: 2, 1 can; ./quai history says more"],
    ])("entry %s is refused, and others are named", (number, message) => {
        expect(() => chosenEntry(all, number)).toThrow(message);
    });

    test("an update that served is taken", () => {
        expect(chosenEntry(all, 1).number).toBe(1);
    });
});

describe("R106: sources as of an entry", () => {
    let folder: string;
    const git = (...args: string[]) =>
        execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@t", "-C", folder, ...args], { encoding: "utf8" }).trim();
    const put = (file: string, text: string) => {
        mkdirSync(dirname(join(folder, file)), { recursive: true });
        writeFileSync(join(folder, file), text);
    };
    const read = (file: string) => (existsSync(join(folder, file)) ? readFileSync(join(folder, file), "utf8") : undefined);
    const commit = () => {
        git("add", "-A");
        git("commit", "-qm", "x");
        return git("rev-parse", "HEAD");
    };
    const at = (id: string, dirty = false) => entry(7, { commit: { id, branch: null, dirty } });
    let first = "";

    beforeEach(() => {
        folder = mkdtempSync(join(tmpdir(), "quai-rollback-"));
        git("init", "-q");
        put("api/main.ts", "one");
        put("api/gone.ts", "was here");
        put("other/x", "one");
        first = commit();
        put("api/main.ts", "two");
        put("api/new.ts", "new");
        put("other/x", "two");
        rmSync(join(folder, "api/gone.ts"));
        commit();
    });
    afterEach(() => rmSync(folder, { recursive: true }));

    test("files of then come back, files that came since go, others stay; and all of it can be undone", async () => {
        const sources = await sourcesOf(folder, at(first), ["api"]);
        expect([...sources.files].sort()).toEqual(["api/gone.ts", "api/main.ts", "api/new.ts"]);
        await sources.restore();
        expect(["api/main.ts", "api/gone.ts", "api/new.ts", "other/x"].map(read)).toEqual(["one", "was here", undefined, "two"]);
        await sources.undo();
        expect(git("status", "--porcelain")).toBe("");
        expect(sources.doubt).toBeUndefined();
    });

    test("changes that aren't committed are not lost", async () => {
        put("api/main.ts", "mine");
        await expect(sourcesOf(folder, at(first), ["api"])).rejects.toThrow(
            "rollback: api/main.ts: changes that aren't committed would be lost; commit or stash them first",
        );
        await expect(sourcesOf(folder, at(first), ["other"])).resolves.toMatchObject({ files: ["other/x"] });
    });

    test("what can't be known is said", async () => {
        expect((await sourcesOf(folder, at(first, true), ["api"])).doubt).toBe("entry 7 was made with changes that weren't committed");
        expect((await sourcesOf(folder, at("0".repeat(40)), ["api"])).doubt).toContain("isn't in this repository: git fetch may bring it");
        expect((await sourcesOf(folder, entry(7), ["api"])).doubt).toBe("entry 7 knows no commit");
        expect((await sourcesOf(tmpdir(), at(first), ["api"])).doubt).toBe("this checkout has no Git repository");
    });

    test("the folders that images were built from are found, wherever the machine's checkout was", () => {
        put("stacks/demo.ts", "");
        put("components/tls-proxy/image/Dockerfile", "");
        const settings = {
            "quai:application": { value: "demo" },
            "quai:images": { value: { web: { build: "../elsewhere" }, job: { build: "jobs" } } },
        };
        const deployed = { releases: {}, images: [], contexts: ["/home/runner/work/shop/shop/api"] };
        expect(sourcePaths(folder, entry(1, { settings, deployed }), [join(folder, "other"), "/r/components/tls-proxy/image"])).toEqual([
            "api",
            "jobs",
            "other",
            "stacks/demo.ts",
        ]);
    });
});
