import { docker, HTTP, HTTPS, quai, STACK } from "../support/checkout";
import { ask, askJson, eventually } from "../support/ask";
import { addressOf, inside } from "./machine";
import { nothingToDo } from "./promises";
import { openPorts } from "./scan";
import { everything, MACHINE } from "./stack";

const notes = async () => (await askJson<{ notes: { body: string }[] }>("/api/notes?limit=100")).notes.map(({ body }) => body);

describe("a prepared machine that restarts", () => {
    test("R14: everything is back by itself: proxy, application, its data, backups; never was a port open that shouldn't be", async () => {
        everything();
        expect(await quai("up", STACK, "--yes")).toMatchObject({ code: 0 });
        await askJson("/api/notes", { method: "POST", body: JSON.stringify({ body: "before the restart" }) });
        const address = addressOf(MACHINE);
        docker("restart", "--time", "30", MACHINE);
        const seen = new Set<number>();
        await eventually(
            "the application answers",
            async () => {
                // A container with a published port starts with Docker, and the firewall must be there before.
                for (const port of await openPorts(address, 5432, 5432)) seen.add(port);
                return (await ask("/api/health")).status === 200;
            },
            120,
        );
        expect([...seen]).toEqual([]);
        expect(await notes()).toContain("before the restart");
        await eventually("the stray container runs", () =>
            Promise.resolve(inside(MACHINE, "docker ps --format '{{.Names}}'").includes("stray")),
        );
        expect(await openPorts(address, 1, 20_000)).toEqual([22, HTTP, HTTPS]);
        expect(await openPorts(addressOf(MACHINE, 6), 1, 20_000)).toEqual([22]);
        await eventually("all is well", async () => (await quai("status", STACK)).code === 0, 120);
        expect(await quai("backup", "now", STACK)).toMatchObject({ code: 0 });
    });

    test("R14: after that nothing differs, and an update changes nothing", async () => {
        expect(inside(MACHINE, "hostname; systemctl is-active docker ufw quai-firewall ssh")).toBe(`app-1\n${"active\n".repeat(4)}`);
        const preview = await quai("preview", STACK, "--refresh");
        expect(preview).toMatchObject({ code: 0 });
        nothingToDo(await quai("up", STACK, "--yes"));
    });
});
