import { CommanderError } from "commander";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { exitCodeOf } from "../../../tools/cli/main";
import { SetupError } from "../../../tools/engine/types";
import { checkoutRoot } from "../../../tools/engine/versions";

// Starts programs, which takes its time on a busy machine.
jest.setTimeout(60_000);

const quai = (...args: string[]) =>
    spawnSync(process.execPath, [join(checkoutRoot, "tools/cli/start.cjs"), ...args], {
        encoding: "utf8",
        env: { ...process.env, NO_COLOR: "1" },
    });

describe("quai's command line", () => {
    it("prints its help, the commands one needs first", () => {
        const help = quai("--help");
        expect(help.status).toBe(0);
        expect(help.stdout).toContain("Usage: quai <command> [options]");
        expect(help.stdout.indexOf("The two you need:")).toBeLessThan(help.stdout.indexOf("This machine:"));
        expect(help.stdout.indexOf("The two you need:")).toBeGreaterThan(0);
    });

    it("prints its help without arguments too", () => expect(quai().stdout).toBe(quai("--help").stdout));

    it("suggests a command for one that there isn't, and ends with 2", () => {
        const failed = quai("docter");
        expect(failed).toMatchObject({ status: 2, stdout: "" });
        expect(failed.stderr).toBe("error: unknown command 'docter'\n(Did you mean doctor?)\n");
    });

    it("ends with 2 for an option that there isn't", () => expect(quai("doctor", "--jsn").status).toBe(2));

    it("says an error in one line, and where it happened only with --debug", () => {
        const failed = quai("test", "nonesuch");
        expect(failed.status).toBe(2);
        expect(failed.stderr).toMatch(/^error: test: there's no area "nonesuch"; the areas are typecheck, lint, unit, .*\n$/);
        expect(quai("--debug", "test", "nonesuch").stderr).toMatch(/\n\s+at chooseAreas \(.*test\.ts:\d+:\d+\)/);
    });

    it.each([
        [new Error("x"), 1],
        ["x", 1],
        [new SetupError("x"), 1],
        [new SetupError("x", 2), 2],
        [new CommanderError(1, "commander.unknownOption", "x"), 2],
        [new CommanderError(0, "commander.version", "x"), 0],
    ])("%s ends with its code", (error, code) => expect(exitCodeOf(error)).toBe(code));
});
