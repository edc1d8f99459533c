import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { UNKNOWN } from "../../../tools/offline/plugins/kit/types";
import { closeEngines } from "../../../tools/offline/plugins/docker/engine/client";
import { authHeader } from "../../../tools/offline/plugins/docker/engine/registry-auth";
import { buildImage } from "../../../tools/offline/plugins/docker/image/build";
import type { InspectedImage } from "../../../tools/offline/plugins/docker/image/find";
import {
    BASE_IMAGE,
    calls,
    cleanUp,
    CONTAINER,
    context,
    engine,
    IMAGE,
    inspect,
    makeBaseImage,
    present,
    TAG,
    unique,
    matching,
} from "./support/engine";
import { startRegistry, type Registry } from "./support/registry";

jest.setTimeout(120_000);

const PASSWORD = "registry-password-4711";
const image = calls(IMAGE, context(undefined, IMAGE));
let folder: string;

beforeAll(() => makeBaseImage());
beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "quaitest-build-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

afterAll(async () => {
    closeEngines();
    await cleanUp();
    engine.close();
});

function files(contents: Readonly<Record<string, string>>): void {
    for (const [name, content] of Object.entries(contents)) {
        mkdirSync(dirname(join(folder, name)), { recursive: true });
        writeFileSync(join(folder, name), content);
    }
}

/** Output of a command in a container of the image. */
async function run(name: string, ...command: string[]): Promise<string> {
    const inputs = { name: unique("run"), image: name, command, attach: true, logs: true, mustRun: false };
    return String((await calls(CONTAINER).create(inputs)).outputs.containerLogs).trim();
}

const dockerfile = (...lines: string[]) => `FROM ${BASE_IMAGE}\n${lines.join("\n")}\n`;

