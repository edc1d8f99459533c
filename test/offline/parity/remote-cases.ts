import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { Sshd } from "../command/sshd";
import type { Case } from "./case";
import { secret } from "./wire";

const TYPE = "command:remote:Command";
const COPY = "command:remote:CopyToRemote";
const ASSET = { "4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17" };

let sshd: Sshd | undefined;
let folder = "";

/** A server of its own, on the loopback interface, for as long as the case lives. */
const server = {
    prepare: async (): Promise<void> => {
        folder = mkdtempSync(join(tmpdir(), "quai-parity-"));
        writeFileSync(join(folder, "from.txt"), "content\n");
        sshd ??= await (await Sshd.create(["Subsystem sftp internal-sftp"])).start();
    },
    cleanUp: async (): Promise<void> => {
        rmSync(folder, { recursive: true, force: true });
    },
};

export function stopServer(): void {
    sshd?.remove();
    sshd = undefined;
}

const connection = (hostKey?: string) => ({
    host: "127.0.0.1",
    port: sshd?.port,
    user: userInfo().username,
    privateKey: secret(sshd?.privateKey),
    hostKey: hostKey ?? sshd?.hostKey,
    dialErrorLimit: 1,
});

async function copied(): Promise<unknown> {
    const target = join(folder, "to.txt");
    return existsSync(target) ? { text: readFileSync(target, "utf8"), mode: statSync(target).mode.toString(8) } : "nothing";
}

const volatile = ["connection", "remotePath", "source"];
const common = { plugin: "command", volatile, ...server } as const;

export const remoteCases: readonly Case[] = [
    {
        ...common,
        name: "remote command",
        type: TYPE,
        inputs: () => ({
            connection: connection(),
            create: "cat; echo err >&2; printf '%s' \"$PWD\" | wc -c",
            stdin: secret("stdin-secret"),
            triggers: ["1"],
            logging: "none",
        }),
        changes: [
            { name: "create", set: { create: "echo other" }, apply: true },
            { name: "stdin", set: { stdin: secret("other-secret") }, apply: true },
            { name: "triggers", set: { triggers: ["2"] } },
            { name: "connection", set: { connection: { host: "localhost" } } },
        ],
    },
    { ...common, name: "remote command that fails", type: TYPE, inputs: () => ({ connection: connection(), create: "echo out; exit 3" }) },
    {
        ...common,
        name: "remote command to a host with another key",
        type: TYPE,
        inputs: () => ({
            connection: connection("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0000000000000000000000000000000000000000000"),
            create: "true",
        }),
    },
    {
        ...common,
        name: "file copied to a host",
        type: COPY,
        inputs: () => ({
            connection: connection(),
            source: { ...ASSET, path: join(folder, "from.txt"), hash: "434728a410a78f56fc1b5899c3593436e61ab0c731e9072d95e96db290205e53" },
            remotePath: join(folder, "to.txt"),
        }),
        inspect: copied,
        changes: [{ name: "triggers", set: { triggers: ["1"] } }],
    },
];
