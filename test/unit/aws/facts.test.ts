import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { awsFacts } from "../../../tools/offline/aws-facts";
import { ATTRIBUTES } from "../../../tools/offline/plugins/aws/attributes";
import { RULES } from "../../../tools/offline/plugins/aws/rules";
import { TYPES } from "../../../tools/offline/plugins/aws/types";

const ROOT = join(__dirname, "../../..");

test("the facts are what the SDK's declarations say: npx tsx tools/offline/aws-facts.ts writes them", () => {
    expect(JSON.parse(readFileSync(join(ROOT, "tools/offline/plugins/facts/aws.json"), "utf8"))).toEqual(JSON.parse(awsFacts()));
});

test("every type has attributes; rules and replacements name inputs that there are", () => {
    const { resources } = JSON.parse(awsFacts()) as { resources: Record<string, { inputs: Record<string, unknown> }> };
    expect(Object.keys(ATTRIBUTES).sort()).toEqual(Object.keys(TYPES).sort());
    expect(Object.keys(RULES).filter((type) => TYPES[type] === undefined)).toEqual([]);
    const inputs = Object.fromEntries(
        Object.entries(resources).map(([token, { inputs: bag }]) => [token.split(":")[1] ?? "", Object.keys(bag)]),
    );
    const strange = Object.entries(TYPES).flatMap(([type, keys]) =>
        keys.filter((key) => key !== "*" && !inputs[type]?.includes(key)).map((key) => `${type}.${key}`),
    );
    expect(strange).toEqual([]);
});

test("a stack on Docker loads nothing of AWS's SDK", () => {
    const program =
        'require("./tools/engine/typescript.cjs"); require("./infra/deploy.ts"); console.log(Object.keys(require.cache).filter((file) => file.includes("@pulumi/aws")).length)';
    const ran = spawnSync(process.execPath, ["-e", program], { cwd: ROOT, encoding: "utf8", timeout: 60_000 });
    expect([ran.stdout.trim(), ran.status]).toEqual(["0", 0]);
}, 70_000);