describe("build", () => {
    test("context, arguments, labels, tags and target arrive; what .dockerignore names doesn't", async () => {
        files({
            Dockerfile: `${dockerfile("ARG GREETING", "COPY . /app", "RUN echo $GREETING > /greeting").replace("\n", " AS first\n")}FROM first AS second\nRUN false\n`,
            ".dockerignore": "# comment\nnode_modules\n**/*.log\nsecret/*\n!secret/kept\n",
            "a.txt": "a",
            "node_modules/m/index.js": "m",
            "deep/er/x.log": "log",
            "secret/hidden": "h",
            "secret/kept": "k",
            [`long/${"n".repeat(90)}/${"é".repeat(40)}.txt`]: "long",
            "run.sh": "#!/bin/sh\necho ran\n",
        });
        chmodSync(join(folder, "run.sh"), 0o755);
        symlinkSync("a.txt", join(folder, "link"));
        utimesSync(join(folder, "a.txt"), 1_600_000_000, 1_600_000_000);
        const name = `${unique("i")}:1`;
        const tag = `${unique("i")}:extra`;
        const build = {
            context: folder,
            buildArgs: { GREETING: "hello" },
            labels: { a: "1" },
            label: { b: "2" },
            tags: [tag],
            target: "first",
        };
        const { id, outputs } = await image.create({ name, build });
        const found = await inspect<InspectedImage & { RepoTags: string[] }>("images", name);
        expect(outputs).toMatchObject({ name, imageId: found.Id, repoDigest: "" });
        expect(id).toBe(found.Id + name);
        expect(found.RepoTags.sort()).toEqual([name, tag].sort());
        expect(found.Config?.Labels).toMatchObject({ a: "1", b: "2" });
        const script = "cat /greeting; cd /app; ls -a; ls secret; echo long/*/*; cat link; stat -c '%Y %u' a.txt; ./run.sh";
        expect((await run(name, "sh", "-c", script)).split("\n")).toEqual([
            ...["hello", ".", "..", ".dockerignore", "Dockerfile", "a.txt", "deep", "link", "long", "run.sh", "secret"],
            ...["kept", `long/${"n".repeat(90)}/${"é".repeat(40)}.txt`],
            ...["a1600000000 0", "ran"],
        ]);
    });

    test("a Dockerfile outside of the context, and one that .dockerignore names", async () => {
        files({
            "docker/web.Dockerfile": dockerfile("COPY f /f"),
            "src/f": "f",
            "src/Dockerfile": dockerfile("RUN echo inside > /f"),
            "src/.dockerignore": "Dockerfile\n",
        });
        const [outside, inside] = [`${unique("i")}:1`, `${unique("i")}:1`];
        await image.create({ name: outside, build: { context: join(folder, "src"), dockerfile: "../docker/web.Dockerfile" } });
        await image.create({ name: inside, build: { context: join(folder, "src") } });
        expect([await run(outside, "cat", "/f"), await run(inside, "cat", "/f")]).toEqual(["f", "inside"]);
    });

    test("steps show while they run; a failure ends with the last lines of output", async () => {
        files({ Dockerfile: dockerfile("RUN for i in $(seq 1 40); do echo line $i; done; echo reason; exit 9") });
        const mine = calls(IMAGE, context(undefined, IMAGE));
        const error = await mine.create({ name: `${unique("i")}:1`, build: { context: folder } }).catch((caught: unknown) => caught);
        const lines = String(error).split("\n");
        expect(lines[0]).toMatch(/^Error: image .*: the build failed: The command '.*' returned a non-zero code: 9$/);
        expect(lines[1]).toBe("last lines of the build's output:");
        expect(lines).toHaveLength(22);
        expect(lines.at(-1)).toBe("reason");
        expect(lines.at(-2)).toBe("line 40");
        expect(mine.context.logs.map((log) => log.text)).toEqual(expect.arrayContaining([matching(/^Step 2\/2 : RUN/), "line 7"]));
        expect(mine.context.logs.every((log) => log.ephemeral)).toBe(true);
    });

    test("a layer of the cache that another stack deletes meanwhile is built again; three times at most", async () => {
        files({ Dockerfile: dockerfile("RUN true") });
        const lost = "failed to get digest sha256:0d1e: open /var/lib/docker/image/overlay2/imagedb/content/sha256/0d1e: no such file";
        const real = engine.stream.bind(engine);
        const losing = (times: number) => {
            let left = times;
            return jest
                .spyOn(engine, "stream")
                .mockImplementation((method, path, options) =>
                    path === "/build" && left-- > 0
                        ? Promise.resolve(Readable.from([JSON.stringify({ error: lost })]) as IncomingMessage)
                        : real(method, path, options),
                );
        };
        const name = unique("lost-layer");
        const once = losing(2);
        await buildImage(engine, name, { context: folder }, context());
        once.mockRestore();
        expect((await engine.json<InspectedImage>("GET", `/images/${name}/json`)).Id).toMatch(/^sha256:/);
        const always = losing(3);
        await expect(buildImage(engine, name, { context: folder }, context())).rejects.toThrow(`image ${name}: the build failed: ${lost}`);
        always.mockRestore();
    });

    test("BuildKit where the Dockerfile needs it: steps, output and failures are the same", async () => {
        files({ Dockerfile: dockerfile("RUN --mount=type=cache,target=/cache echo built > /f && echo spoken") });
        const name = `${unique("i")}:1`;
        const mine = calls(IMAGE, context(undefined, IMAGE));
        await mine.create({ name, build: { context: folder } });
        expect(mine.context.logs.map((log) => log.text)).toEqual(
            expect.arrayContaining([expect.stringContaining("RUN --mount=type=cache"), "spoken"]),
        );
        expect(await run(name, "cat", "/f")).toBe("built");
        files({ Dockerfile: dockerfile("RUN --mount=type=cache,target=/cache echo why; exit 3") });
        await expect(mine.create({ name, build: { context: folder } })).rejects.toThrow(/the build failed: .*exit code: 3[\s\S]*\nwhy/);
    });

    test.each([
        ["no such context", { context: "/nonexistent" }, 'build.context: no folder is at "/nonexistent"'],
        ["no Dockerfile", { context: tmpdir(), dockerfile: "nothing" }, 'build.dockerfile: no file is at "'],
    ])("%s", async (_title, build, message) => {
        await expect(image.create({ name: "x", build })).rejects.toThrow(message);
    });
});

