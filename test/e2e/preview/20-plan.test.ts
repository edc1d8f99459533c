import { readFileSync } from "node:fs";
import { join } from "node:path";
import { checkout, objects, proxy, quai, STACK, writeSettings } from "../support/checkout";
import { BASE } from "./changes";

const file = () => join(checkout(), "plan.json");
const CHANGE = { ...BASE, "quai:proxy": { requestsPerSecond: 50, burst: 100 } };

describe("R106: what was reviewed is what is applied", () => {
    test("a plan is saved, offline too, and holds no value", async () => {
        writeSettings(CHANGE);
        const saved = await quai("preview", STACK, "--offline", "--save", file());
        expect([saved.code, saved.stdout.split("\n")[0]]).toEqual([2, expect.stringMatching(/^Safe/)]);
        expect(readFileSync(file(), "utf8")).not.toContain("localhost");
    });

    test("settings that changed since are refused, by name, and nothing is touched", async () => {
        const before = objects("container").sort();
        writeSettings({ ...CHANGE, "quai:aliases": ["late.localhost"] });
        const result = await quai("up", STACK, "--yes", "--plan", file());
        expect(result.code).toBe(1);
        expect(result.text).toContain("this isn't what was reviewed, so nothing was changed:");
        expect(result.text).toMatch(/ {2}- settings changed since the review: quai:aliases\n/);
        expect(result.text).toMatch(/ {2}- what would be done differs: .*now also replace certificate proxy-certificate/);
        expect(objects("container").sort()).toEqual(before);
    });

    test("as reviewed, it is applied", async () => {
        writeSettings(CHANGE);
        const result = await quai("up", STACK, "--yes", "--plan", file());
        expect([result.code, result.code === 0 ? "" : result.text.slice(-2000)]).toEqual([0, ""]);
        expect(result.text).toContain("As reviewed: Safe");
    });

    test("applied once, the plan is spent: the state has moved", async () => {
        const result = await quai("up", STACK, "--yes", "--plan", file());
        expect(result.code).toBe(1);
        expect(result.text).toMatch(/the stack was updated since the review: .*switch of the routes/);
        expect(result.text).toMatch(/no longer update switch of the routes/);
        expect(proxy()).not.toBe("");
    });
});
