import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { spawnSync } from "node:child_process";
import { findDrift, recover, runAgain } from "../../../../tools/cli/stack/recover";
import { readState } from "../../../../tools/cli/stack/state";
import { scratchFolder } from "../../support/scratch";
import { type Answers, COMMAND, container, CONTAINER, fakeStack, type FakeStack, listening, STACK, urn, VOLUME } from "./fakes";

const scratch = scratchFolder("recover");
const API = "a".repeat(64);
const UNKNOWN = "b".repeat(64);

const RESOURCES = [
    { urn: urn(STACK, "quai-dev"), type: STACK, outputs: {} },
    { urn: urn(CONTAINER, "api-3fa9c1d2"), type: CONTAINER, id: API, outputs: { name: "demo-dev-api-3fa9c1d2" } },
    { urn: urn(VOLUME, "uploads"), type: VOLUME, id: "demo-dev-uploads", outputs: { name: "demo-dev-uploads" } },
    {
        urn: urn(COMMAND, "api-secrets-3fa9c1d2"),
        type: COMMAND,
        id: "c1",
        inputs: { create: "# api-secrets-3fa9c1d2, fills volume demo-dev-api-secrets-3fa9c1d2\nIFS= read -r program" },
    },
    {
        urn: urn(COMMAND, "uploads-owner"),
        type: COMMAND,
        id: "c2",
        inputs: { create: "# uploads-owner, fills volume demo-dev-uploads\n…" },
    },
    {
        urn: urn(COMMAND, "migrate-3fa9c1d2"),
        type: COMMAND,
        id: "c3",
        inputs: { create: "# migrate-3fa9c1d2\n…", delete: "docker rm --force demo-dev-migrate-3fa9c1d2 >/dev/null" },
    },
];
const WELL: Answers = {
    "ps ": `${container({ id: API, name: "demo-dev-api-3fa9c1d2" })}\n`,
    "volume ls": "demo-dev-uploads\ndemo-dev-api-secrets-3fa9c1d2\n",
    "network ls": "",
};

async function drift({ session }: FakeStack) {
    return findDrift(session, await readState(session.engine, "dev"));
}

describe("what isn't as it was left", () => {
    test("nothing, when all is there: two calls of docker, for this stack alone", async () => {
        const stack = fakeStack(scratch, WELL, RESOURCES);
        expect(await drift(stack)).toEqual({ missing: [], again: [], failed: [] });
        expect(stack.docker().map((line) => line.split(" ")[0])).toEqual(["ps", "volume"]);
        for (const line of stack.docker()) expect(line).toContain("--filter label=io.quai.stack=demo-dev");
    });

    test.each([
        ["gone", { ...WELL, "ps ": "" }],
        [
            "stopped",
            { ...WELL, "ps ": `${container({ id: API, name: "demo-dev-api-3fa9c1d2", state: "exited", status: "Exited (1)" })}\n` },
        ],
    ])("a container that is %s", async (_, answers) => {
        expect(await drift(fakeStack(scratch, answers, RESOURCES))).toEqual({ missing: ["demo-dev-api-3fa9c1d2"], again: [], failed: [] });
    });

    test("a volume of secrets that is gone: what filled it is done again", async () => {
        const stack = fakeStack(scratch, { ...WELL, "volume ls": "demo-dev-uploads\n" }, RESOURCES);
        expect(await drift(stack)).toEqual({
            missing: ["demo-dev-api-secrets-3fa9c1d2"],
            again: [urn(COMMAND, "api-secrets-3fa9c1d2")],
            failed: [],
        });
    });

    test("a volume of data that is gone is named once, and its owner is set again", async () => {
        const stack = fakeStack(scratch, { ...WELL, "volume ls": "demo-dev-api-secrets-3fa9c1d2\n" }, RESOURCES);
        expect(await drift(stack)).toEqual({ missing: ["demo-dev-uploads"], again: [urn(COMMAND, "uploads-owner")], failed: [] });
    });

    test("a container that the last update left unfit isn't missing: it is told apart, as a refresh would make it pass as good", async () => {
        const unfit = RESOURCES.map((resource) =>
            resource.type === CONTAINER ? { ...resource, initErrors: ["never got healthy"] } : resource,
        );
        const stack = fakeStack(scratch, { ...WELL, "ps ": "" }, unfit);
        expect(await drift(stack)).toEqual({ missing: [], again: [], failed: ["demo-dev-api-3fa9c1d2"] });
    });

    test("a stack that was never deployed has nothing to miss; docker isn't asked", async () => {
        const stack = fakeStack(scratch, {});
        expect(await drift(stack)).toEqual({ missing: [], again: [], failed: [] });
        expect(stack.docker()).toEqual([]);
    });

    test("commands are marked in the state, to be done again; none without need", async () => {
        const { session, pulumi } = fakeStack(scratch, {}, RESOURCES);
        await runAgain(session, []);
        expect(pulumi()).toEqual([]);
        await runAgain(session, ["urn:a", "urn:b"]);
        expect(pulumi()).toEqual(["state taint --stack dev --yes urn:a urn:b"]);
    });

    test("a state that can't be marked is told", async () => {
        const { session } = fakeStack(scratch, {}, RESOURCES, { "state taint": "!error: locked" });
        await expect(runAgain(session, ["urn:a"])).rejects.toThrow("the state could not be marked:\nerror: locked");
    });
});

