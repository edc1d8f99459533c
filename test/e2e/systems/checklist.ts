import { eventually } from "../support/ask";
import { downAndUp, mustRun, underRequests } from "./stands-in";
import { type Ask, ask, burst, docker, mustUp, PORTS, redirected, remove, running, type System, write } from "./system";

/** Where something is asked; the main name unless said. */
export interface Door {
    readonly path: string;
    readonly host?: string;
}

/** What a real application has for each item of the list; an item that it doesn't name doesn't apply. */
export interface Shape {
    readonly system: System;
    /** The whole stack file, with an image of that version. */
    readonly settings: (version: string, more?: Readonly<Record<string, unknown>>) => Promise<Readonly<Record<string, unknown>>>;
    readonly health: Door;
    /** Each with what it answers: a text that is in it, or a status. */
    readonly routes: readonly (Door & { readonly answers: string | number })[];
    /** The path with the login's budget: ten at once, of which so many are let through. */
    readonly login: Door & { readonly passed: number } & Ask;
    /** The path with the API's budget: 60 at once are too many. */
    readonly api: Door;
    readonly webSocket?: () => Promise<void>;
    readonly static?: Door;
    /** Jobs before each release, which have ended well. */
    readonly migrations?: readonly string[];
    /** The first administrator comes in with the generated password, and nobody with another. */
    readonly admin?: () => Promise<void>;
    /** A background worker did something. */
    readonly worker?: () => Promise<void>;
    /** The service that plans, of which there is one. */
    readonly scheduler?: string;
    readonly upload?: () => Promise<void>;
    /** Tools of this machine reach the database, by `quai:postgres.localPort`. */
    readonly database?: () => Promise<void>;
    /** Something kept, which is changed and read again. */
    readonly data: { readonly write: (value: string) => Promise<void>; readonly read: () => Promise<string | undefined> };
    /** `quai:rotation` of the release under load, and what must hold after it. */
    readonly rotation: Readonly<Record<string, unknown>>;
    readonly before?: () => Promise<void>;
    readonly after: () => Promise<void>;
}

const HEADERS = ["strict-transport-security", "x-content-type-options", "x-frame-options"];
const ended = ({ stack }: System, job: string) =>
    docker("ps", "--all", "--filter", `label=io.quai.stack=${stack}`, "--filter", `name=-${job}-`, "--format", "{{.Status}}").trim();

/** What each of the five stacks has to show with a real application, on one engine. */
export function checklist(name: string, shape: Shape): void {
    const { system, health, login, data } = shape;
    const item = (title: string, applies: unknown, check: () => Promise<void>) => (applies === undefined ? undefined : test(title, check));

    describe(name, () => {
        beforeAll(async () => {
            write(system, await shape.settings("1"));
            await mustUp(system);
        });
        afterAll(() => remove(system));

        test("R71, R72, R73: health, and each route leads where it should", async () => {
            expect((await ask(system, health.path, { host: health.host })).status).toBe(200);
            for (const { path, host, answers } of shape.routes) {
                const { status, text } = await ask(system, path, { host });
                expect([host, path, typeof answers === "number" ? status : text]).toEqual([
                    host,
                    path,
                    typeof answers === "number" ? answers : expect.stringContaining(answers),
                ]);
            }
        });

        test("R69, R82: http leads to https; security headers once each, on errors too", async () => {
            const host = health.host ?? system.host;
            expect(await redirected({ ...system, host }, "/x?y=1")).toBe(`https://${host}:${PORTS.https}/x?y=1`);
            for (const path of [health.path, "/.git/config"]) {
                const { rawHeaders } = await ask(system, path, { host });
                expect(HEADERS.map((header) => rawHeaders.filter((each) => each.toLowerCase() === header).length)).toEqual([1, 1, 1]);
            }
        });

        item("R75: a WebSocket through the proxy", shape.webSocket, async () => shape.webSocket?.());

        item("R84, R86: static files are served for a year", shape.static, async () => {
            const { status, headers } = await ask(system, shape.static?.path ?? "");
            expect([status, headers["cache-control"]]).toEqual([200, "public, max-age=31536000, immutable"]);
        });

        item("R100: migrations and other jobs have ended well", shape.migrations, async () => {
            for (const job of shape.migrations ?? [])
                expect([job, ended(system, job)]).toEqual([job, expect.stringMatching(/^Exited \(0\)/)]);
        });

        item("R124: one administrator, with the generated password", shape.admin, async () => shape.admin?.());

        item("R12: the worker works", shape.worker, async () => shape.worker?.());

        item("R12: one scheduler", shape.scheduler, async () => {
            expect(running(system, shape.scheduler ?? "")).toHaveLength(1);
        });

        item("R51, R83: an upload is served", shape.upload, async () => shape.upload?.());

        item("R40: this machine alone reaches the database, over TLS alone", shape.database, async () => shape.database?.());

        test("R53, R59: backup, loss, restore", async () => {
            await data.write("first");
            await mustRun("backup", "now", system.stack);
            await data.write("spoilt");
            await mustRun("restore", "--stack", system.stack, "latest", "--yes");
            await eventually("the value of the snapshot", async () => (await data.read()) === "first", 30);
        });

        test("R33, R34, R101: a release with rotated secrets while requests come in: none fails", async () => {
            await shape.before?.();
            write(system, await shape.settings("2", { "quai:rotation": shape.rotation }));
            const { asked, failed } = await underRequests(
                system,
                health.path,
                health.host ?? system.host,
                async () => void (await mustUp(system)),
            );
            expect(failed).toEqual([]);
            expect(asked).toBeGreaterThan(20);
            await shape.after();
            expect(await data.read()).toBe("first");
            if (shape.scheduler !== undefined) expect(running(system, shape.scheduler)).toHaveLength(1);
        });

        test("R48, R107: down keeps data, up finds them; nothing changed, nothing done", async () => {
            expect((await downAndUp(system)).containers).toBe("");
            expect(await data.read()).toBe("first");
            expect((await mustUp(system)).text).toMatch(/Resources:\n\s+\d+ unchanged\n/);
        });

        // Last, because it leaves nothing of the budgets.
        test("R78, R79: more requests than the budgets allow are refused", async () => {
            const { path, passed, ...rest } = login;
            expect((await burst(system, path, 10, rest))[429]).toBe(10 - passed);
            expect((await burst(system, shape.api.path, 60, { host: shape.api.host }))[429]).toBeGreaterThan(10);
        });
    });
}
