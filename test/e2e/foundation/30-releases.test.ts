import { askJson, load } from "../support/ask";
import { api, docker, mustUp, objects, quai, STACK, STACK_ID, writeSettings } from "../support/checkout";

const health = () => askJson<{ release: string; version: string }>("/api/health");
const apiContainers = () => objects("container").filter((name) => name.startsWith(`${STACK_ID}-api-`));

describe("a release", () => {
    test("R101: a new image rolls out while clients keep asking, and no request fails", async () => {
        const before = await health();
        const clients = load("/api/health");
        writeSettings(api({ DEMO_VERSION: "2" }));
        await mustUp();
        const { requests, failures, releases } = await clients.stop();
        const after = await health();
        expect(after.version).toBe("2");
        expect(after.release).not.toBe(before.release);
        expect(releases).toEqual(new Set([before.release, after.release]));
        expect(requests).toBeGreaterThan(100);
        expect(failures).toEqual([]);
        expect(apiContainers()).toEqual([`${STACK_ID}-api-${after.release}`]);
    });

    test.each(["health", "start"])(
        "R23, R101: an image that is broken (%s) fails the update with its last lines; the old one never stops serving",
        async (fault) => {
            const before = await health();
            const clients = load("/api/health");
            writeSettings(api({ DEMO_VERSION: `broken-${fault}`, DEMO_BREAK: fault }));
            const result = await quai("up", STACK, "--yes");
            const { failures, releases } = await clients.stop();
            expect(result.code).toBe(1);
            expect(result.text).toMatch(/healthy/);
            expect(result.text).toContain("What served before still serves");
            expect(failures).toEqual([]);
            expect(releases).toEqual(new Set([before.release]));
        },
    );

    test("R100, R128: a migration that fails stops the release before anything of it starts", async () => {
        const before = await health();
        const clients = load("/api/health");
        writeSettings(api({ DEMO_VERSION: "broken-migration", DEMO_BREAK: "migrate" }));
        const result = await quai("up", STACK, "--yes");
        const { failures, releases } = await clients.stop();
        expect(result.code).toBe(1);
        expect(failures).toEqual([]);
        expect(releases).toEqual(new Set([before.release]));
        expect(result.text).toContain("migrate");
        const doctor = await quai("doctor", STACK);
        expect(doctor.code).toBe(1);
        // Beside it, what the broken releases before have left; every route answers.
        const named = (/Not as it should be: (.*)\./.exec(doctor.stdout)?.[1] ?? "").split(", ");
        expect(named).toContain("job migrate");
        expect(named.filter((name) => !/^(job|service) /.test(name))).toEqual([]);
    });

    test("the next good release needs no hand", async () => {
        const clients = load("/api/health");
        writeSettings(api({ DEMO_VERSION: "3" }));
        await mustUp();
        const { failures } = await clients.stop();
        expect((await health()).version).toBe("3");
        expect(failures).toEqual([]);
        expect(apiContainers()).toHaveLength(1);
    });

    test("R102: taking the change back brings the former release back", async () => {
        const clients = load("/api/health");
        writeSettings();
        await mustUp();
        const { failures } = await clients.stop();
        expect((await health()).version).toBe("1");
        expect(failures).toEqual([]);
    });

    test("R12: the scheduler has never run twice at once", async () => {
        const { ticks } = await askJson<{ ticks: { event: string; instance: string; at: string }[] }>("/api/jobs");
        expect(ticks.length).toBeGreaterThan(0);
        const { overlaps } = overlapping();
        expect(overlaps).toEqual([]);
    });
});

/** Each instance's first and last sign of life; two schedulers at once would interleave. */
function overlapping(): { overlaps: string[] } {
    const rows = docker(
        ...["exec", `${STACK_ID}-postgres`, "psql", "-U", "postgres", "-d", "demo", "-At", "-F", " "],
        ...["-c", "SELECT instance, min(extract(epoch FROM at)), max(extract(epoch FROM at)) FROM ticks GROUP BY instance ORDER BY 2"],
    );
    const lives = rows
        .trim()
        .split("\n")
        .map((line) => {
            const [instance = "", from = "0", to = "0"] = line.split(" ");
            return { instance, from: Number(from), to: Number(to) };
        });
    return {
        overlaps: lives.flatMap((life, i) =>
            i > 0 && life.from < (lives[i - 1]?.to ?? 0) ? [`${life.instance} began before ${lives[i - 1]?.instance} ended`] : [],
        ),
    };
}
