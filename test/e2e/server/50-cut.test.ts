import { askJson, ask, eventually } from "../support/ask";
import { api, quai, STACK, start, STACK_ID, type StackConfig } from "../support/checkout";
import { cut, inside } from "./machine";
import { everything, MACHINE } from "./stack";

const notes = async () => (await askJson<{ notes: { body: string }[] }>("/api/notes?limit=100")).notes.map(({ body }) => body);
const on = (kind: string) =>
    inside(MACHINE, `docker ps --all --format '{{.Names}}' --filter label=io.quai.role=${kind}`).trim().split("\n");

describe("an update whose connection breaks", () => {
    const version = (name: string): StackConfig => api({ DEMO_VERSION: name });
    test.each<[moment: string, change: StackConfig, sign: RegExp, delay: number]>([
        ["while an image is built", version("cut-image"), /RemoteImage api-image-\w+ creating/, 300],
        ["while a command runs", version("cut-command"), /Command migrate-\w+ creating/, 100],
        ["while a container is made", version("cut-container"), /Container api-\w+ creating/, 50],
        ["during the switch", version("cut-switch"), /Command proxy-routes updating/, 100],
        [
            "while the database starts",
            { ...version("cut-switch"), "quai:postgres": { version: 15, memory: "320m" } },
            /Container postgres (creating|replacing)/,
            700,
        ],
    ])("SSH is cut %s: what served serves on, and the next up recovers", async (_, change, sign, delay) => {
        const body = `before ${sign.source}`;
        await askJson("/api/notes", { method: "POST", body: JSON.stringify({ body }) });
        everything(change);
        const running = start("up", STACK, "--yes");
        await eventually("the moment", () => Promise.resolve(sign.test(running.text())), 180);
        await new Promise((resolve) => setTimeout(resolve, delay));
        expect(cut(MACHINE, "deploy")).toBeGreaterThan(0);
        await running.ended;
        expect((await ask("/api/health")).status).toBe(200);
        const { code, text } = await quai("up", STACK, "--yes");
        expect({ code, text }).toMatchObject({ code: 0 });
        expect(await notes()).toContain(body);
        expect(on("service").filter((name) => name.startsWith(`${STACK_ID}-api-`))).toHaveLength(1);
    });

    test("a second up after all that changes nothing", async () => {
        const { code, text } = await quai("up", STACK, "--yes");
        expect({ code, text }).toMatchObject({ code: 0 });
        expect(text).not.toMatch(/\d+ (created|updated|replaced|deleted)|put back|: done/);
    });
});
