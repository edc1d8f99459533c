import { spawnSync } from "node:child_process";
import { join } from "node:path";

const infra = join(__dirname, "../../../infra");

/** What a program prints that starts as the engine starts this one: jest's own loader would hide what is loaded. */
function run(program: string, variables: Readonly<Record<string, string>> = {}): unknown {
    const started = spawnSync(process.execPath, ["-e", `require("./late.cjs");\n${program}`], {
        cwd: infra,
        encoding: "utf8",
        env: { PATH: process.env["PATH"], ...variables },
    });
    if (started.status !== 0) throw new Error(started.stderr);
    return JSON.parse(started.stdout);
}

const loaded = (folder: string): string => `Object.keys(require.cache).some((file) => file.includes("/node_modules/${folder}/"))`;

test("libraries' parts that this program never uses aren't loaded, and the rest of these libraries is", () => {
    const program = `
        const pulumi = require("@pulumi/pulumi");
        const { z } = require("zod");
        const problem = z.string().safeParse(1).error.issues[0].message;
        console.log(JSON.stringify([typeof pulumi.ComponentResource, problem, ${loaded("typescript")}, ${loaded("@npmcli/arborist")}]));`;
    expect(run(program)).toEqual(["function", "Invalid input: expected string, received number", false, false]);
});

test("they are there for whoever does use them", () => {
    const program = `
        const pulumi = require("@pulumi/pulumi");
        const { z } = require("zod");
        const three = 3;
        pulumi.runtime.serializeFunction(() => three + 1).then(({ text }) =>
            console.log(JSON.stringify([text.includes("three + 1"), typeof z.locales.fr, ${loaded("typescript")}])));`;
    expect(run(program)).toEqual([true, "function", true]);
});

test("what the SDK tells of each resource for --debug is sent to the engine with QUAI_DEBUG alone; all else always", () => {
    const program = `
        const pulumi = require("@pulumi/pulumi");
        const sent = [];
        class Thing extends pulumi.ComponentResource {}
        (async () => {
            require("@pulumi/pulumi/runtime/state").getStore().settings.options.engineAddr = "127.0.0.1:1";
            await pulumi.runtime.setMocks({ call: () => ({}), newResource: ({ name, inputs }) => ({ id: name, state: inputs }) });
            pulumi.runtime.getEngine().log = (request, done) => { sent.push(request.getMessage()); done(); };
            const { urn } = new Thing("quai:index:Thing", "thing");
            await new Promise((done) => urn.apply(done));
            await pulumi.log.info("for people");
            console.log(JSON.stringify([sent.some((text) => text.includes("resource")), sent.includes("for people")]));
        })();`;
    expect(run(program)).toEqual([false, true]);
    expect(run(program, { QUAI_DEBUG: "1" })).toEqual([true, true]);
});
