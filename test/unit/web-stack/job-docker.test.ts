import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { environmentOf, tmpfsOf } from "../../../components/web-stack/container-docker";
import { COMMAND, CONTAINER } from "../support/mocks";
import { run, scratchFolder } from "../support/scratch";
import { commandOf } from "../support/target";
import { webStack, withService } from "./base";

const scratch = scratchFolder("job");

async function job(name: string): Promise<{ lines: string[]; release: string; remove: unknown }> {
    const { of } = await webStack();
    const found = of(COMMAND).find((each) => new RegExp(`^${name}-[0-9a-f]{8}$`).test(each.name));
    if (found === undefined) throw new Error(`no job ${name}`);
    return { lines: commandOf(found).script.split("\n"), release: found.name.slice(name.length + 1), remove: found.inputs["delete"] };
}

describe("R100: a job before the release", () => {
    test("made with the same care as a service, run attached to its end, kept with its log", async () => {
        const { lines, release, remove } = await job("migrate");
        const name = `demo-dev-migrate-${release}`;
        expect(lines).toEqual([
            "set -eu",
            `docker rm --force ${name} >/dev/null 2>&1 || true`,
            [
                `docker create --name ${name} --init --cap-drop ALL --security-opt no-new-privileges:true --ulimit core=0:0`,
                `--label io.quai.stack=demo-dev --label io.quai.role=job --label io.quai.service=migrate --label io.quai.release=${release}`,
                "--network demo-dev-app --user 10001:10001 --memory 536870912b --memory-swap 536870912b --read-only",
                "--tmpfs /tmp:rw,noexec,nosuid,size=64m",
                `--mount type=volume,source=demo-dev-migrate-secrets-${release},target=/run/secrets,readonly`,
                `--env RELEASE=${release} registry.example.com/api:1.0.0 api migrate >/dev/null`,
            ].join(" "),
            `docker network connect demo-dev-data ${name}`,
            `docker start --attach ${name}`,
        ]);
        expect(remove).toBe(`docker rm --force ${name} >/dev/null 2>&1 || true`);
    });

    test("one that no secret leads to a database isn't on its network; files that it may only read are mounted so", async () => {
        const { lines } = await job("collect");
        expect(lines.join("\n")).not.toContain("network connect");
        expect(lines[2]).toContain("--mount type=volume,source=demo-dev-uploads,target=/static,readonly");
    });

    test("its exit status is the command's: a failing job fails the update", async () => {
        const { lines } = await job("migrate");
        const folder = mkdtempSync(join(scratch, "bin-"));
        const log = join(folder, "log");
        writeFileSync(join(folder, "docker"), `#!/bin/sh\necho "$@" >> ${log}\nif [ "$1" = start ]; then echo migrating; exit 3; fi\n`, {
            mode: 0o755,
        });
        const ran = await run("/bin/sh", ["-euc", lines.join("\n")], { env: { PATH: `${folder}:${process.env["PATH"]}` } });
        expect(ran).toEqual({ code: 3, stdout: "migrating\n", stderr: "" });
        expect(
            readFileSync(log, "utf8")
                .trim()
                .split("\n")
                .map((line) => line.split(" ").slice(0, 2).join(" ")),
        ).toEqual([
            "rm --force",
            expect.stringMatching(/^create --name$/) as string,
            "network connect",
            expect.stringMatching(/^start --attach$/) as string,
        ]);
    });
});

describe("secrets as variables", () => {
    test("R27: the container's settings hold the reader, not the values; the command stays whole", async () => {
        const { of, generated } = await webStack();
        const worker = of(CONTAINER).find(({ name }) => name.startsWith("worker-"));
        expect(worker?.inputs["entrypoints"]).toEqual(["/bin/sh", "-c", expect.any(String) as string, "quai"]);
        expect(worker?.inputs["command"]).toEqual(["api", "work"]);
        for (const value of generated) expect(JSON.stringify(worker?.inputs)).not.toContain(value);
    });

    test("run by a real shell: each file is a variable, whatever it holds, and the command takes the shell's place", async () => {
        const { of } = await webStack(withService("worker", {}));
        const [shell = "", option = "", program = "", name = ""] = of(CONTAINER).find((each) => each.name.startsWith("worker-"))?.inputs[
            "entrypoints"
        ] as string[];
        const secrets = mkdtempSync(join(scratch, "secrets-"));
        const odd = "p@ss 'word' \"$(id)\" `id` \\ *\nsecond line=é";
        writeFileSync(join(secrets, "env.PASSWORD"), odd);
        writeFileSync(join(secrets, "env.API_KEY"), "plain");
        writeFileSync(join(secrets, "notAVariable"), "x");
        const command = [
            "node",
            "-e",
            "process.stdout.write(JSON.stringify([process.env, process.argv.slice(1), process.ppid]))",
            "a b",
            "$HOME",
        ];
        const ran = await run(shell, [option, program.replaceAll("/run/secrets", secrets), name, ...command], {
            env: { PATH: process.env["PATH"] },
        });
        const [environment, words, parent] = JSON.parse(ran.stdout) as [Record<string, string>, string[], number];
        expect(environment).toMatchObject({ PASSWORD: odd, API_KEY: "plain" });
        expect(environment).not.toHaveProperty("notAVariable");
        expect(words).toEqual(["a b", "$HOME"]);
        expect(parent).toBe(process.pid);
    });
});

describe("what a container is told", () => {
    test("variables are sorted, and the release is one of them unless the application sets its own", () => {
        const args = { image: "api", user: { uid: 1, gid: 1 } };
        expect(environmentOf({ ...args, env: { Z: "1", A: "a=b c" } }, "3fa9c1d2")).toEqual(["A=a=b c", "RELEASE=3fa9c1d2", "Z=1"]);
        expect(environmentOf({ ...args, env: { RELEASE: "1.2.3" } }, "3fa9c1d2")).toEqual(["RELEASE=1.2.3"]);
    });

    test("temporary folders are in memory, and nothing there can be executed", () => {
        expect(tmpfsOf({ temporary: ["/tmp", "/run/app"] })).toEqual({
            "/tmp": "rw,noexec,nosuid,size=64m",
            "/run/app": "rw,noexec,nosuid,size=64m",
        });
    });
});
