import { randomInt } from "node:crypto";

const UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const LOWER = "abcdefghijklmnopqrstuvwxyz";
const DIGITS = "0123456789";
const SPECIAL = "!@#$%&*()-_=+[]{}<>:?";

/** What a generated text is made of. */
export interface TextSettings {
    /** Characters in all. */
    readonly length: number;
    readonly upper: boolean;
    readonly lower: boolean;
    readonly numeric: boolean;
    readonly special: boolean;
    readonly minUpper: number;
    readonly minLower: number;
    readonly minNumeric: number;
    readonly minSpecial: number;
    /** Used instead of `!@#$%&*()-_=+[]{}<>:?`. */
    readonly overrideSpecial: string | undefined;
}

/** A text in which every character is drawn with the same chance, from the operating system's source of randomness. */
export function randomText(settings: TextSettings): string {
    const special = settings.overrideSpecial || SPECIAL;
    const classes = [
        { characters: UPPER, used: settings.upper, least: settings.minUpper },
        { characters: LOWER, used: settings.lower, least: settings.minLower },
        { characters: DIGITS, used: settings.numeric, least: settings.minNumeric },
        { characters: special, used: settings.special, least: settings.minSpecial },
    ];
    const all = classes.map(({ characters, used }) => (used ? characters : "")).join("");
    const required = classes.flatMap(({ characters, least }) => draw(characters, least));
    return shuffled([...required, ...draw(all, settings.length - required.length)]).join("");
}

function draw(characters: string, count: number): string[] {
    const set = [...characters];
    return Array.from({ length: count }, () => pick(set, randomInt(set.length)));
}

/** Fisher and Yates: every order is as likely as any other. */
function shuffled(characters: readonly string[]): string[] {
    const result = [...characters];
    for (let last = result.length - 1; last > 0; last--) {
        const other = randomInt(last + 1);
        [result[last], result[other]] = [pick(result, other), pick(result, last)];
    }
    return result;
}

function pick(set: readonly string[], index: number): string {
    const character = set[index];
    if (character === undefined) throw new Error("no characters to choose from");
    return character;
}
