import { spawnSync } from "node:child_process";
import { join } from "node:path";

const API = join(__dirname, "../../../examples/demo/api");
const modern = spawnSync("python3", ["-c", "import sys; sys.exit(sys.version_info < (3, 11))"]).status === 0;

// The tests that need a database and a queue run in a container: examples/demo/api/tests/run-in-container.
(modern ? describe : describe.skip)("the demo's API, by its own tests (needs Python 3.11 and nothing else)", () => {
    test("settings, migration files, sessions, job kinds, health checks and logs", () => {
        const run = spawnSync("python3", ["-m", "unittest", "discover", "-s", "tests/unit", "-t", "."], {
            cwd: API,
            encoding: "utf8",
            env: { PATH: process.env["PATH"], PYTHONDONTWRITEBYTECODE: "1" },
            timeout: 60_000,
        });
        expect({ status: run.status, output: run.status === 0 ? "" : run.stderr }).toEqual({ status: 0, output: "" });
        const ran = Number(/Ran (\d+) tests/.exec(run.stderr)?.[1] ?? 0);
        expect(ran).toBeGreaterThanOrEqual(25);
        expect(run.stderr).not.toContain("skipped");
    }, 90_000);
});
