import { spawnSync } from "node:child_process";
import { join } from "node:path";

const PACKAGE = join(__dirname, "../../../components/tls-proxy/image");
const modern = spawnSync("python3", ["-c", "import sys; sys.exit(sys.version_info < (3, 11))"]).status === 0;

(modern ? describe : describe.skip)("the certificate service's own tests (need Python 3.11)", () => {
    test("R64, R65, R94: what it asks for, puts in place, keeps, and tells", () => {
        const run = spawnSync("python3", ["-m", "unittest", "discover", "-s", join(__dirname, "python")], {
            encoding: "utf8",
            env: { PATH: process.env["PATH"], PYTHONPATH: PACKAGE, PYTHONDONTWRITEBYTECODE: "1" },
            timeout: 100_000,
        });
        expect({ status: run.status, output: run.status === 0 ? "" : run.stderr }).toEqual({ status: 0, output: "" });
        expect(Number(/Ran (\d+) tests/.exec(run.stderr)?.[1] ?? 0)).toBeGreaterThanOrEqual(11);
    }, 120_000);
});
