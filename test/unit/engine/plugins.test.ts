import { existsSync, lstatSync, mkdirSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findPlugins } from "../../../tools/engine/plugins";
import { pluginVersions } from "../../../tools/engine/versions";
import { scratchFolder, shellProgram } from "./support";

const folder = scratchFolder("plugins");
const version = pluginVersions(["random"]).get("random") ?? "";
const folderName = `resource-random-v${version}`;
let count = 0;

function place(extra: Record<string, string> = {}) {
    const root = join(folder, `place-${++count}`);
    const home = join(root, "engine-home");
    mkdirSync(join(home, "plugins"), { recursive: true });
    return { root, home, env: { HOME: join(root, "user"), PATH: "/usr/bin:/bin", ...extra } };
}
function official(plugins: string): string {
    shellProgram(join(plugins, folderName, "pulumi-resource-random"), "exit 0");
    writeFileSync(join(plugins, folderName, "PulumiPlugin.yaml"), "runtime: go\n");
    return join(plugins, folderName);
}
function fallback(home: string): string {
    shellProgram(join(home, "plugins", folderName, "pulumi-resource-random"), "exit 0");
    writeFileSync(join(home, "plugins", folderName, "quai-fallback.json"), "{}");
    return join(home, "plugins", folderName);
}
const find = (at: { home: string; env: Record<string, string> }) => findPlugins(at, ["random"])[0];

describe("findPlugins", () => {
    it("says that one is missing", () => {
        expect(find(place())).toEqual({ name: "random", version, source: "missing" });
    });

    it("links a user's official plugin of the exact version, as a folder the engine reads, and changes nothing of the user's", () => {
        const at = place();
        const path = official(join(at.env.HOME, ".pulumi", "plugins"));
        expect(find(at)).toEqual({ name: "random", version, source: "installed", path });
        const own = join(at.home, "plugins", folderName);
        expect(lstatSync(own).isDirectory()).toBe(true);
        expect(readlinkSync(join(own, "pulumi-resource-random"))).toBe(join(path, "pulumi-resource-random"));
        expect(lstatSync(join(path, "pulumi-resource-random")).isSymbolicLink()).toBe(false);
    });

    it("doesn't take an official plugin of another version", () => {
        const at = place();
        shellProgram(join(at.env.HOME, ".pulumi", "plugins", "resource-random-v0.0.1", "pulumi-resource-random"), "exit 0");
        expect(find(at)?.source).toBe("missing");
    });

    it("prefers an official plugin to a fallback that is in place", () => {
        const extra = join(folder, "extra");
        const at = place({ QUAI_PLUGINS_DIR: extra });
        fallback(at.home);
        official(extra);
        expect(find(at)).toMatchObject({ source: "installed", path: join(extra, folderName) });
        expect(existsSync(join(at.home, "plugins", folderName, "quai-fallback.json"))).toBe(false);
    });

    it("knows a fallback from an official one", () => {
        const at = place();
        expect(fallback(at.home)).toBe(find(at)?.path);
        expect(find(at)?.source).toBe("fallback");
    });

    it("takes a plugin on PATH, as the engine itself would", () => {
        const bin = join(folder, "ambient");
        const path = shellProgram(join(bin, "pulumi-resource-random"), "exit 0");
        expect(find(place({ PATH: `${bin}:/usr/bin:/bin` }))).toMatchObject({ source: "installed", path });
    });

    it("doesn't take a download that broke off", () => {
        const at = place();
        official(join(at.home, "plugins"));
        writeFileSync(join(at.home, "plugins", `${folderName}.partial`), "");
        expect(find(at)?.source).toBe("missing");
    });

    it("clears links whose plugin the user removed", () => {
        const at = place();
        const path = official(join(at.env.HOME, ".pulumi", "plugins"));
        find(at);
        rmSync(path, { recursive: true });
        expect(find(at)?.source).toBe("missing");
        expect(existsSync(join(at.home, "plugins", folderName))).toBe(false);
    });

    it("leaves a user's plugins alone where the engine's whole folder of plugins is a link to them", () => {
        const at = place();
        const path = official(join(at.env.HOME, ".pulumi", "plugins"));
        rmSync(join(at.home, "plugins"), { recursive: true });
        symlinkSync(join(at.env.HOME, ".pulumi", "plugins"), join(at.home, "plugins"));
        expect(find(at)?.source).toBe("installed");
        expect(lstatSync(join(path, "pulumi-resource-random")).isSymbolicLink()).toBe(false);
    });
});