describe("pull", () => {
    let open: Registry;
    let closed: Registry;

    beforeAll(async () => {
        open = await startRegistry();
        closed = await startRegistry(...["me", "you", "them"].map((username) => ({ username, password: PASSWORD })));
        for (const registry of [open, closed]) {
            await engine.send("POST", `/images/${BASE_IMAGE}/tag`, { query: { repo: `${registry.address}/quai/base`, tag: "1" } });
            const login = { username: "me", password: PASSWORD, serveraddress: registry.address };
            await engine.send("POST", `/images/${registry.address}/quai/base/push`, { query: { tag: "1" }, headers: authHeader(login) });
            await engine.send("DELETE", `/images/${registry.address}/quai/base:1`);
        }
    });
    afterAll(async () => {
        await open.stop();
        await closed.stop();
    });

    test("pulled once, with its digest; deleted, and kept with keepLocally", async () => {
        const name = `${open.address}/quai/base:1`;
        const made = await image.create({ name });
        expect(made.outputs).toMatchObject({
            imageId: matching(/^sha256:/),
            repoDigest: matching(`^${open.address}/quai/base@sha256:`),
        });
        expect((await image.create({ name })).outputs).toEqual(made.outputs);
        await image.delete(made.id, { ...made.outputs, keepLocally: true });
        expect(await image.read(made.id, { name }, made.outputs)).toMatchObject({ id: made.id, outputs: made.outputs });
        await image.delete(made.id, made.outputs);
        expect(await image.read(made.id, { name }, made.outputs)).toBeUndefined();
        await image.delete(made.id, made.outputs);
    });

    test("by digest, and as the image of a container", async () => {
        const { outputs } = await image.create({ name: `${open.address}/quai/base:1` });
        await image.delete("", outputs);
        const digest = String(outputs.repoDigest);
        expect(await run(digest, "echo", "pulled")).toBe("pulled");
        await engine.send("DELETE", `/images/${digest}`, { query: { force: true } });
    });

    test("an image or a tag that isn't there", async () => {
        await expect(image.create({ name: `${open.address}/quai/base:2` })).rejects.toThrow(
            /^image 127.*base:2: can't pull it: .*(not found|unknown)/i,
        );
    });

    describe("with a login", () => {
        const pull = (registryAuth: readonly object[]) =>
            calls(IMAGE, context({ host: "unix:///var/run/docker.sock", registryAuth }, IMAGE)).create({
                name: `${closed.address}/quai/base:1`,
            });
        afterEach(async () => engine.send("DELETE", `/images/${closed.address}/quai/base:1`).catch(() => undefined));

        // The header's text ends differently for each length.
        test.each(["me", "you", "them"])("name and password of %s", async (username) => {
            const { outputs } = await pull([{ address: `http://${closed.address}`, username, password: PASSWORD }]);
            expect(outputs.imageId).toMatch(/^sha256:/);
        });

        test("a docker configuration file, and its content", async () => {
            const content = JSON.stringify({ auths: { [closed.address]: { auth: Buffer.from(`me:${PASSWORD}`).toString("base64") } } });
            files({ "config.json": content });
            await pull([{ address: closed.address, configFile: join(folder, "config.json") }]);
            await engine.send("DELETE", `/images/${closed.address}/quai/base:1`);
            await pull([{ address: closed.address, configFileContent: content }]);
        });

        test.each([
            ["none", [], /no basic auth.*registryAuth/],
            ["a wrong one", [{ address: "127.0.0.1:1", username: "me", password: PASSWORD }], /no basic auth.*registryAuth/],
        ])("%s: the error says where to log in", async (_title, auth, message) => {
            await expect(pull(auth)).rejects.toThrow(message);
        });

        test("a file without it: the error shows nothing of what the file holds", async () => {
            const broken = pull([{ address: closed.address, configFileContent: `{"auths": ${PASSWORD}` }]);
            await expect(broken).rejects.toThrow("registryAuth.configFileContent: it isn't JSON");
            await expect(broken).rejects.not.toThrow(PASSWORD);
        });
    });
});

