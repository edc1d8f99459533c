import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseHistory } from "../../../../tools/cli/history/entries";
import { noteIn, noteText, whoRuns } from "../../../../tools/cli/history/note";
import { historyMarkdown, releaseText, rows, took } from "../../../../tools/cli/history/show";

/** As `pulumi stack history --json` prints it, the newest first. */
const update = (more: object) => ({
    version: 0,
    kind: "update",
    startTime: "2026-11-26T21:00:00.000Z",
    endTime: "2026-11-26T21:01:05.000Z",
    message: noteText({ text: "bigger limit", by: "Ada <ada@acme.net>", command: "./quai up" }),
    environment: { "exec.kind": "cli", "git.head": "a1b2c3d4e5f60718293a4b5c6d7e8f9012345678", "git.headName": "refs/heads/main" },
    config: {
        "quai:application": { value: "demo", secret: false },
        "quai:services": { value: '{"api":{"memory":"512m"}}', objectValue: { api: { memory: "512m" } }, secret: false },
        "quai:secrets": { secret: true },
        "quai:images": { value: "{}", objectValue: { api: "registry.acme.net/api:1.4.0@sha256:6c3c624b58db" }, secret: false },
    },
    result: "succeeded",
    resourceChanges: { create: 4, update: 2, delete: 3, same: 70 },
    ...more,
});

const TEXT = JSON.stringify([
    update({ result: "failed", environment: { "git.head": "ffff", "git.dirty": "true" }, resourceChanges: { create: 1 } }),
    update({}),
    update({
        message: "A commit's title",
        environment: { "git.author": "Bob\u001b[31m", "git.head": "eeee" },
        config: { "quai:images": { value: "{}", objectValue: { api: "registry.acme.net/api:1.3.0" }, secret: false } },
    }),
    update({ message: "", environment: null, config: null, resourceChanges: null, result: "in-progress", endTime: undefined }),
]);

describe("R106: history", () => {
    test("entries are numbered from the first, and say who, by which command, from which commit, and how it ended", () => {
        const entries = parseHistory(TEXT);
        expect(entries.map(({ number, who, outcome, seconds }) => [number, who, outcome, seconds])).toEqual([
            [4, "Ada <ada@acme.net>", "failed", 65],
            [3, "Ada <ada@acme.net>", "succeeded", 65],
            [2, "unknown (commit by Bob [31m)", "succeeded", 65],
            [1, "unknown", "in progress", null],
        ]);
        expect(entries[1]).toMatchObject({
            command: "./quai up",
            message: "bigger limit",
            commit: { id: "a1b2c3d4e5f60718293a4b5c6d7e8f9012345678", branch: "main", dirty: false },
            changes: { created: 4, updated: 2, replaced: 0, deleted: 3 },
            deployed: null,
            images: { api: "registry.acme.net/api:1.4.0@sha256:6c3c624b58db" },
        });
        expect(entries[0]?.commit?.dirty).toBe(true);
        expect([entries[2]?.message, entries[2]?.command]).toEqual(["A commit's title", null]);
    });

    test("a setting that holds a secret is known by name only", () => {
        const { settings } = parseHistory(TEXT)[1] ?? {};
        expect(settings?.["quai:services"]).toEqual({ value: { api: { memory: "512m" } } });
        expect(Object.keys(settings ?? {})).toContain("quai:secrets");
        expect(settings?.["quai:secrets"]).toBeUndefined();
    });

    test("releases come from the states that a backend keeps, if there is one for each update", () => {
        const folder = mkdtempSync(join(tmpdir(), "quai-history-"));
        const file = (name: string, release: string) => {
            const labels = [
                { label: "io.quai.service", value: "api" },
                { label: "io.quai.release", value: release },
            ];
            const resources = [
                { urn: "u", type: "docker:index/container:Container", inputs: { labels } },
                {
                    urn: "v",
                    type: "docker:index/remoteImage:RemoteImage",
                    inputs: { name: "quai/demo/api:1", build: { context: "/x/api" } },
                },
            ];
            writeFileSync(join(folder, name), JSON.stringify({ checkpoint: { latest: { resources } } }));
            return join(folder, name);
        };
        const files = [join(folder, "gone.json"), file("2.json", "11111111"), file("3.json", "22222222"), file("4.json", "22222222")];
        const entries = parseHistory(TEXT, files);
        expect(entries.map(({ deployed }) => deployed?.releases["api"])).toEqual(["22222222", "22222222", "11111111", undefined]);
        expect(entries[1]?.deployed).toEqual({ releases: { api: "22222222" }, images: ["quai/demo/api:1"], contexts: ["/x/api"] });
        expect(parseHistory(TEXT, files.slice(1)).every(({ deployed }) => deployed === null)).toBe(true);
        rmSync(folder, { recursive: true });
    });

    test("a table says what is new in each; a release that stays isn't named again", () => {
        const entries = parseHistory(TEXT);
        const cells = rows(entries, entries);
        expect(cells[1]).toEqual([
            "3",
            "2026-11-26 21:00",
            "Ada",
            "succeeded",
            "1 min 5 s",
            "+4 ~2 -3",
            "api 1.4.0",
            "a1b2c3d",
            "bigger limit",
        ]);
        expect([cells[0]?.[6], cells[0]?.[7], cells[3]?.[5]]).toEqual(["", "ffff and changes", "none"]);
        expect(releaseText(entries[3] ?? fail(), entries[2])).toBe("without api");
        expect([took(59), took(61)]).toEqual(["59 s", "1 min 1 s"]);
    });

    test("as Markdown, nobody's words become markup", () => {
        const entries = parseHistory(JSON.stringify([update({ message: noteText({ text: "a | b <img> @all `c|d`", by: "x" }) })]));
        const [, , line = ""] = historyMarkdown(entries, entries).split("\n");
        expect(line.replaceAll("\\|", "").split("|")).toHaveLength(11);
        expect(line).not.toMatch(/<img>|@all|`/);
    });
});

function fail(): never {
    throw new Error("there is no such entry");
}

describe("R106: who did it", () => {
    test("what is noted is read again, in one line each, without what a terminal obeys", () => {
        const text = noteText({ text: "one\ntwo \u001b[2J", by: "Ada\nBy: Eve", command: "./quai up" });
        expect(noteIn(text)).toEqual({ text: "one two  [2J", by: "Ada By: Eve", command: "./quai up" });
        expect(noteIn("Mend it\n\nBecause it was broken.")).toMatchObject({ by: undefined, command: undefined });
    });

    test("a pipeline's is whoever started it; at a desk Git's name", async () => {
        expect(await whoRuns("/", { GITHUB_ACTIONS: "true", GITHUB_ACTOR: "ada" })).toBe("ada (GitHub Actions)");
        expect(await whoRuns("/", { GITLAB_CI: "true", GITLAB_USER_LOGIN: "ada" })).toBe("ada (GitLab CI)");
        const given = { GIT_CONFIG_COUNT: "2", GIT_CONFIG_KEY_0: "user.name", GIT_CONFIG_VALUE_0: "Ada" };
        const env = { PATH: process.env["PATH"], HOME: "/nowhere", ...given, GIT_CONFIG_KEY_1: "user.email", GIT_CONFIG_VALUE_1: "a@b.c" };
        expect(await whoRuns("/", env)).toBe("Ada <a@b.c>");
        expect(await whoRuns("/", { PATH: process.env["PATH"], HOME: "/nowhere" })).toMatch(/^\S+@\S+$/);
    });
});
