import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { escaped, markdown } from "../../../../tools/cli/report/markdown";
import { masksOf } from "../../../../infra/secrets/mask";
import { masked } from "../../../../tools/cli/report/masked";
import { refusedReport } from "../../../../tools/cli/report/refused";
import { ageText } from "../../../../tools/cli/report/report";
import { stateSecrets } from "../../../../tools/cli/report/known-secrets";

describe("texts of others in a comment", () => {
    test.each([
        ["`a` is <b>", "`a` is \\<b\\>"],
        ["a lone ` here", "a lone ' here"],
        ["@team, see #12 and https://x.example", "@\u200bteam, see #\u200b12 and https:\u200b//x.example"],
        ["`@team` stays code", "`@team` stays code"],
        ["[link](x) *bold* a_b", "\\[link\\](x) \\*bold\\* a\\_b"],
        ["two\nlines", "two lines"],
    ])("%j", (text, expected) => {
        expect(escaped(text)).toBe(expected);
    });
});

describe("R24: secrets in texts", () => {
    const { all, known } = masksOf(["correct horse battery", "short"]);

    test.each([
        ["url: postgresql://app:hunter22@postgres:5432/x", "url: postgresql://app:[secret]@postgres:5432/x"],
        ["SMTP_PASSWORD=hunter22 x", "SMTP_PASSWORD=[secret] x"],
        ['{"apiKey": "abcdef123"}', '{"apiKey": "[secret]"}'],
        ["Authorization: Bearer abc.def-123", "Authorization: Bearer [secret]"],
        ["--password hunter22", "--password [secret]"],
        ["DATABASE_PASSWORD=/run/secrets/database", "DATABASE_PASSWORD=/run/secrets/database"],
        ["-----BEGIN EC PRIVATE KEY-----\nMHc\n-----END EC PRIVATE KEY-----", "[secret]"],
        ["key AKIAIOSFODNN7EXAMPLE", "key [secret]"],
        ["correct%20horse%20battery and Y29ycmVjdCBob3JzZSBiYXR0ZXJ5", "[secret] and [secret]"],
        ["twice: Y29ycmVjdCBob3JzZSBiYXR0ZXJ5; Y29ycmVjdCBob3JzZSBiYXR0ZXJ5", "twice: [secret]; [secret]"],
        ["a short word stays", "a short word stays"],
    ])("%s", (text, expected) => {
        expect(all(text)).toBe(expected);
    });

    test("prose is left alone but for known values", () => {
        expect(known("Secrets: sessionKey is rotated; password: correct horse battery")).toBe(
            "Secrets: sessionKey is rotated; password: [secret]",
        );
    });

    test("members are judged by their names; paths, dates and marks stay", () => {
        const value = { apiToken: "x", password: "/run/secrets/x", rotation: { databasePassword: "2026-11-01" }, list: ["TOKEN=abcdef"] };
        expect(masked(value, all)).toEqual({ ...value, apiToken: "[secret]", list: ["TOKEN=[secret]"] });
    });

    test("what the state holds encrypted is found, files of volumes too", () => {
        const sealed = (plain: unknown) => ({
            "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
            plaintext: JSON.stringify(plain),
        });
        const file = Buffer.from("requirepass abc").toString("base64");
        const state = { resources: [{ inputs: { stdin: sealed(`redis.conf 0400 ${file}\n`), list: [sealed({ a: "one" })] } }] };
        expect(stateSecrets(state)).toEqual([`redis.conf 0400 ${file}\n`, "requirepass abc", "one"]);
    });
});

describe("R106: settings that are refused", () => {
    let folder: string;
    const now = new Date("2026-11-21T12:00:00Z");
    const write = (config: string) => writeFileSync(join(folder, "Pulumi.prod.yaml"), `config:\n${config}`);

    beforeEach(() => {
        folder = mkdtempSync(join(tmpdir(), "quai-refused-"));
        // A stack file names an application; those are the files of stacks/.
        mkdirSync(join(folder, "stacks"));
        writeFileSync(join(folder, "stacks", "demo.ts"), "");
    });
    afterEach(() => rmSync(folder, { recursive: true }));

    test("fine ones are not refused", () => {
        write("  quai:application: demo\n  quai:environment: development\n");
        expect(refusedReport(folder, "prod", now)).toBeUndefined();
    });

    test("wrong ones block, all of them listed", () => {
        write("  quai:application: demo\n  quai:environment: development\n  quai:domian: x\n  quai:ports: { http: 99999 }\n");
        const report = refusedReport(folder, "prod", now);
        expect(report?.verdict).toMatchObject({ level: "blocked", exitCode: 1 });
        expect(report === undefined ? "" : markdown(report)).toMatch(
            /^⛔ \*\*Blocked: .*\n\n### Blocked\n\n(- .*\n)*- quai:domian: .*\n- quai:ports.http: /,
        );
    });

    test("R9: what a rule of production refuses blocks, with the rule's name", () => {
        write(
            "  quai:application: demo\n  quai:environment: production\n  quai:domain: app.example.org\n  quai:tls: { mode: local }\n  quai:backup: false\n",
        );
        const report = refusedReport(folder, "prod", now);
        expect(report?.verdict.level).toBe("blocked");
        expect(report?.blocked.join("\n")).toMatch(/rule backup-on/);
    });
});

test.each([
    [null, "never"],
    ["2026-11-21T11:30:00Z", "less than an hour"],
    ["2026-11-20T09:00:00Z", "27 h"],
    ["2026-11-14T12:00:00Z", "7 days"],
])("an age of %s is %s", (time, expected) => {
    expect(ageText(time, new Date("2026-11-21T12:00:00Z"))).toBe(expected);
});
