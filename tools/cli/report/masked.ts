import { type Mask, SECRET } from "../../../infra/secrets/mask";
import { isRecord, LATER } from "./values";

/** Names of variables and settings whose value is nobody's business. */
const SECRET_NAME = /(pass(word|wd|phrase)?|secret|token|api_?key|private_?key|access_?key|credential|auth)s?$/i;

/** Says of a text, by the name of its member, that it is a word of ours and no secret, whatever it looks like. */
export type Stays = (name: string, text: string) => boolean;

/**
 * The same value with every text in it masked, names of members too; a member whose name is that of a secret loses its value.
 *
 * @param stays given where all names of members are ours: they stay
 */
export function masked<T>(value: T, mask: Mask, stays?: Stays): T {
    return maskValue(value, mask, stays) as T;
}

function maskValue(value: unknown, mask: Mask, stays: Stays | undefined): unknown {
    if (typeof value === "string") return mask(value);
    if (Array.isArray(value)) return value.map((item) => maskValue(item, mask, stays));
    if (!isRecord(value)) return value;
    const text = (name: string, member: string) => (SECRET_NAME.test(name) && !harmless(member) ? SECRET : mask(member));
    return Object.fromEntries(
        Object.entries(value).map(([name, member]) => [
            stays === undefined ? mask(name) : name,
            typeof member !== "string" ? maskValue(member, mask, stays) : stays?.(name, member) === true ? member : text(name, member),
        ]),
    );
}

/** The path of a secret's file, a mark, a date of rotation tell nothing. */
function harmless(text: string): boolean {
    return text === "" || text.startsWith("/") || text === SECRET || text === LATER || /^\d{4}-\d\d-\d\d$/.test(text);
}
