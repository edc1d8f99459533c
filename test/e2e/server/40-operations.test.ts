import { quai, STACK, start } from "../support/checkout";
import { ask, eventually } from "../support/ask";
import { inside, SWAP } from "./machine";
import { swaps, updatesItself } from "./promises";
import { everything, host, MACHINE } from "./stack";

const inStack = ["--stack", STACK] as const;

describe("a machine with swap and restarts at night", () => {
    beforeAll(async () => {
        everything(host({ rootLogin: false, swap: "64m", rebootAt: "04:00" }));
        const { code, text } = await quai("up", STACK, "--yes");
        expect({ code, text }).toMatchObject({ code: 0 });
    });

    // A restarted container would know it by another path.
    afterAll(() => void inside(MACHINE, `swapoff ${SWAP}`));

    test("R1: swap is in use, and will be after a restart", () => swaps(MACHINE, 64 * 1024 ** 2));

    test("R1: updates install themselves every day, and restart the machine at a set hour", () => updatesItself(MACHINE, "04:00"));
});

describe("operations over SSH", () => {
    interface Status {
        services: { name: string; release: string; health: string; since: string; restarts: number }[];
        certificate: { days: number };
        disk: { usedPercent: number; freeBytes: number };
        backups: { last: string | null };
        problems: string[];
    }

    test("R125: status: health, release, uptime, restarts, disk, certificate, last backup; for people, too", async () => {
        expect(await quai("backup", "now", STACK)).toMatchObject({ code: 0 });
        const { code, stdout } = await quai("status", STACK, "--json");
        const { services, certificate, disk, backups, problems } = JSON.parse(stdout) as Status;
        expect({ code, problems }).toEqual({ code: 0, problems: [] });
        expect(services.map(({ name }) => name)).toEqual(
            expect.arrayContaining(["api", "backup", "postgres", "proxy", "redis", "web", "worker"]),
        );
        for (const { health, since, restarts } of services) {
            expect({ health, since: Date.parse(since) > 0, restarts }).toEqual({ health: "healthy", since: true, restarts: 0 });
        }
        expect(services.find(({ name }) => name === "api")?.release).toMatch(/^[0-9a-f]{8}$/);
        expect(certificate.days).toBeGreaterThan(300);
        expect(disk.freeBytes).toBeGreaterThan(0);
        expect(Date.now() - Date.parse(backups.last ?? "")).toBeLessThan(120_000);
        const people = (await quai("status", STACK)).stdout;
        expect(people).toMatch(/^service +release +health +up for +restarts$/m);
        expect(people).toMatch(/^certificate {2}\d+ days left[\s\S]*^disk {2}\d+ % used[\s\S]*^backups {2}last 20/m);
    });

    test("R125: exec in a container, run in a new one of the release, with standard input and exit status", async () => {
        const said = await quai("exec", ...inStack, "api", "--", "sh", "-c", "echo release $RELEASE; exit 7");
        expect(said).toMatchObject({ code: 7, stdout: expect.stringMatching(/^release [0-9a-f]{8}\n$/) as string });
        const ran = await quai("run", ...inStack, "--", "sh", "-c", "ls /run/secrets; exit 5");
        expect(ran).toMatchObject({ code: 5, stdout: expect.stringContaining("sessionKey") as string });
        expect(inside(MACHINE, "docker ps --all --format '{{.Names}}'")).not.toContain("-run-");
    });

    test("R90: logs of a service, and as they come until one has seen enough", async () => {
        await ask("/api/health?before");
        expect((await quai("logs", ...inStack, "proxy")).stdout).toContain('"path":"/api/health');
        const following = start("logs", ...inStack, "--follow", "--tail", "0", "proxy");
        let n = 0;
        await eventually("a new line shows", async () => {
            await ask(`/api/notes?limit=${++n}`);
            return following.text().includes("/api/notes");
        });
        process.kill(-following.pid, "SIGINT");
        await following.ended;
    });
});
