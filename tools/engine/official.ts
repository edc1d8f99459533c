import { chmodSync, mkdtempSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, existsSync } from "node:fs";
import { join } from "node:path";
import { download, megabytes, sha256, Unreachable, type DownloadOptions } from "./download";
import { platformName, findOnPath } from "./paths";
import { lastLines, run } from "./process";
import { messageOf, type Reporter } from "./types";

/** A place that publishes the engine's releases: its archive and the file of SHA-256 sums beside it. */
export interface ReleaseSite {
    readonly name: string;
    archive(version: string, platform: string): string;
    checksums(version: string): string;
}

export const releaseSites: readonly ReleaseSite[] = [
    {
        name: "get.pulumi.com",
        archive: (version, platform) => `https://get.pulumi.com/releases/sdk/pulumi-v${version}-${platform}.tar.gz`,
        checksums: (version) => `https://get.pulumi.com/releases/sdk/pulumi-${version}-checksums.txt`,
    },
    {
        name: "github.com",
        archive: (version, platform) =>
            `https://github.com/pulumi/pulumi/releases/download/v${version}/pulumi-v${version}-${platform}.tar.gz`,
        checksums: (version) => `https://github.com/pulumi/pulumi/releases/download/v${version}/pulumi-${version}-checksums.txt`,
    },
];

/** The sum of one file in a `sha256sum` list; undefined where the list doesn't name it. */
export function checksumOf(list: string, file: string): string | undefined {
    for (const line of list.split("\n")) {
        const match = /^([0-9a-f]{64})[ *]+(?:\.\/)?(\S+)\s*$/i.exec(line);
        if (match?.[2] === file) return match[1]?.toLowerCase();
    }
    return undefined;
}

async function unpack(archive: string, folder: string): Promise<void> {
    const tar = findOnPath("tar");
    if (!tar) throw new Error("tar isn't installed, so the downloaded engine can't be unpacked");
    mkdirSync(folder, { recursive: true });
    const result = await run(tar, ["-xzf", archive, "-C", folder, "--strip-components=1"]);
    if (result.code !== 0) throw new Error(`${archive}: can't be unpacked: ${lastLines(result.stderr, 2)}`);
    // Only what a Node.js program needs: the other languages' hosts are another 200 MB.
    for (const name of readdirSync(folder)) {
        if (!["pulumi", "pulumi-language-nodejs"].includes(name)) rmSync(join(folder, name), { recursive: true });
        else chmodSync(join(folder, name), 0o755);
    }
    if (!existsSync(join(folder, "pulumi-language-nodejs"))) throw new Error(`${archive}: has no pulumi-language-nodejs`);
}

export interface OfficialRequest {
    readonly version: string;
    /** The folder to make, with `pulumi` and `pulumi-language-nodejs` in it. It appears complete or not at all. */
    readonly target: string;
    readonly reporter: Reporter;
    readonly download: DownloadOptions;
    readonly sites?: readonly ReleaseSite[];
    readonly platform?: string;
}

async function fromSite(site: ReleaseSite, platform: string, scratch: string, request: OfficialRequest): Promise<void> {
    const { version, reporter } = request;
    const sums = join(scratch, "checksums.txt");
    await download(site.checksums(version), sums, { ...request.download, timeoutMs: 10_000 });
    const name = `pulumi-v${version}-${platform}.tar.gz`;
    const expected = checksumOf(readFileSync(sums, "utf8"), name);
    if (!expected) throw new Error(`${site.checksums(version)}: has no sum for ${name}`);
    const step = reporter.step(`Downloading Pulumi ${version} from ${site.name}`);
    try {
        const archive = join(scratch, name);
        const onProgress = (bytes: number): void => step.update(megabytes(bytes));
        await download(site.archive(version, platform), archive, { ...request.download, onProgress });
        const found = await sha256(archive);
        if (found !== expected)
            throw new Error(`${site.archive(version, platform)}: SHA-256 is ${found}, published is ${expected}: not used`);
        await unpack(archive, join(scratch, "bin"));
        step.done();
    } catch (error) {
        step.fail();
        throw error;
    }
}

/**
 * Gets the official release into `target`. Returns false, having said why in one line, where no site has it or none is reachable:
 * the engine is then built instead.
 */
export async function downloadOfficial(request: OfficialRequest): Promise<boolean> {
    const platform = request.platform ?? platformName();
    if (!platform) {
        request.reporter.info(`No official Pulumi download for ${process.platform}-${process.arch}.`);
        return false;
    }
    mkdirSync(join(request.target, ".."), { recursive: true });
    const unreachable: string[] = [];
    for (const site of request.sites ?? releaseSites) {
        const scratch = mkdtempSync(`${request.target}.partial-`);
        try {
            await fromSite(site, platform, scratch, request);
            renameSync(join(scratch, "bin"), request.target);
            return true;
        } catch (error) {
            request.download.signal?.throwIfAborted();
            if (error instanceof Unreachable) unreachable.push(site.name);
            else request.reporter.warn(messageOf(error));
        } finally {
            rmSync(scratch, { recursive: true, force: true });
        }
    }
    if (unreachable.length > 0)
        request.reporter.info(`The official Pulumi download isn't reachable from here (${unreachable.join(", ")}).`);
    return false;
}
