import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { appendFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { officialImage } from "../../../components/internal/images";
import { ensureOfflineImages, imagesFor, recipeFor, registryAnswers } from "../../../tools/offline/images";
import { docker, must, until } from "./engine";

jest.setTimeout(120_000);
const root = resolve(__dirname, "../../..");
const redis = officialImage("redis");
const needs = [{ reference: redis }, { reference: officialImage("debian") }];

beforeAll(() => ensureOfflineImages(needs), 900_000);

test("R9: with everything there, nothing is built: one call of docker, under a second", async () => {
    const folder = mkdtempSync(join(tmpdir(), "images-"));
    const calls = join(folder, "calls");
    const command = join(folder, "docker");
    writeFileSync(command, `#!/bin/sh\necho call >>"${calls}"\nexec docker "$@"\n`, { mode: 0o755 });
    const lines: string[] = [];
    const options = { onProgress: (line: string) => lines.push(line), docker: { command }, cacheFolder: folder };
    const started = Date.now();
    const map = await ensureOfflineImages(needs, options);
    expect(Date.now() - started).toBeLessThan(1000);
    expect(readFileSync(calls, "utf8")).toBe("call\n");
    const chosen = await imagesFor(needs, options);
    expect(readFileSync(calls, "utf8")).toBe("call\ncall\n");
    expect(lines).toEqual([]);
    expect(chosen.imageMirror).toEqual(map);
    expect(chosen.choices.map((choice) => choice.from)).toEqual(["built", "built"]);
    rmSync(folder, { recursive: true });
});

test("an engine that isn't there is an error, not a build", async () => {
    const lost = { docker: { host: "unix:///nonexistent/docker.sock" } };
    await expect(ensureOfflineImages(needs, lost)).rejects.toThrow(/^docker: cannot ask the engine which images it has:/);
    await expect(registryAnswers(redis, lost)).resolves.toBe(false);
});

describe("a copy of the recipes with a change of its own", () => {
    let copy: string;
    let tags: string[] = [];
    const children: ChildProcess[] = [];

    beforeEach(() => {
        copy = mkdtempSync(join(tmpdir(), "images-"));
        cpSync(join(root, "tools/offline/images"), join(copy, "tools/offline/images"), { recursive: true });
        mkdirSync(join(copy, "components/internal"), { recursive: true });
        cpSync(join(root, "components/internal/images.ts"), join(copy, "components/internal/images.ts"));
        tags = [];
    });
    afterEach(() => {
        for (const child of children.splice(0)) child.kill("SIGKILL");
        for (const tag of tags) docker("rmi", "-f", tag);
        rmSync(copy, { recursive: true, force: true });
    });

    /** The builder as a process of its own, with a cache of its own. */
    function build(...words: string[]): { child: ChildProcess; text: () => string; ended: Promise<number | null> } {
        const args = [
            "--require",
            join(root, "node_modules/tsx/dist/preflight.cjs"),
            "--require",
            require.resolve("tsx/cjs"),
            join(copy, "tools/offline/images/build.ts"),
        ];
        const child = spawn(process.execPath, [...args, ...words], { env: { ...process.env, QUAI_CACHE_DIR: join(copy, "cache") } });
        children.push(child);
        let text = "";
        child.stdout.on("data", (chunk) => (text += String(chunk)));
        child.stderr.on("data", (chunk) => (text += String(chunk)));
        return { child, text: () => text, ended: new Promise((done) => child.on("close", done)) };
    }
    const dockerfile = (): string => join(copy, "tools/offline/images/redis/Dockerfile");
    /** Unlike any other run's, so that the engine's layer cache doesn't answer. */
    const slowStep = (seconds: number): void => appendFileSync(dockerfile(), `RUN sleep ${seconds} && echo ${copy}\n`);
    const redisTags = (): string[] => must("images", "--format", "{{.Repository}}:{{.Tag}}", "quai.local/redis").split("\n").sort();

    test("two at once build once", async () => {
        slowStep(3);
        const two = [build("redis"), build("redis")];
        expect(await Promise.all(two.map((one) => one.ended))).toEqual([0, 0]);
        const text = two.map((one) => one.text()).join("");
        tags = [...new Set(text.match(/quai\.local\/redis:[0-9.]+-[0-9a-f]{10}/g))];
        expect(tags).toHaveLength(1);
        expect(tags[0]).not.toBe(recipeFor({ reference: redis }).tag);
        expect(text.match(/building from bookworm's packages/g)).toHaveLength(1);
        expect(text).toMatch(/is building; waiting for it/);
        expect(readdirSync(join(copy, "cache/images"))).toEqual([]);
    }, 120_000);

    test("a killed build leaves nothing with a name; the next run ends well", async () => {
        const before = redisTags();
        slowStep(4);
        const first = build("redis");
        await until("the build has begun", () => first.text().includes("building from"));
        await new Promise((done) => setTimeout(done, 1500));
        first.child.kill("SIGKILL");
        await first.ended;
        expect(redisTags()).toEqual(before);
        expect(existsSync(join(copy, "cache/images/build.lock"))).toBe(true);
        const second = build("redis");
        expect(await second.ended).toBe(0);
        tags = [...new Set(second.text().match(/quai\.local\/redis:[0-9.]+-[0-9a-f]{10}/g))];
        expect(redisTags()).toEqual([...before, ...tags].sort());
        expect(readdirSync(join(copy, "cache/images"))).toEqual([]);
    }, 120_000);

    test("a build that fails says why and leaves nothing with a name", async () => {
        const before = redisTags();
        appendFileSync(dockerfile(), "RUN echo it went wrong here && exit 3\n");
        const failing = build("redis");
        expect(await failing.ended).toBe(1);
        expect(failing.text()).toMatch(/docker: building quai\.local\/redis:\S+ failed:[^]*it went wrong here/);
        expect(redisTags()).toEqual(before);
    }, 60_000);

    test("killed while it makes a root file system: no process, no mount and no image stays", async () => {
        appendFileSync(join(copy, "tools/offline/images/debian/bootstrap.sh"), `# ${copy}\n`);
        const mounts = (): string => readFileSync("/proc/mounts", "utf8");
        const processes = (): string => execFileSync("ps", ["-eo", "args"], { encoding: "utf8" });
        const before = must("images", "-q", "quai.local/debian");
        const first = build("debian");
        await until("debootstrap is at work", () => /Retrieving|Extracting/.test(first.text()), 60);
        expect(processes()).toContain(`debootstrap --variant=minbase`);
        first.child.kill("SIGKILL");
        await first.ended;
        await until(
            "everything has ended",
            () =>
                !processes()
                    .split("\n")
                    .some((line) => line.includes("debootstrap") && line.includes(copy)),
            10,
        );
        expect(mounts()).not.toContain(copy);
        expect(must("images", "-q", "quai.local/debian")).toBe(before);
    }, 120_000);
});

describe("whether a registry answers", () => {
    let server: Server;
    let address: string;
    let reply: number | undefined;

    beforeAll(async () => {
        server = createServer((request, response) => {
            if (reply === undefined) return;
            response.setHeader("Docker-Distribution-Api-Version", "registry/2.0");
            response.writeHead(request.url === "/v2/" ? 200 : reply, { "Content-Type": "application/json" });
            response.end(JSON.stringify({ errors: [{ code: "MANIFEST_UNKNOWN", message: "manifest unknown" }] }));
        });
        await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
        address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    });
    afterAll(() => {
        server.closeAllConnections();
        server.close();
    });

    test("one that answers, even that it hasn't got the image", async () => {
        reply = 404;
        await expect(registryAnswers(`${address}/library/redis:7.4.11-bookworm`)).resolves.toBe(true);
        const chosen = await imagesFor([{ reference: `${address}/app:1.2.3` }]);
        expect(chosen).toEqual({
            choices: [{ reference: `${address}/app:1.2.3`, image: `${address}/app:1.2.3`, from: "registry" }],
            imageMirror: {},
        });
    });

    test("one that never answers counts as none after the time-out", async () => {
        reply = undefined;
        const started = Date.now();
        await expect(registryAnswers("127.0.0.1:9/app:1.2.3", { timeoutMs: 1500 })).resolves.toBe(false);
        await expect(registryAnswers(`${address}/app:1.2.3`, { timeoutMs: 1500 })).resolves.toBe(false);
        expect(Date.now() - started).toBeLessThan(3500);
    });

    test("without one, what can't be built is refused by name", async () => {
        await expect(imagesFor([{ reference: "127.0.0.1:9/app:1.2.3" }], { timeoutMs: 1500 })).rejects.toThrow(
            /^127\.0\.0\.1:9\/app:1\.2\.3: no registry answers, and only postgres, nginx, redis, debian can be built/,
        );
    });

    test("each registry is asked once", async () => {
        const asked: string[] = [];
        const answers = async (reference: string): Promise<boolean> => asked.push(reference) > 0;
        const wanted = ["postgres:13.1", "grafana/grafana:1.0.0", "ghcr.io/owner/a:1.0.0", "ghcr.io/owner/b:1.0.0"].map((reference) => ({
            reference,
        }));
        const chosen = await imagesFor(wanted, { answers });
        expect(asked).toHaveLength(2);
        expect(asked.filter((reference) => reference.startsWith("ghcr.io/"))).toHaveLength(1);
        expect(chosen.choices.map((choice) => choice.from)).toEqual(["registry", "registry", "registry", "registry"]);
    });
});
