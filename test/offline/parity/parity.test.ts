import { execFileSync } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Case } from "./case";
import { commandCases, commandRefusals } from "./command-cases";
import { compare, report, type Difference } from "./compare";
import { containerCases, containerRefusals } from "./docker-cases";
import { BASE_IMAGE, removeAll, tagBaseImage } from "./docker-engine";
import { dockerCases, dockerRefusals } from "./docker-other-cases";
import { observe, refuses, takeOver, type Observation } from "./observe";
import { PluginClient, type Recorded } from "./plugin-client";
import { PluginProcess } from "./plugin-process";
import { randomCases, randomRefusals } from "./random-cases";
import { remoteCases, stopServer } from "./remote-cases";
import { tlsCases, tlsRefusals } from "./tls-cases";

/** Folder with `resource-<name>-v<version>/pulumi-resource-<name>`, as the engine's own plugins folder has them. */
const officialFolder = process.env["QUAI_PLUGINS_DIR"];
/** QUAI_PARITY_ONLY: names of plugins, with commas between. @default all four */
const plugins = (process.env["QUAI_PARITY_ONLY"] ?? "random,tls,command,docker").split(",");
const cases = [...randomCases, ...tlsCases, ...commandCases, ...remoteCases, ...containerCases, ...dockerCases].filter(({ plugin }) =>
    plugins.includes(plugin),
);
const refusals = [...randomRefusals, ...tlsRefusals, ...commandRefusals, ...containerRefusals, ...dockerRefusals].filter(({ plugin }) =>
    plugins.includes(plugin),
);
const all: Difference[] = [];

interface Pair {
    readonly official: PluginClient;
    readonly ours: PluginClient;
}

/** The path of the plugin in a folder laid out like the engine's own. */
async function executable(folder: string, name: string): Promise<string> {
    const found = (await readdir(folder)).filter((entry) => new RegExp(`^resource-${name}-v[0-9.]+$`).test(entry)).sort();
    const last = found.at(-1);
    if (last === undefined) throw new Error(`${folder}: has no resource-${name}-v<version>`);
    return join(folder, last, `pulumi-resource-${name}`);
}

/** Bundles and installs the fallback, as a user's checkout does. */
function installOurs(name: string, home: string): void {
    const script = resolve(__dirname, "../../../tools/offline/plugins/install.ts");
    const env = { ...process.env, PULUMI_HOME: home, QUAI_CACHE_DIR: join(home, "cache") };
    execFileSync(process.execPath, [require.resolve("tsx/cli"), script, name], { env, stdio: ["ignore", "ignore", "inherit"] });
}

async function startPair(name: string, folder: string, home: string): Promise<Pair> {
    installOurs(name, home);
    const start = async (plugins: string): Promise<PluginClient> => {
        const client = new PluginClient(await PluginProcess.start(await executable(plugins, name)), name);
        await client.configure({});
        return client;
    };
    return { official: await start(folder), ours: await start(join(home, "plugins")) };
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
        {
            ...left,
            "the official state, taken over by ours": { before: left["again"], afterRefresh: left["againAfterRefresh"] },
            "our state, taken over by the official": crossed.own,
        },
        {
            ...right,
            "the official state, taken over by ours": crossed.theirs,
            "our state, taken over by the official": { before: right["again"], afterRefresh: right["againAfterRefresh"] },
        },
    );
}

function judge(differences: readonly Difference[]): void {
    all.push(...differences);
    const unexpected = differences.filter((difference) => difference.accepted === undefined);
    if (unexpected.length > 0) throw new Error(`differs from the official plugin:\n${report(unexpected)}`);
}

if (officialFolder === undefined) {
    test.skip("needs the official plugins: set QUAI_PLUGINS_DIR to a folder that holds resource-<name>-v<version>/ of docker, command, random and tls", () =>
        undefined);
} else {
    describe("a fallback plugin does what the official one does", () => {
        const pairs = new Map<string, Pair>();
        let home = "";
        const pairOf = (plugin: string): Pair => {
            const pair = pairs.get(plugin);
            if (pair === undefined) throw new Error(`${plugin}: neither plugin was started`);
            return pair;
        };

        beforeAll(async () => {
            home = await mkdtemp(join(tmpdir(), "quai-parity-"));
            tagBaseImage();
            for (const name of plugins) pairs.set(name, await startPair(name, officialFolder, home));
        }, 120_000);

        afterAll(async () => {
            for (const { official, ours } of pairs.values()) await Promise.all([official.process.stop(), ours.process.stop()]);
            stopServer();
            removeAll();
            await rm(home, { recursive: true, force: true });
            const path = process.env["QUAI_PARITY_REPORT"];
            if (path !== undefined)
                await writeFile(
                    path,
                    `${JSON.stringify({ image: BASE_IMAGE, cases: cases.length, refusals: refusals.length, differences: all }, null, 2)}\n`,
                );
        }, 60_000);

        test.each(cases.map((example) => [example.plugin, example.name, example] as const))(
            "%s: %s",
            async (plugin, _name, example) => {
                judge(await observeBoth(pairOf(plugin), example));
            },
            180_000,
        );

        test.each(refusals.map((refusal) => [refusal.plugin, refusal.name, refusal] as const))(
            "%s refuses: %s",
            async (plugin, name, refusal) => {
                const pair = pairOf(plugin);
                const [official, ours] = [await refuses(pair.official, refusal), await refuses(pair.ours, refusal)];
                judge(compare(`${plugin} given ${name}`, { refused: official }, { refused: ours }));
            },
        );
    });
}
