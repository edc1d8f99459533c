import Ajv from "ajv";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Report } from "../../../../tools/cli/report/report";
import { checkoutRoot } from "../../../../tools/engine/versions";

const check = new Ajv({ allErrors: true }).compile(
    JSON.parse(readFileSync(join(checkoutRoot, "schema/report.schema.json"), "utf8")) as object,
);

/** What a program that relies on the schema would stumble over in what `./quai preview --json` prints. */
export function schemaErrors(report: Report): string[] {
    check(JSON.parse(JSON.stringify(report)));
    return (check.errors ?? []).map(({ instancePath, message, params }) => `${instancePath} ${message ?? ""} ${JSON.stringify(params)}`);
}