describe("after an update that was killed", () => {
    test("nothing to do is nothing done, and nothing said", async () => {
        const { session, pulumi, docker } = fakeStack(scratch, WELL, RESOURCES);
        const { out, said } = listening();
        await recover(out, session);
        expect([said(), pulumi()]).toEqual(["", []]);
        expect(docker().filter((line) => /^(rm|stop|network rm)/.test(line))).toEqual([]);
    });

    test("containers and networks that the state doesn't know go; volumes never do", async () => {
        const answers = {
            ...WELL,
            "ps ": `${WELL["ps "]}${container({ id: UNKNOWN, name: "demo-dev-api-81d0e2ff" })}\n`,
            "network ls": `${"d".repeat(64)}\tdemo-dev-app\n`,
            "volume ls": "demo-dev-uploads\ndemo-dev-unknown\n",
        };
        const { session, docker } = fakeStack(scratch, answers, RESOURCES);
        const { out, said } = listening();
        await recover(out, session);
        expect(docker().filter((line) => /^(rm|stop|network rm|volume rm)/.test(line))).toEqual([
            `rm --force --volumes ${UNKNOWN}`,
            `network rm ${"d".repeat(64)}`,
        ]);
        expect(said()).toBe(
            "Removing containers that an interrupted update left: demo-dev-api-81d0e2ff\nRemoving networks that an interrupted update left: demo-dev-app\n",
        );
    });

    test.each([
        ["is still there: it's asked again", WELL["ps "], 2],
        ["is gone: that was all that was wanted", "", 1],
    ])("Docker refuses to remove what is just being removed; afterwards it %s", async (_, later, times) => {
        const unknown = `${WELL["ps "]}${container({ id: UNKNOWN, name: "demo-dev-tool", role: "tool" })}\n`;
        const { session } = fakeStack(scratch, { ...WELL, "ps ": unknown }, RESOURCES);
        const removals: string[] = [];
        const docker = session.host.docker.bind(session.host);
        jest.spyOn(session.host, "docker").mockImplementation((args, options) => {
            if (args[0] === "ps" && removals.length > 0 && later === "") return Promise.resolve(later);
            if (args[0] !== "rm") return docker(args, options);
            removals.push(args.join(" "));
            return removals.length === 1 ? Promise.reject(new Error("removal of container is already in progress")) : Promise.resolve("");
        });
        await recover(listening().out, session);
        expect(removals).toEqual(Array.from({ length: times }, () => `rm --force --volumes ${UNKNOWN}`));
    });

    test("a container that was to replace one of the same name goes, though the state knows the name", async () => {
        const answers = { ...WELL, "ps ": `${container({ id: UNKNOWN, name: "demo-dev-api-3fa9c1d2" })}\n` };
        const { session, docker } = fakeStack(scratch, answers, RESOURCES);
        await recover(listening().out, session);
        expect(docker().filter((line) => line.startsWith("rm"))).toEqual([`rm --force --volumes ${UNKNOWN}`]);
    });

    test("the container of a job that the state's command names is known, though its id isn't", async () => {
        const answers = {
            ...WELL,
            "ps ": `${WELL["ps "]}${container({ id: UNKNOWN, name: "demo-dev-migrate-3fa9c1d2", role: "job", state: "exited" })}\n`,
        };
        const { session, docker } = fakeStack(scratch, answers, RESOURCES);
        await recover(listening().out, session);
        expect(docker().filter((line) => line.startsWith("rm"))).toEqual([]);
    });

    test("a database server is stopped gently before it goes", async () => {
        const answers = { ...WELL, "ps ": `${container({ id: UNKNOWN, name: "demo-dev-postgres", role: "postgres" })}\n` };
        const { session, docker } = fakeStack(scratch, answers, RESOURCES);
        await recover(listening().out, session);
        expect(docker().filter((line) => /^(rm|stop)/.test(line))).toEqual([
            `stop --time 60 ${UNKNOWN}`,
            `rm --force --volumes ${UNKNOWN}`,
        ]);
    });

    test("operations that were under way are forgotten, and nothing else of the state", async () => {
        const exported = JSON.stringify({
            version: 3,
            deployment: { resources: RESOURCES, pending_operations: [{ type: "creating" }], manifest: { a: 1 } },
        });
        const { session, pulumi, imported } = fakeStack(scratch, WELL, RESOURCES, { "stack export": exported }, [{ type: "creating" }]);
        const { out, said } = listening();
        await recover(out, session);
        expect(pulumi()).toEqual(["stack export --stack dev", "stack import --stack dev"]);
        expect(JSON.parse(imported())).toEqual({ version: 3, deployment: { resources: RESOURCES, manifest: { a: 1 } } });
        expect(said()).toContain("An earlier update was interrupted");
    });

    function lock(stack: FakeStack, pid: number): string {
        const folder = join(stack.state, "locks", "organization", "quai", "dev");
        mkdirSync(folder, { recursive: true });
        writeFileSync(join(folder, "lock.json"), JSON.stringify({ pid, hostname: hostname() }));
        return folder;
    }

    test("a dead update's lock is released", async () => {
        const stack = fakeStack(scratch, WELL, RESOURCES);
        lock(stack, spawnSync("true").pid);
        const { out, said } = listening();
        await recover(out, stack.session);
        expect(stack.pulumi()).toEqual(["cancel dev --yes --non-interactive"]);
        expect(said()).toContain("An earlier update was killed: releasing its lock.");
    });

    test("a living update is left alone: nothing is touched", async () => {
        const stack = fakeStack(scratch, { ...WELL, "ps ": container({ id: UNKNOWN }) }, RESOURCES);
        const folder = lock(stack, process.pid);
        await expect(recover(listening().out, stack.session)).rejects.toThrow(
            `stack dev is being updated by process ${process.pid}; wait for it to end`,
        );
        expect([stack.pulumi(), stack.docker(), readdirSync(folder)]).toEqual([[], [], ["lock.json"]]);
    });
});
