import { readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Case, Refusal } from "./case";
import { secret } from "./wire";

const TYPE = "command:local:Command";
const file = join(tmpdir(), `quai-parity-${process.pid}.txt`);
const common = { plugin: "command", type: TYPE, cleanUp: async (): Promise<void> => rmSync(file, { force: true }) } as const;

async function written(): Promise<unknown> {
    try {
        return readFileSync(file, "utf8");
    } catch {
        return "nothing";
    }
}

export const commandCases: readonly Case[] = [
    {
        ...common,
        name: "local command",
        inputs: () => ({
            create: "echo out; echo err >&2; printf '%s' \"$GREETING\"",
            environment: { GREETING: "hello" },
            triggers: ["1", 2, { deep: true }],
        }),
        changes: [
            { name: "create", set: { create: "echo other" }, apply: true },
            { name: "environment", set: { environment: { GREETING: "other" } }, apply: true },
            { name: "triggers", set: { triggers: ["1", 3, { deep: true }] } },
            { name: "no triggers", set: { triggers: undefined } },
            { name: "logging", set: { logging: "none" }, apply: true },
            { name: "delete", set: { delete: "true" }, apply: true },
            { name: "dir", set: { dir: "/" }, apply: true },
            { name: "interpreter", set: { interpreter: ["/bin/sh", "-e", "-c"] } },
        ],
    },
    {
        ...common,
        name: "local command with secrets",
        inputs: () => ({
            create: secret(`cat > ${file}; echo "$TOKEN"`),
            update: `cat >> ${file}; echo "before: $PULUMI_COMMAND_STDOUT"`,
            delete: `echo gone >> ${file}`,
            stdin: secret("stdin-secret"),
            environment: { TOKEN: secret("environment-secret"), PLAIN: "plain" },
            triggers: [secret("trigger-secret"), "plain"],
            logging: "none",
        }),
        inspect: written,
        changes: [
            { name: "stdin", set: { stdin: secret("other-secret") }, apply: true },
            { name: "stdin no longer secret", set: { stdin: "stdin-secret" } },
            { name: "secret trigger", set: { triggers: [secret("other-trigger"), "plain"] } },
            { name: "secret environment", set: { environment: { TOKEN: secret("other"), PLAIN: "plain" } }, apply: true },
        ],
    },
    { ...common, name: "local command that fails", inputs: () => ({ create: "echo out; echo err >&2; exit 3" }) },
    {
        ...common,
        name: "local command whose update fails",
        inputs: () => ({ create: "echo fine" }),
        changes: [{ name: "create", set: { create: "exit 4" } }],
    },
    { ...common, name: "local command without a folder", inputs: () => ({ create: "pwd", dir: "/no/such/folder" }) },
    { ...common, name: "local command with nothing to do", inputs: () => ({}) },
    {
        ...common,
        name: "local command that talks a lot",
        inputs: () => ({
            create: "i=0; while [ $i -lt 2000 ]; do echo \"line $i of a long text\"; i=$((i+1)); done; printf 'no end of line'",
        }),
    },
    {
        ...common,
        name: "local command with blank lines at its end",
        inputs: () => ({ create: "printf 'a\\n\\n\\n'; printf '\\n\\nb\\n' >&2" }),
    },
    { ...common, name: "local command with an interpreter", inputs: () => ({ create: "console.log(6 * 7)", interpreter: ["node", "-e"] }) },
    { ...common, name: "local command that does not read its stdin", inputs: () => ({ create: "true", stdin: "x".repeat(300_000) }) },
];

export const commandRefusals: readonly Refusal[] = [
    { name: "unknown property", plugin: "command", type: TYPE, inputs: { creat: "true" } },
    { name: "list for a text", plugin: "command", type: TYPE, inputs: { create: ["true"] } },
    { name: "text for a map", plugin: "command", type: TYPE, inputs: { create: "true", environment: "A=1" } },
    { name: "logging", plugin: "command", type: TYPE, inputs: { create: "true", logging: "loud" } },
    { name: "remote without a connection", plugin: "command", type: "command:remote:Command", inputs: { create: "true" } },
    {
        name: "remote without a host",
        plugin: "command",
        type: "command:remote:Command",
        inputs: { create: "true", connection: { user: "x" } },
    },
];
