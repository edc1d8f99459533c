import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hostCommand } from "../../../components/targets/host-command";
import { sshConnection } from "../../../components/targets/ssh";
import { COMMAND, record } from "../support/mocks";
import { run, scratchFolder } from "../support/scratch";
import { dockerTarget } from "../support/target";

const scratch = scratchFolder("over-ssh");
const KEY = `ssh-ed25519 ${"A".repeat(68)}`;

/** A stand-in for ssh: runs the command here, or fails as its plan says, one word per call that makes or uses a connection. */
function fakeSsh(plan: readonly string[]) {
    const folder = mkdtempSync(join(scratch, "ssh-"));
    const home = join(folder, "home");
    mkdirSync(home);
    writeFileSync(join(folder, "plan"), plan.map((word) => `${word}\n`).join(""));
    const text = [
        "#!/bin/sh",
        `f=${folder}; echo "$*" >>$f/calls`,
        `case "$*" in *"-O check"*) exit 255 ;; esac`,
        `word=$(head -n 1 $f/plan); sed -i 1d $f/plan`,
        `for last; do :; done`,
        `case $word in`,
        `refused) echo "ssh: connect to host h port 22: Connection refused" >&2; exit 255 ;;`,
        `denied) echo "deploy@h: Permission denied (publickey)." >&2; exit 255 ;;`,
        `cut) echo begun; echo half; exit 255 ;;`,
        `esac`,
        `exec /bin/sh -c "$last"`,
    ];
    writeFileSync(join(folder, "ssh"), `${text.join("\n")}\n`);
    chmodSync(join(folder, "ssh"), 0o755);
    // Pauses aren't what is tested.
    writeFileSync(join(folder, "sleep"), "#!/bin/sh\n");
    chmodSync(join(folder, "sleep"), 0o755);
    const calls = () => (existsSync(join(folder, "calls")) ? readFileSync(join(folder, "calls"), "utf8").trim().split("\n") : []);
    return { env: { ...process.env, HOME: home, PATH: `${folder}:${process.env["PATH"]}` }, calls };
}

async function runTask(plan: readonly string[], create: string, data = "") {
    const ssh = fakeSsh(plan);
    const { get } = await record(() => {
        const target = dockerTarget({ ssh: sshConnection("ssh://deploy@203.0.113.7", KEY) });
        return hostCommand(target, "task", { create, stdin: data, delete: "echo gone" }, { parent: target });
    });
    const { inputs } = get(COMMAND, "task");
    const [shell = "", ...options] = inputs["interpreter"] as string[];
    const ran = await run(shell, [...options, inputs["create"] as string], { input: inputs["stdin"] as string, env: ssh.env });
    return { ...ran, inputs, calls: ssh.calls().filter((call) => !call.includes("-O check")), env: ssh.env };
}

describe("a command on another machine", () => {
    test("its program and data arrive, with the pinned key; only a comment and the reader stand in the text that is shown", async () => {
        const { code, stdout, inputs, calls } = await runTask([], 'printf "%s|" "$(cat)"; echo done', "one\ntwo\n");
        expect({ code, stdout }).toEqual({ code: 0, stdout: "one\ntwo|done\n" });
        expect(inputs["create"]).toBe(`# task\nIFS= read -r program; eval "$(printf %s "$program" | base64 -d)"`);
        for (const call of calls) expect(call).toContain(`KnownHostsCommand=/bin/echo %H ${KEY}`);
    });

    test("R27: what it is given is no argument of ssh", async () => {
        const { calls } = await runTask([], "cat >/dev/null", "secret-value-of-the-data");
        expect(calls.length).toBeGreaterThan(0);
        expect(calls.join("\n")).not.toContain("secret-value");
        expect(calls.join("\n")).not.toContain(Buffer.from("secret-value-of-the-data").toString("base64").slice(0, 20));
    });

    test("a host that doesn't answer is tried again; the command runs once", async () => {
        const { code, stdout } = await runTask(["refused", "refused"], "echo ran");
        expect({ code, stdout }).toEqual({ code: 0, stdout: "ran\n" });
    });

    test("a connection that is lost before the command began is made again", async () => {
        const { code, stdout } = await runTask(["open", "refused"], "echo ran");
        expect({ code, stdout }).toEqual({ code: 0, stdout: "ran\n" });
    });

    test("a host that never answers: ssh's own words", async () => {
        const { code, stderr, calls } = await runTask(["refused", "refused", "refused", "refused", "refused"], "echo ran");
        expect(code).toBe(255);
        expect(stderr).toBe("ssh: connect to host h port 22: Connection refused\n");
        expect(calls).toHaveLength(5);
    });

    test("a key that is refused is not tried again", async () => {
        const { code, stderr, calls } = await runTask(["denied"], "echo ran");
        expect({ code, stderr }).toEqual({ code: 255, stderr: "deploy@h: Permission denied (publickey).\n" });
        expect(calls).toHaveLength(1);
    });

    test("a command that had begun is never run twice", async () => {
        const { code, stdout, stderr, calls } = await runTask(["open", "cut"], "echo ran");
        expect({ code, stdout }).toEqual({ code: 255, stdout: "half\n" });
        expect(stderr).toContain("the connection was lost while this ran; it can be run again");
        expect(calls).toHaveLength(2);
    });

    test.each([
        ["exit 7", 7],
        ["false; echo not reached", 1],
        ["exit 255", 254],
    ])("the status of `%s` is %i: 255 is ssh's own", async (create, code) => {
        expect((await runTask([], create)).code).toBe(code);
    });

    test("its end is a command of the same kind", async () => {
        const { inputs, env } = await runTask([], "true");
        const ran = await run("/bin/sh", ["-euc", String(inputs["delete"])], { env });
        expect(ran).toEqual({ code: 0, stdout: "gone\n", stderr: "" });
    });
});
