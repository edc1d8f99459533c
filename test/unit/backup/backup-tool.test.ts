import { spawnSync } from "node:child_process";
import { join } from "node:path";

const PACKAGE = join(__dirname, "../../../components/backup/image");
const modern =
    spawnSync("python3", ["-c", "import sys, zoneinfo; zoneinfo.ZoneInfo('Europe/Paris'); sys.exit(sys.version_info < (3, 11))"]).status ===
    0;

(modern ? describe : describe.skip)("the backup tool's pure parts, by their own tests (needs Python 3.11 with time zones)", () => {
    test("R52, R53, R54, R55, R61: schedule, retention, settings, state, lock, messages, files, SQLite", () => {
        const run = spawnSync("python3", ["-m", "unittest", "discover", "-s", join(__dirname, "python")], {
            encoding: "utf8",
            env: { PATH: process.env["PATH"], PYTHONPATH: PACKAGE, PYTHONDONTWRITEBYTECODE: "1" },
            timeout: 100_000,
        });
        expect({ status: run.status, output: run.status === 0 ? "" : run.stderr }).toEqual({ status: 0, output: "" });
        expect(Number(/Ran (\d+) tests/.exec(run.stderr)?.[1] ?? 0)).toBeGreaterThanOrEqual(56);
        expect(run.stderr).not.toContain("skipped");
    }, 120_000);
});
