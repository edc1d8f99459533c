import { isMap, parseDocument } from "yaml";
import { isMapping } from "../../../infra/settings/problems";
import { SetupError } from "../../engine/types";

/** A stack file that has room for the value, and where in `quai:secrets` the engine is to write it. */
export interface Room {
    readonly text: string;
    readonly path: string;
}

const SOURCE = ["environment", "command", "timeout"] as const;

/**
 * Makes room in a stack file for another value of a secret. The engine writes into a mapping or over a text, and makes neither out of the
 * other; so a lone encrypted text becomes `value` of a mapping where something is to stand beside it. What is encrypted stays so: it only moves.
 *
 * @param secret its name; `name.value` or `name.former` mean one of its two
 * @param keepFormer whether the present value, or where it is read, becomes `former`
 * @throws SetupError where there is no present value to keep, or where it stands in clear
 */
export function roomFor(text: string, secret: string, keepFormer: boolean): Room {
    const [name = "", part] = secret.split(".");
    const place = ["config", "quai:secrets", name];
    const document = parseDocument(text);
    const node = document.getIn(place, true);
    const written: unknown = isMap(node) ? node.toJSON() : document.getIn(place);
    const entry = isMapping(written) && !("secure" in written) ? written : undefined;
    const lone = isMapping(written) && entry === undefined ? written : undefined;
    const put = (content: object): string => {
        if (document.hasIn(place)) document.setIn(place, document.createNode(content));
        return document.toString({ lineWidth: 0 });
    };
    if (keepFormer) {
        const source = entry !== undefined && entry["value"] === undefined ? sourceOf(entry) : undefined;
        const present = lone ?? entry?.["value"] ?? source;
        if (written === undefined) throw new SetupError(`quai:secrets.${name}: has no value yet that could be kept`, 2);
        if (!isMapping(present))
            throw new SetupError(`quai:secrets.${name}: stands in clear, so it must not be kept; set it without --keep-former`, 2);
        return { text: put({ former: present }), path: `${name}.value` };
    }
    if (part !== undefined) return { text: lone === undefined ? text : put({ value: lone }), path: secret };
    // Without its source a secret is the one text again, unless something stands beside it.
    const former = entry?.["former"];
    if (entry === undefined || former === undefined) return { text, path: entry?.["value"] === undefined ? name : `${name}.value` };
    return { text: put({ ...(entry["value"] === undefined ? {} : { value: entry["value"] }), former }), path: `${name}.value` };
}

function sourceOf(entry: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
    return Object.fromEntries(SOURCE.flatMap((key) => (entry[key] === undefined ? [] : [[key, entry[key]]])));
}
