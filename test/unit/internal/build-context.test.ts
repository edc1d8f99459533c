import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, unlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { contextFiles, contextHash } from "../../../components/internal/build-context";
import { scratchFolder } from "../support/scratch";

const SETTING = "quai:images.api";
const scratch = scratchFolder("context");

/** A small application with a bit of everything. */
function context(): string {
    const folder = mkdtempSync(join(scratch, "app-"));
    mkdirSync(join(folder, "src", "deep"), { recursive: true });
    mkdirSync(join(folder, "node_modules", "left-pad"), { recursive: true });
    writeFileSync(join(folder, "Dockerfile"), "FROM scratch\nCOPY . .\n");
    writeFileSync(join(folder, ".dockerignore"), "node_modules\n**/*.log\n!src/keep.log\nDockerfile\n");
    writeFileSync(join(folder, "src", "main.py"), "print('hello')\n");
    writeFileSync(join(folder, "src", "deep", "data.bin"), Buffer.from([0, 1, 2, 255]));
    writeFileSync(join(folder, "src", "run.log"), "noise\n");
    writeFileSync(join(folder, "src", "keep.log"), "kept\n");
    writeFileSync(join(folder, "node_modules", "left-pad", "index.js"), "");
    writeFileSync(join(folder, "start.sh"), "#!/bin/sh\n", { mode: 0o755 });
    symlinkSync("src/main.py", join(folder, "main"));
    return folder;
}

const hash = (folder: string, dockerfile = "Dockerfile") => contextHash(folder, dockerfile, SETTING);

describe("the hash of a build context", () => {
    test("covers what is sent to the engine: .dockerignore applied, the Dockerfile always there", () => {
        expect(contextFiles(context(), "Dockerfile")).toEqual([
            ".dockerignore",
            "Dockerfile",
            "main",
            "src/deep/data.bin",
            "src/keep.log",
            "src/main.py",
            "start.sh",
        ]);
    });

    test("is the same for a copy elsewhere, whatever its times", () => {
        const folder = context();
        const copy = mkdtempSync(join(scratch, "copy-"));
        cpSync(folder, copy, { recursive: true, verbatimSymlinks: true });
        utimesSync(join(copy, "src", "main.py"), 1, 1);
        chmodSync(join(copy, "src", "main.py"), 0o600);
        expect(hash(folder)).toMatch(/^[0-9a-f]{12}$/);
        expect(hash(copy)).toBe(hash(folder));
    });

    test("is the same for a fresh clone", () => {
        const folder = context();
        rmSync(join(folder, "node_modules"), { recursive: true });
        const git = (cwd: string, ...args: string[]) =>
            execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false", ...args], {
                cwd,
                stdio: "pipe",
            });
        git(folder, "init", "--quiet");
        git(folder, "add", "--all", "--force");
        git(folder, "commit", "--quiet", "-m", "all");
        const clone = join(mkdtempSync(join(scratch, "clone-")), "app");
        git(scratch, "clone", "--quiet", folder, clone);
        for (const each of [folder, clone]) rmSync(join(each, ".git"), { recursive: true });
        expect(hash(clone)).toBe(hash(folder));
    });

    const changes: [string, (folder: string) => void][] = [
        ["a content", (folder) => writeFileSync(join(folder, "src", "main.py"), "print('hullo')\n")],
        ["a binary's last byte", (folder) => writeFileSync(join(folder, "src", "deep", "data.bin"), Buffer.from([0, 1, 2, 254]))],
        ["the Dockerfile, though ignored", (folder) => writeFileSync(join(folder, "Dockerfile"), "FROM scratch\nCOPY . /app\n")],
        ["what is ignored", (folder) => writeFileSync(join(folder, ".dockerignore"), "node_modules\n")],
        ["the executable bit", (folder) => chmodSync(join(folder, "start.sh"), 0o644)],
        ["the target of a link", (folder) => (unlinkSync(join(folder, "main")), symlinkSync("src/other.py", join(folder, "main")))],
        ["a link that becomes a file", (folder) => (unlinkSync(join(folder, "main")), writeFileSync(join(folder, "main"), "src/main.py"))],
        ["a new file", (folder) => writeFileSync(join(folder, "src", "empty"), "")],
        [
            "a file moved",
            (folder) => (unlinkSync(join(folder, "src", "main.py")), writeFileSync(join(folder, "main.py"), "print('hello')\n")),
        ],
    ];
    test.each(changes)("changes with %s", (_, change) => {
        const folder = context();
        const before = hash(folder);
        change(folder);
        expect(hash(folder)).not.toBe(before);
    });

    test.each([
        ["an ignored folder", join("node_modules", "left-pad", "index.js")],
        ["an ignored kind of file", join("src", "run.log")],
    ])("doesn't change with %s", (_, file) => {
        const folder = context();
        const before = hash(folder);
        writeFileSync(join(folder, file), "something else\n");
        expect(hash(folder)).toBe(before);
    });

    test("a file's content can't pass for the next file's name", () => {
        const make = (files: Record<string, string>) => {
            const folder = mkdtempSync(join(scratch, "frame-"));
            writeFileSync(join(folder, "Dockerfile"), "FROM scratch\n");
            for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
            return hash(folder);
        };
        expect(make({ a: "1file b\x00- 1\x002" })).not.toBe(make({ a: "1", b: "2" }));
    });

    test("a folder or Dockerfile that isn't there is named with its setting", () => {
        expect(() => hash("/nowhere/at-all")).toThrow(
            'quai:images.api.build: must be a folder, relative to the project (got "/nowhere/at-all")',
        );
        const folder = context();
        expect(() => hash(join(folder, "start.sh"))).toThrow(/^quai:images\.api\.build: must be a folder/);
        expect(() => hash(folder, "Dockerfile.prod")).toThrow(
            `quai:images.api.dockerfile: no such file in the build context (got "Dockerfile.prod" in ${JSON.stringify(folder)})`,
        );
    });
});
