import { mkdtempSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { uptime } from "../../../../tools/cli/commands/status";
import { serviceProblems, stackStatus } from "../../../../tools/cli/stack/status";
import { scratchFolder } from "../../support/scratch";
import { certificate as certificateOf } from "../../tls-proxy/real/nginx";
import { type Answers, container, CONTAINER, fakeStack, STACK, urn } from "./fakes";

const scratch = scratchFolder("status");
const API = "a".repeat(64);
const BACKUP = "b".repeat(64);
const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString();

const OUTPUTS = {
    urls: ["https://demo.localhost:8443"],
    running: true,
    repository: "docker volume demo-dev-backup-repository",
    secrets: [{ name: "databasePassword", rotatedOn: daysAgo(10).slice(0, 10) }, { name: "jwt" }, { name: "unheardOf" }],
};
const resources = (outputs: object = OUTPUTS) => [
    { urn: urn(STACK, "quai-dev"), type: STACK, outputs },
    { urn: urn(CONTAINER, "backup"), type: CONTAINER, id: BACKUP, outputs: { name: "demo-dev-backup" } },
    { urn: urn(CONTAINER, "api-3fa9c1d2"), type: CONTAINER, id: API, outputs: { name: "demo-dev-api-3fa9c1d2" } },
    { urn: urn("tls:index/privateKey:PrivateKey", "jwt-1"), type: "tls:index/privateKey:PrivateKey", id: "k", created: daysAgo(3) },
];
const STATE = { last: { time: "2026-11-20T02:00:12Z" }, lastDrill: { time: "2026-11-16T02:05:00Z", ok: true }, problems: [] };
const WELL: Answers = {
    "ps ": `${container({ id: API, name: "demo-dev-api-3fa9c1d2", service: "api", release: "3fa9c1d2" })}\n${container({ id: BACKUP, role: "backup", service: "backup" })}\n`,
    "inspect ": `${API} 2026-11-20T10:00:00Z 2\n${BACKUP} 2026-11-20T09:00:00Z 0\n`,
    "exec ": JSON.stringify(STATE),
};
const status = (answers: Answers, given: readonly object[] | undefined = resources()) =>
    stackStatus(fakeStack(scratch, answers, given).session);

describe("./quai status --json", () => {
    test("is a contract: these names, these types", async () => {
        const { secrets, ...rest } = await status(WELL);
        expect(rest).toEqual({
            stack: "demo-dev",
            application: "demo",
            target: "docker",
            urls: ["https://demo.localhost:8443"],
            services: [
                { name: "api", release: "3fa9c1d2", health: "healthy", since: "2026-11-20T10:00:00Z", restarts: 2 },
                { name: "backup", release: "", health: "healthy", since: "2026-11-20T09:00:00Z", restarts: 0 },
            ],
            certificate: null,
            disk: null,
            backups: {
                last: "2026-11-20T02:00:12Z",
                lastDrill: "2026-11-16T02:05:00Z",
                repository: "docker volume demo-dev-backup-repository",
            },
            problems: [],
        });
        expect(secrets.map(({ name, ageDays }) => [name, ageDays])).toEqual([
            ["databasePassword", 10],
            ["jwt", 3],
            ["unheardOf", 0],
        ]);
        for (const { rotatedOn } of secrets) expect(rotatedOn).toMatch(/^\d{4}-\d\d-\d\d$/);
    });

    test("never deployed: the same shape, and what to do", async () => {
        const { session, docker } = fakeStack(scratch, {});
        expect(await stackStatus(session)).toEqual({
            stack: "demo-dev",
            application: "demo",
            target: "docker",
            urls: [],
            services: [],
            certificate: null,
            disk: null,
            backups: { last: null, lastDrill: null, repository: null },
            secrets: [],
            problems: ["not deployed: ./quai up dev"],
        });
        expect(docker()).toEqual([]);
    });

    test("stopped: no addresses", async () => {
        const found = await status({ "ps ": "" }, [{ urn: urn(STACK, "quai-dev"), type: STACK, outputs: { ...OUTPUTS, running: false } }]);
        expect(found).toMatchObject({ urls: [], services: [], problems: ["stopped: ./quai up dev starts it"] });
        expect(found.backups).toEqual({ last: null, lastDrill: null, repository: OUTPUTS.repository });
    });

    test.each([
        ["unhealthy", container({ id: API, service: "api", status: "Up 1 minute (unhealthy)" }), "unhealthy"],
        ["starting", container({ id: API, service: "api", status: "Up 1 second (health: starting)" }), "starting"],
        ["stopped", container({ id: API, service: "api", state: "exited", status: "Exited (1) 2 minutes ago" }), "exited"],
        ["gone", "", "missing"],
    ])("a service that is %s is a problem", async (_, line, health) => {
        const { services, problems } = await status({ ...WELL, "ps ": `${line}\n`, "inspect ": `${API} 2026-11-20T10:00:00Z\n` });
        expect(services.find(({ name }) => name.startsWith("api"))).toMatchObject({ health });
        const hint = health === "missing" ? "./quai up dev starts it again" : "./quai logs api --stack dev shows why";
        expect(problems.some((problem) => problem.startsWith("api") && problem.includes(`is ${health}: ${hint}`))).toBe(true);
    });

    test("a release that failed beside one that is well is told once, with the one that is well", () => {
        const replica = (release: string, health: string) => ({ name: "api", release, health });
        const failed = [replica("81d0e200", "unhealthy"), replica("81d0e200", "unhealthy")];
        const shown = "./quai logs api --stack dev shows why";
        expect(serviceProblems([replica("3fa9c1d2", "healthy"), ...failed], "dev")).toEqual([
            `api is unhealthy in release 81d0e200, and healthy in 3fa9c1d2: ${shown}`,
        ]);
        expect(serviceProblems(failed, "dev")).toEqual([`api is unhealthy: ${shown}`]);
        expect(serviceProblems([replica("3fa9c1d2", "healthy")], "dev")).toEqual([]);
    });

    test("R60: a drill that failed doesn't count as one; problems of the backups are passed on", async () => {
        const state = { last: null, lastDrill: { time: "2026-11-16T02:05:00Z", ok: false }, problems: ["the last drill failed"] };
        const found = await status({ ...WELL, "exec ": JSON.stringify(state) });
        expect(found.backups).toMatchObject({ last: null, lastDrill: null });
        expect(found.problems).toEqual(["the last drill failed"]);
    });

    describe("the proxy tells of certificate and disk", () => {
        const PROXY = "c".repeat(64);
        const pem = (days: number) => {
            const folder = mkdtempSync(join(scratch, "pem-"));
            certificateOf(folder, ["demo.localhost"], days);
            return readFileSync(join(folder, "certificate.pem"), "utf8");
        };
        const door = (certificate: string, disk = "/dev/sda1 100000000 26000000 74000000 26% /etc/quai") =>
            status({
                ...WELL,
                "ps ": `${container({ id: PROXY, role: "proxy", service: "proxy" })}\n`,
                "exec ": `${disk}\n${certificate}`,
            });
        const own = (problems: readonly string[]) => problems.filter((problem) => /certificate|disk/.test(problem));

        test("days left, names, issuer; room", async () => {
            const found = await door(pem(90));
            expect(found.certificate).toMatchObject({ days: 89, names: ["demo.localhost"], issuer: "CN=demo.localhost" });
            expect(found.disk).toEqual({ usedPercent: 26, freeBytes: 74000000 * 1024 });
            expect(own(found.problems)).toEqual([]);
        });

        test("R94: a certificate with less than 14 days is a problem", async () => {
            expect(own((await door(pem(10))).problems)[0]).toMatch(/^the certificate ends in 9 days, on \d{4}-\d\d-\d\d: /);
        });

        test("so is a disk that is full", async () => {
            const { problems, disk } = await door(pem(90), "/dev/sda1 100000000 81000000 19000000 81% /etc/quai");
            expect(disk?.usedPercent).toBe(81);
            expect(own(problems)).toEqual(["the disk is 81 % full: docs/operations.md says what can go"]);
        });
    });

    test("for how long, in two units", () => {
        const now = Date.parse("2026-11-21T12:00:00Z");
        const times = ["2026-11-21T11:59:30Z", "2026-11-21T08:58:30Z", "2026-11-18T10:30:00Z"];
        expect(times.map((time) => uptime(time, now))).toEqual(["30s", "3h1m", "3d1h"]);
    });

    test("a backup service that can't say how it is is a problem", async () => {
        expect((await status({ ...WELL, "exec ": "Traceback" })).problems).toEqual([
            "the backup service doesn't say how it is: ./quai logs backup --stack dev shows why",
        ]);
    });
});
