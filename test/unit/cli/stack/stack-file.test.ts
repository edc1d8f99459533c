import { existsSync, mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { readStackFile, stackNames, workingCopy, workingFolder, writeWorkingCopy } from "../../../../tools/cli/stack/stack-file";
import { withoutSecrets } from "../../../../infra/settings/without-secrets";
import { scratchFolder } from "../../support/scratch";

const scratch = scratchFolder("stack-file");
const FILE = "# a comment\nconfig:\n  quai:application: demo\n  quai:environment: development # why not\n";

function checkout(files: Readonly<Record<string, string>> = { "Pulumi.dev.yaml": FILE }): string {
    const folder = mkdtempSync(join(scratch, "checkout-"));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    return folder;
}

const copied = (folder: string, stack = "dev") => parse(readFileSync(workingCopy(folder, stack), "utf8")) as unknown;

describe("a stack file", () => {
    test("stacks are the files named after them", () => {
        const names = [
            "Pulumi.yaml",
            "Pulumi.prod.yaml",
            "Pulumi.dev.yaml",
            "Pulumi.viatique-staging.yml",
            "other.yaml",
            "Pulumi.bad name.yaml",
        ];
        expect(stackNames(checkout(Object.fromEntries(names.map((name) => [name, ""]))))).toEqual(["dev", "prod", "viatique-staging"]);
    });

    test.each([
        ["one that isn't there", "prd", "no such stack: prd (no file Pulumi.prd.yaml); there are: dev, empty, list"],
        ["an empty one", "empty", 'Pulumi.empty.yaml: must hold settings below "config:" (see docs/settings.md)'],
        ["a list", "list", 'Pulumi.list.yaml: must hold settings below "config:" (see docs/settings.md)'],
    ])("%s is refused as a usage error", (_, stack, message) => {
        const folder = checkout({ "Pulumi.dev.yaml": FILE, "Pulumi.empty.yaml": "", "Pulumi.list.yaml": "- a\n" });
        expect(() => readStackFile(folder, stack)).toThrow(expect.objectContaining({ message, exitCode: 2 }) as Error);
    });

    test("broken YAML is told with its place", () => {
        const folder = checkout({ "Pulumi.dev.yaml": "config:\n  a: [1\n  b: 2\n" });
        expect(() => readStackFile(folder, "dev")).toThrow(/^Pulumi\.dev\.yaml: .* at line \d+, column \d+/);
    });
});

describe("the working copy that the engine is given", () => {
    test("holds the file's settings and the additions; the user's file is never touched", () => {
        const folder = checkout();
        const path = writeWorkingCopy(folder, "dev", { "quai:running": false, "quai:imageMirror": { a: "b" } });
        expect(join(folder, path)).toBe(workingCopy(folder, "dev"));
        expect(copied(folder)).toEqual({
            config: {
                "quai:application": "demo",
                "quai:environment": "development",
                "quai:running": false,
                "quai:imageMirror": { a: "b" },
            },
        });
        expect(readFileSync(join(folder, "Pulumi.dev.yaml"), "utf8")).toBe(FILE);
        expect(statSync(workingCopy(folder, "dev")).mode & 0o777).toBe(0o600);
        expect(statSync(workingFolder(folder)).mode & 0o077).toBe(0);
        expect(readFileSync(join(workingFolder(folder), "Pulumi.yaml"), "utf8")).toBe("name: quai\nruntime: nodejs\n");
    });

    test("an addition of one command is gone with the next", () => {
        const folder = checkout();
        writeWorkingCopy(folder, "dev", { "quai:running": false });
        writeWorkingCopy(folder, "dev", {});
        expect(copied(folder)).toEqual({ config: { "quai:application": "demo", "quai:environment": "development" } });
    });

    test("R27: so is the key that it made with a provider, for as long as the file names that provider and has no key of its own", () => {
        const file = (provider: string, key = "") => `secretsprovider: ${provider}\n${key}config:\n  quai:application: demo\n`;
        const folder = checkout({ "Pulumi.dev.yaml": file("awskms://alias/a") });
        writeWorkingCopy(folder, "dev", {});
        writeFileSync(workingCopy(folder, "dev"), file("awskms://alias/a", "encryptedkey: abc\n"));
        writeWorkingCopy(folder, "dev", {});
        expect(copied(folder)).toMatchObject({ secretsprovider: "awskms://alias/a", encryptedkey: "abc" });
        writeFileSync(join(folder, "Pulumi.dev.yaml"), file("awskms://alias/a", "encryptedkey: own\n"));
        writeWorkingCopy(folder, "dev", {});
        expect(copied(folder)).toMatchObject({ encryptedkey: "own" });
        writeFileSync(join(folder, "Pulumi.dev.yaml"), file("awskms://alias/b"));
        writeWorkingCopy(folder, "dev", {});
        expect(copied(folder)).not.toHaveProperty("encryptedkey");
    });

    test("the salt that the engine wrote there is kept, or the state's secrets could never be read again", () => {
        const folder = checkout();
        writeWorkingCopy(folder, "dev", {});
        writeFileSync(workingCopy(folder, "dev"), "encryptionsalt: v1:abc:def\nconfig:\n  quai:application: demo\n");
        writeWorkingCopy(folder, "dev", { "quai:running": false });
        expect(copied(folder)).toMatchObject({ encryptionsalt: "v1:abc:def", config: { "quai:running": false } });
    });

    test.each([
        ["salt", "encryptionsalt: v1:own:own\n", { encryptionsalt: "v1:own:own" }],
        [
            "secrets provider",
            "secretsprovider: awskms://alias/x\nencryptedkey: abc\n",
            { secretsprovider: "awskms://alias/x", encryptedkey: "abc" },
        ],
    ])("a file with a %s of its own keeps that", (_, lines, expected) => {
        const folder = checkout({ "Pulumi.dev.yaml": `${lines}${FILE}` });
        writeWorkingCopy(folder, "dev", {});
        writeFileSync(workingCopy(folder, "dev"), "encryptionsalt: v1:abc:def\nconfig: {}\n");
        writeWorkingCopy(folder, "dev", {});
        expect(copied(folder)).toEqual({ ...expected, config: { "quai:application": "demo", "quai:environment": "development" } });
    });

    test("nothing half-written stays behind", () => {
        const folder = checkout();
        writeWorkingCopy(folder, "dev", {});
        expect(existsSync(`${workingCopy(folder, "dev")}.${process.pid}`)).toBe(false);
    });
});

test("encrypted values are stood in for, wherever they are, and nothing else is", () => {
    const text = expect.stringMatching(/^encrypted-value-/) as string;
    expect(
        withoutSecrets({ a: { secure: "v1:x" }, b: [{ secure: "v1:y" }, 1], c: { secure: "v1:z", more: 1 }, d: null, e: "plain" }),
    ).toEqual({
        a: text,
        b: [text, 1],
        c: { secure: "v1:z", more: 1 },
        d: null,
        e: "plain",
    });
});
