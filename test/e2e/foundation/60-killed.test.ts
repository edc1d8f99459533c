import { execFileSync } from "node:child_process";
import { askJson, eventually, load } from "../support/ask";
import { api, docker, mustUp, objects, quai, start, STACK, STACK_ID, writeSettings } from "../support/checkout";

/** Process ids of the engine that works for this command. */
function engines(group: number): number[] {
    const rows = execFileSync("ps", ["-eo", "pid=,pgid=,comm="], { encoding: "utf8" }).trim().split("\n");
    return rows.flatMap((row) => {
        const [pid = "", pgid = "", command = ""] = row.trim().split(/\s+/);
        return Number(pgid) === group && command === "pulumi" ? [Number(pid)] : [];
    });
}

describe("kill -9 of the engine in the middle of up", () => {
    test.each([
        ["when the program begins", /Deploying stack/, 1500],
        ["while an image is built", /RemoteImage api-image-\w+ creating/, 200],
        ["while the migration runs", /Command migrate-\w+ creating/, 50],
        ["while the new release gets healthy", /Container api-\w+ creating/, 800],
        ["while the old one goes", /Container api-\w+ deleting|Container scheduler (creating|deleting)/, 100],
    ])("%s: what served still serves, and the next up ends well with no hand", async (moment, sign, delay) => {
        const clients = load("/");
        const version = `killed-${moment.replaceAll(/\W+/g, "-")}`;
        writeSettings(api({ DEMO_VERSION: version }));
        const running = start("up", STACK, "--yes");
        await eventually(`the moment (${moment})`, async () => sign.test(running.text()), 180);
        await new Promise((resolve) => setTimeout(resolve, delay));
        for (const pid of engines(running.pid)) process.kill(pid, "SIGKILL");
        expect((await running.ended).code).not.toBe(0);

        const next = await quai("up", STACK, "--yes");
        const { failures } = await clients.stop();
        expect([next.code, next.code === 0 ? "" : next.text.slice(-3000)]).toEqual([0, ""]);
        expect(failures).toEqual([]);
        const { version: now } = await askJson<{ version: string }>("/api/health");
        expect(now).toBe(version);
        const apis = objects("container").filter((name) => name.startsWith(`${STACK_ID}-api-`));
        expect(apis).toHaveLength(1);
        expect(objects("network").sort()).toEqual([`${STACK_ID}-app`, `${STACK_ID}-data`]);
    });

    test("a second up after all that changes nothing, and what somebody runs from an image of the stack is no leftover", async () => {
        const [image = ""] = objects("image").filter((name) => name.includes("/api:"));
        // It has the image's labels, so that of the stack, and the state knows nothing of it.
        const stranger = docker("run", "--detach", "--rm", "--network", "none", "--entrypoint", "sleep", image, "600").trim();
        const again = await mustUp();
        expect(again.text).not.toMatch(/\d+ (created|updated|replaced|deleted)|Removing containers/);
        expect(docker("rm", "--force", stranger).trim()).toBe(stranger);
    });
});
