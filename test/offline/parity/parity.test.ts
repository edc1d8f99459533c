import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { installFallbackPlugin, type FallbackPlugin } from "../../../tools/offline/plugins/install";
import type { Case, Refusal } from "./case";
import { commandCases, commandRefusals } from "./command-cases";
import { compare, report, type Difference } from "./compare";
import { containerCases, containerRefusals } from "./docker-cases";
import { BASE_IMAGE, removeAll, tagBaseImage } from "./docker-engine";
import { dockerCases, dockerRefusals } from "./docker-other-cases";
import { observe, refuse, takeOver, type Observation } from "./observe";
import { PluginClient, type Recorded } from "./plugin-client";
import { PluginProcess } from "./plugin-process";
import { randomCases, randomRefusals } from "./random-cases";
import { tlsCases, tlsRefusals } from "./tls-cases";

/** Folder with `resource-<name>-v<version>/pulumi-resource-<name>`, as the engine's own plugins folder has them. */
const officialFolder = process.env["QUAI_PLUGINS_DIR"];
const cases: readonly Case[] = [...randomCases, ...tlsCases, ...commandCases, ...containerCases, ...dockerCases];
const refusals: readonly Refusal[] = [...randomRefusals, ...tlsRefusals, ...commandRefusals, ...containerRefusals, ...dockerRefusals];
const all: Difference[] = [];

interface Pair {
    readonly official: PluginClient;
    readonly ours: PluginClient;
}

async function officialExecutable(folder: string, name: string): Promise<string> {
    const found = (await readdir(folder)).filter((entry) => new RegExp(`^resource-${name}-v[0-9.]+$`).test(entry)).sort();
    const last = found.at(-1);
    if (last === undefined) throw new Error(`QUAI_PLUGINS_DIR: ${folder} has no resource-${name}-v<version>`);
    return join(folder, last, `pulumi-resource-${name}`);
}

async function startPair(name: FallbackPlugin, folder: string, home: string): Promise<Pair> {
    const installed = await installFallbackPlugin(name, { pulumiHome: home, cacheDir: join(home, "cache") });
    const clients = [await officialExecutable(folder, name), join(installed.folder, `pulumi-resource-${name}`)].map(async (executable) => {
        const client = new PluginClient(await PluginProcess.start(executable), name);
        await client.configure({});
        return client;
    });
    const [official, ours] = await Promise.all(clients);
    if (official === undefined || ours === undefined) throw new Error(`${name}: not started`);
    return { official, ours };
}

async function observeBoth({ official, ours }: Pair, example: Case): Promise<Difference[]> {
    const crossed: Record<"theirs" | "own", Observation> = { theirs: {}, own: {} };
    const cross = (client: PluginClient, key: "theirs" | "own") => async (recorded: Recorded) => {
        crossed[key] = await takeOver(client, example, recorded).catch((error: unknown) => ({ error: String(error) }));
    };
    const left = await observe(official, example, cross(ours, "theirs"));
    const right = await observe(ours, example, cross(official, "own"));
    return compare(
        example.name,
        { ...left, "the official state, compared by ours": left["again"], "our state, compared by the official": crossed.own },
        { ...right, "the official state, compared by ours": crossed.theirs, "our state, compared by the official": right["again"] },
    );
}

function judge(differences: readonly Difference[]): void {
    all.push(...differences);
    const unexpected = differences.filter((difference) => difference.accepted === undefined);
    if (unexpected.length > 0) throw new Error(`differs from the official plugin:\n${report(unexpected)}`);
}

if (officialFolder === undefined) {
    test.skip("needs the official plugins: set QUAI_PLUGINS_DIR to a folder that holds resource-<name>-v<version>/ of docker, command, random and tls", () => undefined);
} else {
    describe("a fallback plugin does what the official one does", () => {
        const pairs = new Map<string, Pair>();
        let home = "";

        beforeAll(async () => {
            home = await mkdtemp(join(tmpdir(), "quai-parity-"));
            tagBaseImage();
            const only = process.env["QUAI_PARITY_ONLY"];
            const names = (["random", "tls", "command", "docker"] as const).filter((name) => only === undefined || only.split(",").includes(name));
            for (const name of names) pairs.set(name, await startPair(name, officialFolder, home));
        }, 120_000);

        afterAll(async () => {
            for (const { official, ours } of pairs.values()) await Promise.all([official.process.stop(), ours.process.stop()]);
            removeAll();
            await rm(home, { recursive: true, force: true });
            const path = process.env["QUAI_PARITY_REPORT"];
            if (path !== undefined) await writeFile(path, `${JSON.stringify({ image: BASE_IMAGE, cases: cases.length, refusals: refusals.length, differences: all }, null, 2)}\n`);
        }, 60_000);

        test.each(cases.map((example) => [example.plugin, example.name, example] as const))(
            "%s: %s",
            async (plugin, _name, example) => {
                const pair = pairs.get(plugin);
                if (pair !== undefined) judge(await observeBoth(pair, example));
            },
            180_000,
        );

        test.each(refusals.map((refusal) => [refusal.plugin, refusal.name, refusal] as const))("%s refuses: %s", async (plugin, name, refusal) => {
            const pair = pairs.get(plugin);
            if (pair === undefined) return;
            const [official, ours] = [await refuse(pair.official, refusal), await refuse(pair.ours, refusal)];
            judge(compare(`refusal ${plugin} ${name}`, { properties: official.length > 0 }, { properties: ours.length > 0 }));
        });
    });
}
