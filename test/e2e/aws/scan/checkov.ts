import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Recording } from "../../../unit/support/mocks";
import { pythonWith } from "../python";
import { terraformPlan } from "./plan";

export interface Scan {
    readonly resources: number;
    readonly passed: number;
    /** `CKV_AWS_18 aws_s3_bucket.audit` → what the check asks for. */
    readonly findings: ReadonlyMap<string, string>;
}

interface Output {
    readonly summary: { readonly passed: number; readonly parsing_errors: number; readonly resource_count: number };
    readonly results: {
        readonly failed_checks: readonly { readonly check_id: string; readonly check_name: string; readonly resource: string }[];
    };
}

/** Has checkov judge what a program declares; it asks nobody for anything. */
export function scanned(recording: Recording<unknown>): Scan {
    const python = pythonWith("checkov", join(__dirname, "requirements.txt"));
    const folder = mkdtempSync(join(tmpdir(), "quai-scan-"));
    try {
        const file = join(folder, "plan.json");
        writeFileSync(file, JSON.stringify(terraformPlan(recording), null, 1));
        const args = ["--file", file, "--framework", "terraform_plan", "--output", "json", "--compact", "--quiet", "--skip-download"];
        const { stdout, stderr, status } = spawnSync(join(python, "bin/checkov"), args, {
            encoding: "utf8",
            maxBuffer: 64 * 1024 ** 2,
            env: { PATH: process.env["PATH"], HOME: folder },
        });
        // 1: it has found something.
        if (status !== 0 && status !== 1) throw new Error(`checkov ended with ${String(status)}:\n${stderr.slice(-3000)}`);
        const { summary, results } = JSON.parse(stdout) as Output;
        if (summary.parsing_errors > 0) throw new Error(`checkov could not read ${summary.parsing_errors} resources`);
        return {
            resources: summary.resource_count,
            passed: summary.passed,
            findings: new Map(results.failed_checks.map((each) => [`${each.check_id} ${each.resource}`, each.check_name])),
        };
    } finally {
        rmSync(folder, { recursive: true });
    }
}