describe("diff", () => {
    const base = image.normalize({ name: "n:1", build: { context: "." } });
    const state = { ...base, imageId: "sha256:1", repoDigest: "" };
    test.each([
        ["name", { ...base, name: "n:2" }],
        ["platform", { ...base, platform: "linux/arm64" }],
        ["triggers", { ...base, triggers: { hash: "2" } }],
        ["triggers", { ...base, triggers: { hash: UNKNOWN } }],
        ["build", image.normalize({ ...base, build: { context: "./other" } })],
        ["build", image.normalize({ ...base, build: { context: ".", buildArgs: { A: "1" } } })],
        ["build", image.normalize({ ...base, build: { context: ".", target: "x" } })],
        ["build", { name: "n:1" }],
    ])("%s replaces", (property, inputs) => {
        expect(image.diff(state, inputs)).toMatchObject({ changed: [property], replaces: [property] });
    });
    test.each([
        ["keepLocally", { ...base, keepLocally: true }],
        ["forceRemove", { ...base, forceRemove: true }],
        ["build", image.normalize({ ...base, build: { context: ".", tags: ["n:3"] } })],
    ])("%s is changed in place", (property, inputs) => {
        expect(image.diff(state, inputs)).toMatchObject({ changed: [property], replaces: [] });
    });
    test("the same build, spelt otherwise", () => {
        expect(
            image.diff(state, image.normalize({ name: "n:1", build: { context: ".", dockerfile: "Dockerfile", noCache: false, tags: [] } }))
                .changed,
        ).toEqual([]);
    });
    test.each([
        ["secrets", "the offline docker plugin doesn't support build.secrets"],
        ["cacheTos", "the offline docker plugin doesn't support build.cacheTos"],
    ])("build.%s is refused by name", (name, message) => {
        expect(image.check({ name: "n", build: { context: ".", [name]: ["x"] } })[0]).toContain(message);
    });
});

test("update sets a new tag on the same image; a replacement under the same name keeps its name when the old one is deleted", async () => {
    const name = `${unique("i")}:1`;
    const tag = `${unique("i")}:2`;
    files({ Dockerfile: dockerfile("RUN echo 1 > /f") });
    const first = await image.create({ name, build: { context: folder } });
    const inputs = image.normalize({ name, build: { context: folder, tags: [tag] } });
    await image.update(first.id, first.outputs, inputs);
    expect((await inspect<InspectedImage>("images", tag)).Id).toBe(first.outputs.imageId);
    await engine.send("DELETE", `/images/${tag}`);
    files({ Dockerfile: dockerfile("RUN echo 2 > /f") });
    const second = await image.create({ name, build: { context: folder } });
    await image.delete(first.id, first.outputs);
    expect((await inspect<InspectedImage>("images", name)).Id).toBe(second.outputs.imageId);
    await expect(inspect("images", String(first.outputs.imageId))).rejects.toThrow("No such image");
});

test("an image in use: the error names the ways out", async () => {
    const name = `${unique("i")}:1`;
    files({ Dockerfile: dockerfile("RUN echo used") });
    const made = await image.create({ name, build: { context: folder } });
    await calls(CONTAINER).create({ name: unique("c"), image: name, command: ["sleep", "600"] });
    await expect(image.delete(made.id, made.outputs)).rejects.toThrow(/can't remove it: conflict.*keepLocally: true/);
    await image.delete(made.id, { ...made.outputs, forceRemove: true });
});

test("import by name", async () => {
    const found = present(await image.read(BASE_IMAGE));
    expect(found).toMatchObject({
        inputs: { name: BASE_IMAGE },
        outputs: { name: BASE_IMAGE, imageId: matching(/^sha256:/) },
    });
    expect(image.diff(found.outputs, { name: BASE_IMAGE }).changed).toEqual([]);
});

test("tag: another name for an image; deleting it keeps the image and the name", async () => {
    const target = `${unique("i")}:t`;
    const tag = calls(TAG);
    const made = await tag.create({ sourceImage: BASE_IMAGE, targetImage: target });
    const { Id } = await inspect<InspectedImage>("images", target);
    expect(made).toEqual({ id: `${BASE_IMAGE}.${target}`, outputs: { sourceImage: BASE_IMAGE, targetImage: target, sourceImageId: Id } });
    expect(tag.diff(made.outputs, { sourceImage: BASE_IMAGE, targetImage: "other" }).replaces).toEqual(["targetImage"]);
    await tag.delete(made.id, made.outputs);
    expect((await inspect<InspectedImage>("images", target)).Id).toBe(Id);
});
