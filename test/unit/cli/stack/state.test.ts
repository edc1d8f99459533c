import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { lockHolders, outputsOf, readState, stateFolder } from "../../../../tools/cli/stack/state";
import { scratchFolder } from "../../support/scratch";
import { fakeStack, STACK, urn } from "./fakes";

const scratch = scratchFolder("state");
const RESOURCES = [{ urn: urn(STACK, "quai-dev"), type: STACK, outputs: { urls: ["https://demo.localhost:8443"] } }];

describe("a stack's state", () => {
    test("in a file: read directly, without asking the engine", async () => {
        const { session, pulumi, state } = fakeStack(scratch, {}, RESOURCES, {}, [{ type: "creating" }]);
        expect(stateFolder(session.engine)).toBe(state);
        const read = await readState(session.engine, "dev");
        expect(read).toMatchObject({ resources: RESOURCES, pending: 1 });
        expect(read === undefined ? undefined : outputsOf(read)).toEqual({ urls: ["https://demo.localhost:8443"] });
        expect(pulumi()).toEqual([]);
    });

    test("one that was never deployed", async () => {
        const { session } = fakeStack(scratch, {});
        expect(await readState(session.engine, "dev")).toBeUndefined();
    });

    test("made, but empty", async () => {
        const { session, state } = fakeStack(scratch, {});
        writeFileSync(join(state, "stacks", "quai", "dev.json"), JSON.stringify({ version: 3, checkpoint: { latest: null } }));
        const read = await readState(session.engine, "dev");
        expect(read).toMatchObject({ resources: [], pending: 0 });
        expect(read === undefined ? undefined : outputsOf(read)).toEqual({});
    });

    test("in a backend elsewhere: as the engine exports it", async () => {
        const { session, pulumi } = fakeStack(scratch, {}, undefined, {
            "stack export": JSON.stringify({ version: 3, deployment: { resources: RESOURCES } }),
        });
        const engine = { ...session.engine, env: { ...session.engine.env, PULUMI_BACKEND_URL: "https://api.pulumi.com" } };
        expect(stateFolder(engine)).toBeUndefined();
        expect(await readState(engine, "dev")).toMatchObject({ resources: RESOURCES, pending: 0 });
        expect(pulumi()).toEqual(["stack export --stack dev"]);
        expect(lockHolders(engine, "dev")).toEqual({ alive: [], dead: [] });
    });

    test("elsewhere, and not there", async () => {
        const { session } = fakeStack(scratch, {}, undefined, { "stack export": "!no such stack" });
        const engine = { ...session.engine, env: { ...session.engine.env, PULUMI_BACKEND_URL: "s3://bucket" } };
        expect(await readState(engine, "dev")).toBeUndefined();
    });
});

describe("who holds the lock", () => {
    async function deadProcess(): Promise<number> {
        const child = spawn("true");
        await new Promise((resolve) => child.on("exit", resolve));
        return child.pid ?? 0;
    }

    function locked(...holders: { pid: number; hostname: string }[]) {
        const { session, state } = fakeStack(scratch, {}, RESOURCES);
        const folder = join(state, "locks", "organization", "quai", "dev");
        mkdirSync(folder, { recursive: true });
        holders.forEach((holder, index) => writeFileSync(join(folder, `${index}.json`), JSON.stringify(holder)));
        return lockHolders(session.engine, "dev");
    }

    test("nobody", () => {
        const { session } = fakeStack(scratch, {}, RESOURCES);
        expect(lockHolders(session.engine, "dev")).toEqual({ alive: [], dead: [] });
        expect(locked()).toEqual({ alive: [], dead: [] });
    });

    test("a process that lives, one that is gone, and one of another machine, which counts as alive", async () => {
        const gone = await deadProcess();
        expect(
            locked({ pid: process.pid, hostname: hostname() }, { pid: gone, hostname: hostname() }, { pid: gone, hostname: "elsewhere" }),
        ).toEqual({
            alive: [process.pid, gone],
            dead: [gone],
        });
    });
});
