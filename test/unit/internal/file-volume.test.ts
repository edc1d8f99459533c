import { mkdirSync, mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileVolume } from "../../../components/internal/docker/file-volume";
import { COMMAND, record } from "../support/mocks";
import { commandOf, dockerTarget, filesIn } from "../support/target";
import { run, scratchFolder } from "../support/scratch";

const VALUE = "kX8vPz2Lq0wN-first";
const scratch = scratchFolder("file-volume");

function volume(files: Record<string, { content: string; mode?: string }>, uid = 999, gid = 999) {
    return record(() => fileVolume(dockerTarget(), "api-secrets", { name: "api-secrets-3fa9c1d2", files, uid, gid }, {}));
}

describe("a volume with files", () => {
    test("R27: content travels on standard input, as a secret, and nowhere else", async () => {
        const { get, result } = await volume({ password: { content: VALUE }, "server.crt": { content: "public", mode: "0444" } });
        const command = get(COMMAND, "api-secrets");
        expect(result.name).toBe("demo-dev-api-secrets-3fa9c1d2");
        expect(command.secrets).toEqual(["stdin"]);
        expect(command.additionalSecretOutputs).toEqual(["stdin"]);
        expect(command.deleteBeforeReplace).toBe(true);
        expect(command.after).toContain("nginx:1.30.4-trixie");
        const { stdin, ...rest } = command.inputs;
        expect(stdin).not.toContain(VALUE);
        expect(rest).toEqual({
            create: `# api-secrets, fills volume demo-dev-api-secrets-3fa9c1d2\nIFS= read -r program; eval "$(printf %s "$program" | base64 -d)"`,
            delete: "docker volume rm -f demo-dev-api-secrets-3fa9c1d2 >/dev/null",
            interpreter: ["/bin/sh", "-euc"],
        });
        const { script, data } = commandOf(command);
        expect(script).not.toContain(VALUE);
        expect(filesIn(data)).toEqual({ password: VALUE, "server.crt": "public" });
        expect(data.split("\n").map((line) => line.split(" ")[1])).toEqual(["0400", "0444", undefined]);
    });

    test("the container that writes can do little: no network, three capabilities, nothing but the volume", async () => {
        const { get } = await volume({ password: { content: VALUE } });
        const { script } = commandOf(get(COMMAND, "api-secrets"));
        const [strict, create, ...tool] = script.split("\n");
        expect(strict).toBe("set -eu");
        expect(create).toBe(
            "docker volume create --label io.quai.stack=demo-dev --label io.quai.role=volume --label io.quai.service=api-secrets-3fa9c1d2 demo-dev-api-secrets-3fa9c1d2 >/dev/null",
        );
        expect(tool.join("\n")).toMatch(
            /^docker run --rm --interactive --network none --user 0:0 --read-only --tmpfs \/tmp --cap-drop ALL --cap-add CHOWN --cap-add DAC_OVERRIDE --cap-add FOWNER --security-opt no-new-privileges:true --label io\.quai\.stack=demo-dev --label io\.quai\.role=tool --volume demo-dev-api-secrets-3fa9c1d2:\/files --entrypoint \/bin\/sh nginx:1\.30\.4-trixie -euc /,
        );
        expect(script.endsWith(" tool 999 999")).toBe(true);
    });
});

describe("the writer, run by a real shell", () => {
    /** The program inside the container, in a folder of ours instead of /files. */
    async function write(folder: string, files: Record<string, { content: string; mode?: string }>) {
        const ids = [process.getuid?.() ?? 0, process.getgid?.() ?? 0] as const;
        const { get } = await volume(files, ...ids);
        const { script, data } = commandOf(get(COMMAND, "api-secrets"));
        const shim = join(mkdtempSync(join(scratch, "bin-")), "docker");
        const work = [
            `#!/bin/sh`,
            `if [ "$1" = volume ]; then exit 0; fi`,
            `while [ "$1" != -euc ]; do shift; done`,
            `program=$(printf '%s' "$2" | sed 's#cd /files#cd ${folder}#'); shift 2`,
            `exec /bin/sh -euc "$program" "$@"`,
        ];
        writeFileSync(shim, `${work.join("\n")}\n`, { mode: 0o755 });
        return run("/bin/sh", ["-euc", script], { input: data, env: { PATH: `${join(shim, "..")}:${process.env["PATH"]}` } });
    }

    const contents = (folder: string) =>
        Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), "utf8")]));

    test("writes each file with its mode, exactly, and closes the folder", async () => {
        const folder = mkdtempSync(join(scratch, "files-"));
        const odd = "with 'quotes' $(and) \\ back\nslashes, no newline at the end, é, 100%s";
        expect(
            await write(folder, { password: { content: odd }, empty: { content: "" }, "server.crt": { content: "x\n", mode: "0444" } }),
        ).toEqual({
            code: 0,
            stdout: "",
            stderr: "",
        });
        const modes = Object.fromEntries(readdirSync(folder).map((name) => [name, statSync(join(folder, name)).mode & 0o7777]));
        expect(modes).toEqual({ password: 0o400, empty: 0o400, "server.crt": 0o444 });
        expect(contents(folder)).toEqual({ password: odd, empty: "", "server.crt": "x\n" });
        expect(statSync(folder).mode & 0o777).toBe(0o500);
    });

    test("another content replaces the former, and files that are no longer wanted go", async () => {
        const folder = mkdtempSync(join(scratch, "files-"));
        await write(folder, { password: { content: "first" }, former: { content: "gone" } });
        const { code, stderr } = await write(folder, { password: { content: "second" }, next: { content: "new" } });
        expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
        expect(contents(folder)).toEqual({ password: "second", next: "new" });
        expect(readdirSync(folder)).toHaveLength(2);
    });

    test("a file that can't be written fails the command", async () => {
        const folder = mkdtempSync(join(scratch, "files-"));
        mkdirSync(join(folder, ".password.new"));
        expect((await write(folder, { password: { content: "value" } })).code).not.toBe(0);
        expect(readdirSync(folder)).toEqual([".password.new"]);
    });
});
