import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync } from "node:fs";
import type { RequestListener } from "node:http";
import { delimiter, join } from "node:path";
import { checksumOf, downloadOfficial, type OfficialRequest, type ReleaseSite } from "../../../tools/engine/official";
import { loopback, recorder, scratchFolder, shellProgram } from "./support";

// Starts programs, which takes its time on a busy machine.
jest.setTimeout(60_000);

const folder = scratchFolder("official");
const serve = loopback();
const archiveName = "pulumi-v3.259.0-linux-x64.tar.gz";

function releaseArchive(): Buffer {
    const tree = join(folder, "tree", "pulumi");
    for (const name of ["pulumi", "pulumi-language-nodejs", "pulumi-language-python"]) shellProgram(join(tree, name), `echo ${name}`);
    const file = join(folder, "release.tar.gz");
    expect(spawnSync("tar", ["-czf", file, "-C", join(folder, "tree"), "pulumi"]).status).toBe(0);
    return readFileSync(file);
}

const archive = releaseArchive();
const goodSum = createHash("sha256").update(archive).digest("hex");
const siteAt = (base: string): ReleaseSite => ({
    name: new URL(base).host,
    archive: (version, platform) => `${base}/pulumi-v${version}-${platform}.tar.gz`,
    checksums: (version) => `${base}/pulumi-${version}-checksums.txt`,
});
const answering =
    (sums: string): RequestListener =>
    (request, response) => {
        if (request.url === "/pulumi-3.259.0-checksums.txt") return void response.end(sums);
        if (request.url === `/${archiveName}`) return void response.end(archive);
        response.writeHead(404).end();
    };

let count = 0;
function request(sites: readonly ReleaseSite[], extra: Partial<OfficialRequest["download"]> = {}) {
    const target = join(folder, `target-${++count}`, "engine");
    const reporter = recorder();
    const download = { env: process.env, connectTimeoutMs: 10_000, ...extra };
    return { version: "3.259.0", platform: "linux-x64", target, reporter, download, sites };
}
const leftovers = (target: string): string[] => readdirSync(join(target, ".."));

describe.each(["curl", "node"])("downloadOfficial, with %s", (client) => {
    // Without curl on PATH node's own client is used; tar must still be found.
    const bin = join(folder, "bin");
    const withoutCurl = { ...process.env, PATH: bin };
    const via = client === "curl" ? {} : { env: withoutCurl };
    beforeAll(() => mkdirSync(bin, { recursive: true }));

    it("unpacks a release whose sum is the published one, without other languages' hosts", async () => {
        const site = siteAt(await serve(answering(`${"0".repeat(64)}  other.tar.gz\n${goodSum}  ${archiveName}\n`)));
        const job = request([site], via);
        await expect(downloadOfficial(job)).resolves.toBe(true);
        expect(readdirSync(job.target).sort()).toEqual(["pulumi", "pulumi-language-nodejs"]);
        expect(spawnSync(join(job.target, "pulumi"), { encoding: "utf8" }).stdout).toBe("pulumi\n");
        expect(leftovers(job.target)).toEqual(["engine"]);
    });

    it("refuses a release whose sum is another one, names both, and leaves nothing", async () => {
        const job = request([siteAt(await serve(answering(`${"a".repeat(64)}  ${archiveName}\n`)))], via);
        await expect(downloadOfficial(job)).resolves.toBe(false);
        expect(job.reporter.said.join("\n")).toContain(`SHA-256 is ${goodSum}, published is ${"a".repeat(64)}: not used`);
        expect(existsSync(job.target)).toBe(false);
        expect(leftovers(job.target)).toEqual([]);
    });

    it("refuses a release that the list of sums doesn't name", async () => {
        const job = request([siteAt(await serve(answering("")))], via);
        await expect(downloadOfficial(job)).resolves.toBe(false);
        expect(job.reporter.said.join("\n")).toContain(`has no sum for ${archiveName}`);
    });

    it("asks the next site when one doesn't answer", async () => {
        const good = siteAt(await serve(answering(`${goodSum} *${archiveName}\n`)));
        const job = request([siteAt("http://127.0.0.1:9"), good], via);
        await expect(downloadOfficial(job)).resolves.toBe(true);
    });

    it("says in one line that no site is reachable", async () => {
        const job = request([siteAt("http://127.0.0.1:9"), siteAt("http://nonesuch.invalid")], via);
        await expect(downloadOfficial(job)).resolves.toBe(false);
        expect(job.reporter.said).toEqual(["The official Pulumi download isn't reachable from here (127.0.0.1:9, nonesuch.invalid)."]);
    });
});

describe("downloadOfficial", () => {
    it("gives up on a site that accepts and then says nothing, within the time it has", async () => {
        const silentSite = siteAt(await serve(() => undefined));
        const job = request([silentSite], { env: { ...process.env, PATH: join(folder, "bin") }, connectTimeoutMs: 300 });
        const started = Date.now();
        await expect(downloadOfficial(job)).resolves.toBe(false);
        expect(Date.now() - started).toBeLessThan(9_000);
    });

    it("uses the PATH it is given for curl", async () => {
        const bin = join(folder, "curl-bin");
        shellProgram(join(bin, "curl"), "echo 'curl: (28) too slow' >&2; exit 28");
        const job = request([siteAt("https://get.example")], { env: { PATH: [bin, process.env["PATH"]].join(delimiter) } });
        await expect(downloadOfficial(job)).resolves.toBe(false);
        expect(job.reporter.said).toEqual(["The official Pulumi download isn't reachable from here (get.example)."]);
    });
});

describe("checksumOf", () => {
    const sum = "b".repeat(64);
    it.each([
        [`${sum}  a.tar.gz`, sum],
        [`${sum} *a.tar.gz`, sum],
        [`${sum.toUpperCase()}  ./a.tar.gz`, sum],
        [`${sum}  aa.tar.gz`, undefined],
        ["short  a.tar.gz", undefined],
    ])("%s", (list, expected) => expect(checksumOf(list, "a.tar.gz")).toBe(expected));
});
