import { createHash, randomBytes } from "node:crypto";
import { readdirSync } from "node:fs";
import { ask, askJson, eventually } from "../support/ask";
import { docker, mustUp, objects, offsite, quai, STACK, STACK_ID } from "../support/checkout";

const sha256 = (data: Buffer) => createHash("sha256").update(data).digest("hex");
const notes = async () => (await askJson<{ notes: { body: string }[] }>("/api/notes?limit=100")).notes.map(({ body }) => body);

async function writeSomething(): Promise<{ body: string; id: string; hash: string }> {
    const body = `kept ${randomBytes(6).toString("hex")}`;
    await askJson("/api/notes", { method: "POST", body: JSON.stringify({ body }) });
    const file = randomBytes(100_000);
    const { id } = await askJson<{ id: string }>("/api/uploads?name=kept.bin", {
        method: "POST",
        body: file,
        headers: { "Content-Type": "application/octet-stream" },
    });
    return { body, id, hash: sha256(file) };
}

describe("data survive", () => {
    test("R53, R57: a snapshot on demand, listed, and copied off the host", async () => {
        await writeSomething();
        const made = await quai("backup", "now", STACK);
        expect(made.code).toBe(0);
        const id = /Snapshot (\w+) made/.exec(made.stdout)?.[1] ?? "none";
        expect((await quai("backup", "list", STACK)).stdout).toContain(id);
        expect((await quai("backup", "list", STACK, "--offsite")).code).toBe(0);
        expect(readdirSync(offsite())).toEqual(expect.arrayContaining(["config", "data", "keys", "snapshots"]));
    });

    test("R59: the volumes of database and uploads are destroyed; up and restore bring back every row and file", async () => {
        const kept = await writeSomething();
        const before = await notes();
        expect((await quai("backup", "now", STACK)).code).toBe(0);
        const users = objects("container").filter((name) => /-(postgres|backup|api-\w+|worker-\w+)$/.test(name));
        docker("rm", "--force", ...users);
        docker("volume", "rm", `${STACK_ID}-postgres-data`, `${STACK_ID}-uploads`);

        const up = await mustUp();
        expect(up.text).toContain(`${STACK_ID}-postgres-data`);
        expect(await notes()).toEqual([]);
        expect((await quai("restore", "--stack", STACK, "--yes")).code).toBe(0);
        expect(await notes()).toEqual(before);
        expect(sha256((await ask(`/api/uploads/${kept.id}`)).body)).toBe(kept.hash);
        await writeSomething();
    });

    test("R59: a restore into a filled database makes no duplicates, and can be undone", async () => {
        expect((await quai("backup", "now", STACK)).code).toBe(0);
        const then = await notes();
        await writeSomething();
        const later = await notes();
        expect((await quai("restore", "--stack", STACK, "--yes")).code).toBe(0);
        expect(await notes()).toEqual(then);
        expect((await quai("restore", "--stack", STACK, "--yes", "--undo")).code).toBe(0);
        expect(await notes()).toEqual(later);
    });

    test("R48: down keeps data and says so; up finds them again", async () => {
        const kept = await writeSomething();
        const before = await notes();
        const down = await quai("down", STACK, "--yes");
        expect(down.code).toBe(0);
        for (const volume of ["postgres-data", "uploads", "backup-repository", "redis-data"])
            expect(down.stdout).toContain(`${STACK_ID}-${volume}`);
        expect(objects("container")).toEqual([]);
        expect(objects("network")).toEqual([]);
        await mustUp();
        expect(await notes()).toEqual(before);
        expect(sha256((await ask(`/api/uploads/${kept.id}`)).body)).toBe(kept.hash);
        expect((await quai("backup", "list", STACK)).code).toBe(0);
    });

    test("R14: a container that is killed is back by itself; one that is removed, with the next up", async () => {
        const name = objects("container").find((each) => each.startsWith(`${STACK_ID}-api-`)) ?? "none";
        // The process dies as in a crash; `docker kill` would count as wanted.
        process.kill(Number(docker("inspect", "--format", "{{.State.Pid}}", name).trim()), "SIGKILL");
        await eventually("the API is back", async () => (await ask("/api/health")).status === 200, 60);
        docker("rm", "--force", name);
        await mustUp();
        expect((await ask("/api/health")).status).toBe(200);
    });
});
