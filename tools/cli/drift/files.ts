import { createHash } from "node:crypto";
import { isRecord } from "../report/values";
import { runPulumi } from "../../engine";
import { TYPE } from "../report/resources";
import type { Session } from "../stack/session";
import type { StackState } from "../stack/state";
import { roleOf } from "./compare";
import type { Finding } from "./findings";
import { byText } from "./findings";

/** Files that a step of the program wrote into a volume: what must be in them, as SHA-256. */
export interface Expected {
    readonly urn: string;
    readonly volume: string;
    /** Folder in the volume. */
    readonly folder: string;
    readonly files: Readonly<Record<string, string>>;
}

/** A step of the program: its script, and what it reads. */
export interface Step {
    readonly create: string;
    /** Decrypted. */
    readonly stdin: string;
}

/** The steps of a state, by URN. */
export function stepsOf(exported: unknown): ReadonlyMap<string, Step> {
    const deployment = isRecord(exported) ? exported["deployment"] : undefined;
    const resources = isRecord(deployment) && Array.isArray(deployment["resources"]) ? (deployment["resources"] as unknown[]) : [];
    const steps = resources.flatMap((resource): [string, Step][] => {
        if (!isRecord(resource) || !String(resource["type"]).startsWith("command:") || !isRecord(resource["inputs"])) return [];
        const { create, stdin } = resource["inputs"];
        return typeof create === "string" ? [[String(resource["urn"]), { create, stdin: plaintext(stdin) }]] : [];
    });
    return new Map(steps);
}

/** What the state's steps have written; only digests leave this function. */
export function expectedFiles(exported: unknown): readonly Expected[] {
    return [...stepsOf(exported)].flatMap(([urn, { create, stdin }]): Expected[] => {
        const volume = /fills volume ([^\s,]+)/.exec(create.split("\n")[0] ?? "")?.[1];
        const files = Object.fromEntries(filesIn(stdin));
        // The routes lie in a folder of their own, which the link `current` leads to.
        const folder = urn.endsWith("-routes") ? "current" : ".";
        return volume === undefined || Object.keys(files).length === 0 ? [] : [{ urn, volume, folder, files }];
    });
}

function plaintext(value: unknown): string {
    const plain = isRecord(value) ? value["plaintext"] : undefined;
    const text: unknown = typeof plain === "string" ? JSON.parse(plain) : value;
    return typeof text === "string" ? text : "";
}

/** `name [mode] base64`, one file a line, after the line with the program. */
function filesIn(stdin: string): [string, string][] {
    return stdin
        .split("\n")
        .slice(1)
        .flatMap((line): [string, string][] => {
            const [, name, data] = /^(\S+)(?: 0\d{3})? ([A-Za-z0-9+/]*=*)$/.exec(line) ?? [];
            return name === undefined || data === undefined ? [] : [[name, sha256(Buffer.from(data, "base64"))]];
        });
}

function sha256(content: Buffer): string {
    return createHash("sha256").update(content).digest("hex");
}

/** The state with its secrets, in memory only; undefined: they can't be decrypted here. */
export async function exportedState(session: Session): Promise<unknown> {
    const lines: string[] = [];
    const result = await runPulumi(session.engine, ["stack", "export", "--stack", session.stack, "--show-secrets", "--non-interactive"], {
        onLine: (line, stream) => void (stream === "stdout" && lines.push(line)),
    });
    return result.code === 0 ? (JSON.parse(lines.join("\n")) as unknown) : undefined;
}

/** Digests of all files of some volumes, read by one short container that can change nothing. */
export async function fileDigests(
    session: Session,
    state: StackState,
    volumes: readonly string[],
): Promise<ReadonlyMap<string, Readonly<Record<string, string>>>> {
    const image = state.resources.find((resource) => resource.type === TYPE.container && roleOf(resource) === "proxy")?.inputs?.["image"];
    if (typeof image !== "string" || volumes.length === 0) return new Map();
    const mounts = volumes.flatMap((volume, i) => ["--volume", `${volume}:/files/${i}:ro`]);
    const program = 'for each in /files/*; do cd "$each"; find -L . -type f -exec sha256sum {} + | sed "s#^#${each##*/} #"; done';
    const text = await session.host.docker([
        ...["run", "--rm", "--network", "none", "--user", "0:0", "--read-only", "--cap-drop", "ALL", "--cap-add", "DAC_READ_SEARCH"],
        ...["--label", `io.quai.stack=${session.settings.stackId}`, "--label", "io.quai.role=tool", ...mounts],
        ...["--entrypoint", "/bin/sh", image, "-euc", program],
    ]);
    const found = new Map<string, Record<string, string>>(volumes.map((volume) => [volume, {}]));
    for (const line of text.split("\n")) {
        const [, number, digest, path] = /^(\d+) ([0-9a-f]{64}) {2}\.\/(.*)$/.exec(line) ?? [];
        const files = found.get(volumes[Number(number)] ?? "");
        if (files !== undefined && digest !== undefined && path !== undefined) files[path] = digest;
    }
    return found;
}

/** Files that differ from what was written, are gone, or were added. */
export function compareFiles(
    expected: readonly Expected[],
    actual: ReadonlyMap<string, Readonly<Record<string, string>>>,
): readonly Finding[] {
    return expected
        .flatMap(({ urn, volume, folder, files }): Finding[] => {
            const there = actual.get(volume);
            if (there === undefined) return [];
            const path = (name: string) => (folder === "." ? name : `${folder}/${name}`);
            const about = (what: string): Finding => ({ kind: "file", what, repair: { kind: "again", urn } });
            const changed = Object.entries(files).flatMap(([name, digest]) => {
                const now = there[path(name)];
                if (now === undefined) return [about(`file ${path(name)} in volume ${volume} is gone`)];
                return now === digest ? [] : [about(`file ${path(name)} in volume ${volume} was edited`)];
            });
            const prefix = folder === "." ? "" : `${folder}/`;
            const added = Object.keys(there)
                .filter((name) => (folder === "." || name.startsWith(prefix)) && files[name.slice(prefix.length)] === undefined)
                .map((name) => about(`file ${name} in volume ${volume} was added`));
            return [...changed, ...added];
        })
        .sort(byText);
}
