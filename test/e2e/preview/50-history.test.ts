import { execFileSync } from "node:child_process";
import { appendFileSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Entry } from "../../../tools/cli/history/entries";
import { checkout, docker, mustUp, objects, quai, STACK, writeSettings } from "../support/checkout";
import { BASE } from "./changes";

const SOURCE = "examples/demo/web/src/index.html";
const FILE = `Pulumi.${STACK}.yaml`;
const read = (file: string) => readFileSync(join(checkout(), file), "utf8");
const git = (...words: string[]) => execFileSync("git", ["-C", checkout(), ...words], { encoding: "utf8" }).trim();

function commit(message: string): string {
    git("add", "-A");
    git("commit", "-qm", message);
    return git("rev-parse", "HEAD");
}

async function entries(): Promise<readonly Entry[]> {
    const { code, stdout, text } = await quai("history", STACK, "--json");
    expect([code, code === 0 ? "" : text]).toEqual([0, ""]);
    return JSON.parse(stdout) as Entry[];
}

const running = () =>
    objects("container")
        .filter((name) => /-web-[0-9a-f]{8}$/.test(name))
        .map((name) => name.slice(-8));

describe("R106: history and rollback", () => {
    let first: Entry;
    let before = "";

    beforeAll(async () => {
        git("init", "-q");
        git("config", "user.name", "Ada");
        git("config", "user.email", "ada@acme.net");
        appendFileSync(join(checkout(), ".git/info/exclude"), "node_modules\n");
        writeSettings(BASE);
        commit("What is deployed");
        await mustUp("--message", "as it was");
        const [newest] = await entries();
        if (newest === undefined) throw new Error("an update left no entry");
        first = newest;
        before = read(FILE);
    });
    afterAll(async () => {
        // Later files find what they expect, and no repository.
        git("checkout", "-q", first.commit?.id ?? "HEAD", "--", SOURCE);
        rmSync(join(checkout(), ".git"), { recursive: true });
        writeSettings(BASE);
        await quai("up", STACK, "--yes");
    });

    test("an update is noted: who, what for, which commit, which release, how it ended", async () => {
        appendFileSync(join(checkout(), SOURCE), "<!-- another release -->\n");
        writeSettings({ ...BASE, "quai:proxy": { requestsPerSecond: 60 } });
        const id = commit("Another front end");
        await mustUp("-m", "another front end");
        const [newest] = await entries();
        expect(newest).toMatchObject({
            number: first.number + 1,
            who: "Ada <ada@acme.net>",
            command: "./quai up",
            message: "another front end",
            outcome: "succeeded",
            commit: { id, dirty: false },
        });
        expect(newest?.changes.created).toBeGreaterThan(0);
        expect(running()).toEqual([newest?.deployed?.releases["web"]]);
        expect(newest?.deployed?.releases["web"]).not.toBe(first.deployed?.releases["web"]);
        expect(newest?.deployed?.releases["api"]).toBe(first.deployed?.releases["api"]);
        const { stdout } = await quai("history", STACK, "--limit", "2");
        expect(stdout).toMatch(
            new RegExp(`${newest?.number ?? 0} .* Ada +succeeded .* web [0-9a-f]{8} +${id.slice(0, 7)} +another front end`),
        );
        expect(stdout).toContain("as it was");
    });

    test("where nobody can be asked, nothing is done, and the checkout is as it was", async () => {
        const serving = running();
        const { code, text } = await quai("rollback", String(first.number), STACK);
        expect([code, text]).toEqual([2, expect.stringContaining("Stack file and sources are as they were.")]);
        expect(text).toContain(`Pulumi.${STACK}.yaml: quai:proxy`);
        expect([git("status", "--porcelain"), running()]).toEqual(["", serving]);
    });

    test("R102: back to an entry: settings, sources and release are those of then; nothing is built", async () => {
        const images = objects("image").sort();
        const { code, text } = await quai("rollback", String(first.number), STACK, "--yes");
        expect([code, code === 0 ? "" : text.slice(-3000)]).toEqual([0, ""]);
        expect(running()).toEqual([first.deployed?.releases["web"]]);
        expect(objects("image").sort()).toEqual(images);
        expect(JSON.parse(read(FILE))).toEqual(JSON.parse(before));
        const differing = git("diff", "--name-only", first.commit?.id ?? "").split("\n");
        expect(differing.filter((file) => file !== FILE && file !== "")).toEqual([]);
        expect((await entries())[0]).toMatchObject({
            command: "./quai rollback",
            message: `back to ${first.number}`,
            deployed: first.deployed,
        });
        commit("Back");
    });

    test("an image that is gone, sources of which nobody has a commit, data at risk: refused, and nothing is changed", async () => {
        const name = "quai.test/web:1";
        docker("tag", first.deployed?.images.find((each) => /\/web:/.test(each)) ?? "", name);
        writeSettings({ ...BASE, "quai:images": { web: name } });
        await mustUp("-m", "by reference");
        const [referenced] = await entries();
        writeSettings(BASE);
        appendFileSync(join(checkout(), SOURCE), "<!-- in no commit -->\n");
        await mustUp("-m", "built");
        docker("rmi", name);
        const gone = await quai("rollback", String(referenced?.number), STACK, "--yes");
        expect([gone.code, gone.text]).toEqual([
            1,
            expect.stringContaining(`rollback: ${name}: neither on the host nor to be had from the registry`),
        ]);
        git("checkout", "-q", "--", SOURCE);
        const [serving, file] = [running(), read(FILE)];
        const built = await quai("rollback", String((referenced?.number ?? 0) + 1), STACK, "--yes");
        expect([built.code, built.text]).toEqual([
            1,
            expect.stringMatching(/can't be built as of entry \d+, because entry \d+ was made with changes/),
        ]);
        const failed = await quai("rollback", "99999", STACK, "--yes");
        expect([failed.code, failed.text]).toEqual([2, expect.stringContaining("rollback: entry 99999 isn't in the history")]);
        expect([running(), read(FILE), git("diff", "--name-only", "--", "examples")]).toEqual([serving, file, ""]);
    });
});
