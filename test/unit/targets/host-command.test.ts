import { hostCommand } from "../../../components/targets/host-command";
import { COMMAND, record } from "../support/mocks";
import { commandOf, dockerTarget } from "../support/target";
import { run } from "../support/scratch";

const RUN = `IFS= read -r program; eval "$(printf %s "$program" | base64 -d)"`;

describe("a command on the host", () => {
    test("here: a local command whose program and data come on standard input, as a secret (R27)", async () => {
        const { get } = await record(() => {
            const target = dockerTarget();
            return hostCommand(
                target,
                "task",
                { create: "echo one", delete: "echo gone", fills: ["demo-dev-a", "demo-dev-b"], stdin: "data" },
                { parent: target },
            );
        });
        const command = get(COMMAND, "task");
        expect(command).toMatchObject({
            parent: "host",
            provider: "host-commands",
            secrets: ["stdin"],
            additionalSecretOutputs: ["stdin"],
        });
        expect(command.inputs).toEqual({
            create: `# task, fills volume demo-dev-a, fills volume demo-dev-b\n${RUN}`,
            delete: "echo gone",
            interpreter: ["/bin/sh", "-euc"],
            stdin: `${Buffer.from("set -eu\necho one").toString("base64")}\ndata`,
        });
        expect(commandOf(command)).toEqual({ script: "set -eu\necho one", data: "data" });
    });

    test.each([
        ["its data reaches the program", 'cat; echo "[$?]"', "one\ntwo", { code: 0, stdout: "one\ntwo[0]\n" }],
        ["its first failure ends it", "false\necho not reached", "", { code: 1, stdout: "" }],
        ["an unset variable ends it", 'echo "$not_set_anywhere"', "", { code: 2, stdout: "" }],
        ["its exit status is the command's", "exit 7", "", { code: 7, stdout: "" }],
        ["it may hold anything", `printf '%s' 'é "$(id)" \\n'`, "", { code: 0, stdout: 'é "$(id)" \\n' }],
    ])("run by a real shell: %s", async (_, create, stdin, expected) => {
        const { get } = await record(() => {
            const target = dockerTarget();
            return hostCommand(target, "task", { create, stdin }, { parent: target });
        });
        const { inputs } = get(COMMAND, "task");
        const [shell = "", ...options] = inputs["interpreter"] as string[];
        const ran = await run(shell, [...options, inputs["create"] as string], { input: inputs["stdin"] as string });
        expect({ code: ran.code, stdout: ran.stdout }).toEqual(expected);
    });
});
