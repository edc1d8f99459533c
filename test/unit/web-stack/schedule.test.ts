import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseCron } from "../../../components/web-stack/cron";
import { runsOnce, waitsForItsTime } from "../../../components/web-stack/schedule";
import { run, scratchFolder } from "../support/scratch";

/* The shell that waits for a job's time, with a clock of the test's own: `date` says what a file says, `sleep` puts it forward. */

const scratch = scratchFolder("schedule");

function job(cron: string, command: readonly string[], deadline = 5) {
    const at = parseCron(cron);
    if (at === undefined) throw new Error("not read");
    return { image: "x", user: { uid: 1, gid: 1 }, command, schedule: { at, deadline } };
}

/** A clock that begins at some time of UTC, and ends the loop when it has struck so often. */
function clock(begin: string, minutes: number): { readonly env: Record<string, string>; readonly folder: string } {
    const folder = mkdtempSync(join(scratch, "clock-"));
    const program = (name: string, text: string) => {
        writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`);
        chmodSync(join(folder, name), 0o755);
    };
    writeFileSync(join(folder, "now"), String(Date.parse(begin) / 1000));
    writeFileSync(join(folder, "left"), String(minutes));
    program("date", `shift; exec /bin/date -u -d "@$(cat ${folder}/now)" "$@"`);
    program(
        "sleep",
        [
            `left=$(($(cat ${folder}/left) - 1)); echo "$left" >${folder}/left; [ "$left" -ge 0 ] || { kill "$PPID"; exit; }`,
            `echo $(($(cat ${folder}/now) + $1)) >${folder}/now`,
        ].join("\n"),
    );
    return { folder, env: { PATH: `${folder}:${process.env["PATH"]}` } };
}

/** The times at which a job ran while the clock went on, and how the loop ended. */
async function times(cron: string, begin: string, minutes: number, command?: readonly string[]) {
    const { folder, env } = clock(begin, minutes);
    const { entry = [], command: words = [] } = waitsForItsTime(
        job(cron, command ?? ["/bin/sh", "-c", `cat ${folder}/now >>${folder}/ran`]),
    );
    const [program = "", ...args] = [...entry, ...words].map((word) => word.replaceAll("/tmp/.failed", join(folder, "failed")));
    const { stdout } = await run(program, args, { env });
    const ran = existsSync(join(folder, "ran")) ? readFileSync(join(folder, "ran"), "utf8").trim().split("\n") : [];
    const failed = existsSync(join(folder, "failed"));
    return { ran: ran.map((seconds) => new Date(Number(seconds) * 1000).toISOString().slice(0, 16)), stdout, failed };
}

test.each([
    ["*/2 * * * *", "2026-11-27T23:57:31Z", 5, ["2026-11-27T23:58", "2026-11-28T00:00", "2026-11-28T00:02"]],
    ["0 0 * * 6", "2026-11-27T23:58:00Z", 4, ["2026-11-28T00:00"]],
    ["0 0 * * 5", "2026-11-27T23:58:00Z", 4, []],
    ["1 0 28 11 *", "2026-11-27T23:59:59Z", 4, ["2026-11-28T00:01"]],
    ["1 0 1 11 *", "2026-11-27T23:59:59Z", 4, []],
    ["8,9 9 * * *", "2026-11-27T09:07:10Z", 3, ["2026-11-27T09:08", "2026-11-27T09:09"]],
])("%s, from %s on, %p minutes", async (cron, begin, minutes, expected) => {
    expect((await times(cron, begin, minutes)).ran).toEqual(expected);
});

test("it says how each run ended, waits for the next one after a failure, and is well again after one that went well", async () => {
    const { stdout, failed } = await times("* * * * *", "2026-11-27T09:07:10Z", 2, ["/bin/sh", "-c", "echo at work; exit 3"]);
    expect([stdout, failed]).toEqual(["quai: begins\nat work\nquai: ended with 3\n".repeat(2), true]);
    const mended = await times("* * * * *", "2026-11-27T09:07:10Z", 2, [
        "/bin/sh",
        "-c",
        "[ -e $0 ] || { : >$0; exit 3; }",
        join(scratch, "tried"),
    ]);
    expect([mended.stdout.match(/ended with \d/g), mended.failed]).toEqual([["ended with 3", "ended with 0"], false]);
});

const once = (command: readonly string[], deadline?: number) => {
    const { entry = [], command: words = [] } = runsOnce(job("* * * * *", command, deadline));
    return [...entry, ...words];
};

test("once: what it prints, and its exit status, are the command's; arguments go through as they are", async () => {
    const [program = "", ...args] = once(["/bin/sh", "-c", 'printf "%s|" "$@"; exit 7', "x", "a b", "$c", "'"]);
    expect(await run(program, args)).toEqual({ code: 7, stdout: "a b|$c|'|", stderr: "" });
});

test("once: ended when its time is up, and that is a failure", async () => {
    const [program = "", ...args] = once(["/bin/sleep", "30"], 1);
    const begun = Date.now();
    const { code } = await run(program, args);
    expect([code === 0, Date.now() - begun < 10_000]).toEqual([false, true]);
});

test("a loop that is stopped asks the run that lasts to end, waits for it, and ends", async () => {
    const { env } = clock("2026-11-27T09:07:10Z", 1);
    const lasting = ["/bin/sh", "-c", "trap 'echo tidied; exit 0' TERM; echo up; while :; do /bin/sleep 0.1; done"];
    const { entry = [], command: words = [] } = waitsForItsTime(job("* * * * *", lasting, 60));
    const child = spawn(entry[0] ?? "", words, { env, stdio: ["ignore", "pipe", "inherit"] });
    let text = "";
    child.stdout.on("data", (chunk: Buffer) => {
        text += String(chunk);
        // A moment, so that the shell is where it waits.
        if (text.endsWith("up\n")) setTimeout(() => child.kill("SIGTERM"), 500);
    });
    const code = await new Promise((resolve) => child.once("close", resolve));
    expect([code, text]).toEqual([143, "quai: begins\nup\ntidied\n"]);
});
