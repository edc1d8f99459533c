import { readFileSync } from "node:fs";
import { join } from "node:path";
import { sshConnection, sshOptions } from "../../../../components/targets/ssh";
import { dockerOverSsh, explainSsh } from "../../../../tools/cli/stack/ssh-host";
import { run, scratchFolder } from "../../support/scratch";

const KEY = `ssh-ed25519 ${"A".repeat(68)}`;
const connection = sshConnection("ssh://deploy@203.0.113.7:2222", KEY, "/keys/id");

describe("R106: what ssh said, as one error that names the setting and the fix", () => {
    test.each([
        [
            "Host key verification failed.",
            `quai:target.hostKey: 203.0.113.7 (port 2222) shows another key than the one given (got "${KEY}"); if the machine is a new one, compare \`ssh-keyscan -t ed25519 -p 2222 203.0.113.7\` with its console and write that key; if not, somebody else is answering: don't go on`,
        ],
        [
            "Unable to negotiate with 203.0.113.7 port 2222: no matching host key type found. Their offer: ecdsa-sha2-nistp256",
            /^quai:target\.hostKey: /,
        ],
        [
            "deploy@203.0.113.7: Permission denied (publickey).",
            "quai:target.identityFile: 203.0.113.7 (port 2222) doesn't let deploy in with the key /keys/id; its public half belongs into ~deploy/.ssh/authorized_keys there",
        ],
        [
            "Warning: Identity file /keys/id not accessible: No such file or directory.\ndeploy@203.0.113.7: Permission denied (publickey).",
            /doesn't let deploy in with the key \/keys\/id \(not accessible\)/,
        ],
        [
            "ssh: connect to host 203.0.113.7 port 2222: Connection refused",
            "quai:target.host: 203.0.113.7 (port 2222) can't be reached (connect to host 203.0.113.7 port 2222: Connection refused); check the address, the network and that sshd runs",
        ],
        ["ssh: Could not resolve hostname h: Name or service not known", /^quai:target\.host: .*Could not resolve hostname/],
        ["command-line: line 0: Bad configuration option: knownhostscommand", "ssh: is too old: OpenSSH 8.5 or later is needed"],
    ])("%s", (said, expected) => {
        if (typeof expected === "string") expect(explainSsh(connection, said)).toBe(expected);
        else expect(explainSsh(connection, said)).toMatch(expected);
    });
});

describe("the docker command over SSH", () => {
    const scratch = scratchFolder("ssh-host");

    test("finds an ssh before the real one that has our options", async () => {
        const env = dockerOverSsh(scratch, "prod", connection);
        expect(env).toMatchObject({ DOCKER_HOST: "ssh://deploy@203.0.113.7:2222", DOCKER_CONTEXT: undefined });
        const folder = join(scratch, ".quai", "ssh", "prod");
        expect(env["PATH"]?.split(":")[0]).toBe(folder);
        const program = readFileSync(join(folder, "ssh"), "utf8");
        for (const option of sshOptions(connection)) expect(program).toContain(option);
        // The real program reads them all.
        const shown = await run(join(folder, "ssh"), ["-G", "203.0.113.7"]);
        expect(shown.code).toBe(0);
        expect(shown.stdout).toContain("stricthostkeychecking true");
    });
});
