import { chosenContainers, prefixed } from "../../../../tools/cli/commands/logs";
import { oneOff, wordsOf } from "../../../../tools/cli/commands/run";
import type { HostContainer } from "../../../../tools/cli/stack/docker";
import { containersOf, factsOf } from "../../../../tools/cli/stack/release-containers";
import { scratchFolder } from "../../support/scratch";
import { type Answers, container, fakeStack } from "./fakes";

const scratch = scratchFolder("one-off");
const API = "a".repeat(64);
const INSPECTED = JSON.stringify([
    {
        Image: "sha256:1",
        Config: {
            User: "10001:10001",
            Env: ["RELEASE=3fa9c1d2", "A=b c"],
            Entrypoint: ["/bin/sh", "-c", "export", "quai"],
        },
        HostConfig: { Memory: 536870912, NanoCpus: 1500000000, ReadonlyRootfs: true, Tmpfs: { "/tmp": "rw,size=64m" } },
        NetworkSettings: { Networks: { "demo-dev-data": {}, "demo-dev-app": {} } },
    },
]);
const session = (answers: Answers) => fakeStack(scratch, answers).session;
const like: HostContainer = {
    id: API,
    name: "demo-dev-api-3fa9c1d2",
    state: "running",
    health: "healthy",
    role: "service",
    service: "api",
    release: "3fa9c1d2",
};

describe("R125: a command in the environment of a release", () => {
    test("the container is like the service's but for its command: confined in the same way, without a name or a port", async () => {
        const facts = await factsOf(session({ "inspect ": INSPECTED }), API);
        expect(facts.networks).toEqual(["demo-dev-app", "demo-dev-data"]);
        expect(oneOff("demo-dev", "demo-dev-run-1", like, facts)).toEqual([
            ...[
                "--rm",
                "--name",
                "demo-dev-run-1",
                "--init",
                "--cap-drop",
                "ALL",
                "--security-opt",
                "no-new-privileges:true",
                "--ulimit",
                "core=0:0",
            ],
            ...["--label", "io.quai.stack=demo-dev", "--label", "io.quai.role=one-off", "--label", "io.quai.service=api"],
            ...["--label", "io.quai.release=3fa9c1d2", "--network", "demo-dev-app", "--volumes-from", API, "--user", "10001:10001"],
            ...["--memory", "536870912b", "--memory-swap", "536870912b", "--cpus", "1.5", "--read-only", "--tmpfs", "/tmp:rw,size=64m"],
            ...["--env", "RELEASE=3fa9c1d2", "--env", "A=b c", "--no-healthcheck"],
        ]);
        expect(wordsOf(facts, ["ls", "-l"])).toEqual(["--entrypoint", "/bin/sh", "sha256:1", "-c", "export", "quai", "ls", "-l"]);
        expect(wordsOf({ ...facts, entrypoint: [] }, ["ls"])).toEqual(["--entrypoint", "", "sha256:1", "ls"]);
    });

    test("of several containers of a service a healthy one is taken; of none, those that there are are named", async () => {
        const two = [container({ id: "b", service: "api", status: "Up (unhealthy)" }), container({ id: API, service: "api" })].join("\n");
        expect((await containersOf(session({ "ps ": `${two}\n` }), "api"))[0].id).toBe(API);
        await expect(containersOf(session({ "ps ": `${two}\n` }), "web")).rejects.toThrow(
            "no service web runs in demo-dev; there are: api",
        );
        await expect(containersOf(session({ "ps ": "" }), "api")).rejects.toThrow(
            "no service api runs in demo-dev; nothing does: ./quai up dev",
        );
    });
});

describe("logs", () => {
    const job: HostContainer = { ...like, id: "j", role: "job", service: "migrate", state: "exited" };

    test("R90: of all that run; of one also what has ended", () => {
        expect(chosenContainers([like, job], undefined, "demo-dev")).toEqual([like]);
        expect(chosenContainers([like, job], "migrate", "demo-dev")).toEqual([job]);
        expect(() => chosenContainers([like, job], "web", "demo-dev")).toThrow("web: has no container; there are: api, migrate");
    });

    test("lines of several containers are told apart; those of one stand alone", () => {
        const said: string[] = [];
        const show = prefixed([like, { ...like, service: "scheduler", release: "" }], (line) => said.push(line));
        show(like)("one");
        prefixed([like], (line) => said.push(line))(like)("two");
        expect(said).toEqual(["api-3fa9c1d2 | one", "two"]);
    });
});
