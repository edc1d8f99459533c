import { isDeepStrictEqual } from "node:util";
import { parseDocument } from "yaml";
import { isRecord } from "../report/values";
import type { NotedSettings } from "../history/entries";

/** What stays as it is now, whichever entry is brought back: secrets and what rotates them, leave that was given, and what protects data. */
const STAYS = ["quai:secrets", "quai:rotation", "quai:overlap", "quai:retired", "quai:waive", "quai:protect"];

/** What this machine or a command adds to a stack file. */
const ADDED = ["quai:imageMirror", "quai:running"];

export interface BroughtBack {
    /** The stack file's text. */
    readonly text: string;
    /** Settings that get another value, or go. */
    readonly changed: readonly string[];
    /** Settings that hold a secret now or did then: they stay as they are now. */
    readonly kept: readonly string[];
}

/** A stack file with the settings of an entry; its comments stay, and so does what is the same. Pure. */
export function broughtBack(text: string, then: NotedSettings): BroughtBack {
    const document = parseDocument(text);
    const config = (document.toJS() as { config?: Record<string, unknown> | null }).config ?? {};
    const keys = [...new Set([...Object.keys(config), ...Object.keys(then)])].sort();
    const changed: string[] = [];
    const kept: string[] = [];
    for (const key of keys) {
        const [now, former] = [config[key], then[key]];
        if (STAYS.includes(key) || (ADDED.includes(key) && now === undefined)) continue;
        if ((key in then && former === undefined) || holdsSecret(now)) {
            kept.push(key);
            continue;
        }
        if (isDeepStrictEqual(asNoted(now), asNoted(former?.value))) continue;
        changed.push(key);
        if (former === undefined) document.deleteIn(["config", key]);
        else document.setIn(["config", key], document.createNode(typed(former.value)));
    }
    return { text: changed.length === 0 ? text : document.toString({ lineWidth: 0 }), changed, kept };
}

function holdsSecret(value: unknown): boolean {
    if (Array.isArray(value)) return value.some(holdsSecret);
    if (!isRecord(value)) return false;
    return (Object.keys(value).length === 1 && "secure" in value) || Object.values(value).some(holdsSecret);
}

/** The engine keeps a single value as text. */
function asNoted(value: unknown): unknown {
    return typeof value === "boolean" || typeof value === "number" ? String(value) : value;
}

/** A single value as one would write it: `true`, `15`. */
function typed(value: unknown): unknown {
    if (value === "true" || value === "false") return value === "true";
    return typeof value === "string" && String(Number(value)) === value ? Number(value) : value;
}
