import { spawnSync } from "node:child_process";
import { join } from "node:path";

const ROOT = join(__dirname, "../../..");
const there = spawnSync("python3", ["-c", "import sys; sys.exit(sys.version_info < (3, 9))"]).status === 0;

(there ? test : test.skip)(
    "R100: the function that runs jobs and judges releases, by its own tests",
    () => {
        const ran = spawnSync("python3", [join(__dirname, "runner_test.py")], {
            encoding: "utf8",
            env: {
                PATH: process.env["PATH"],
                PYTHONDONTWRITEBYTECODE: "1",
                RUNNER: join(ROOT, "components/internal/aws/runner-function/index.py"),
            },
            timeout: 60_000,
        });
        expect({ status: ran.status, output: ran.status === 0 ? "" : ran.stderr }).toEqual({ status: 0, output: "" });
        expect(Number(/Ran (\d+) tests/.exec(ran.stderr)?.[1] ?? 0)).toBeGreaterThanOrEqual(10);
    },
    70_000,
);
