/** From a character to the one behind the last. */
export type Span = readonly [from: number, to: number];

/** What a text says once one way of writing is taken back, and where in the text it says so. */
export interface View {
    readonly text: string;
    /** Bytes, which may have no sense as a text. */
    readonly bytes?: true;
    /** The place in the text that a place in this one comes from. */
    readonly back: (span: Span) => Span;
}

/** Ways of writing that replace some characters by others: how each is taken back. */
const WRITTEN: readonly (readonly [RegExp, (match: string) => string])[] = [
    // Line breaks and blanks that were put in.
    [/\s+/g, () => ""],
    // JSON, YAML, C, shell: also what a shell's quotes join again ('it'\''s').
    [/'(?:\\'|"'"|"\\'")'/g, () => "'"],
    [/\\(?:u[0-9a-f]{4}|x[0-9a-f]{2}|[\s\S])/gi, unescaped],
    // URLs, and forms that write a blank as a plus sign.
    [/(?:%[0-9a-f]{2})+/gi, (match) => Buffer.from(match.replaceAll("%", ""), "hex").toString("utf8")],
    [/\+/g, () => " "],
    // HTML and XML.
    [/&(?:#\d{1,7}|#x[0-9a-f]{1,6}|amp|lt|gt|quot|apos|nbsp);/gi, characterOf],
    // Quoted-printable, and lines that a program broke.
    [/=\r?\n|=[0-9A-F]{2}/g, (match) => (match.endsWith("\n") ? "" : String.fromCharCode(Number.parseInt(match.slice(1), 16)))],
];

const CONTROLS: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", b: "\b", f: "\f", "0": "\0", "\n": "" };

function unescaped(match: string): string {
    const [kind = "", digits] = [match.slice(1, 2), match.slice(2)];
    return digits === "" ? (CONTROLS[kind] ?? kind) : String.fromCharCode(Number.parseInt(digits, 16));
}

const NAMED: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: " " };

function characterOf(match: string): string {
    const name = match.slice(1, -1).toLowerCase();
    if (!name.startsWith("#")) return NAMED[name] ?? match;
    const point = name.startsWith("#x") ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
    return point <= 0x10ffff ? String.fromCodePoint(point) : match;
}

/** What a text may mean: one view for each way of writing that it makes use of. @param shortest characters; shorter ones are of no interest */
export function views(text: string, shortest: number): readonly View[] {
    return [
        ...WRITTEN.flatMap(([pattern, written]) => substituted(text, pattern, written)),
        ...base64(text, shortest),
        ...hex(text, shortest),
    ];
}

function substituted(text: string, pattern: RegExp, written: (match: string) => string): View[] {
    const result = text.replace(pattern, written);
    if (result === text) return [];
    // Where it was is asked for seldom: then it is worked out once more.
    const back = ([from, to]: Span): Span => [original(text, pattern, written, from, false), original(text, pattern, written, to, true)];
    return [{ text: result, back }];
}

/** The place before which `at` characters are written; in the middle of what was replaced, its beginning or its end. */
function original(text: string, pattern: RegExp, written: (match: string) => string, at: number, end: boolean): number {
    let shift = 0; // How much longer the text is than what it says, up to here.
    for (const match of text.matchAll(pattern)) {
        const start = match.index - shift;
        const length = written(match[0]).length;
        if (end ? at <= start : at < start) break;
        if (at < start + length) return match.index + (end ? match[0].length : 0);
        shift += match[0].length - length;
    }
    return at + shift;
}

/** Bytes as characters, from each place at which a group of four may begin: a secret may stand anywhere in what was encoded. */
function base64(text: string, shortest: number): View[] {
    const least = Math.ceil((shortest * 4) / 3);
    return runs(text, /[A-Za-z0-9+/_-]+/g, least).flatMap(({ run, start }) =>
        [0, 1, 2, 3].map((skip): View => {
            const back = ([from, to]: Span): Span => [
                start + skip + Math.floor((from * 4) / 3),
                Math.min(start + run.length, start + skip + Math.ceil((to * 4) / 3)),
            ];
            return { text: Buffer.from(run.slice(skip), "base64").toString("latin1"), bytes: true, back };
        }),
    );
}

/** With colons, blanks or dashes between bytes, or without. */
function hex(text: string, shortest: number): View[] {
    return runs(text, /[0-9a-f]{2}(?:[: -]?[0-9a-f])+/gi, shortest * 2).flatMap(({ run, start }) => {
        const places = [...run].flatMap((sign, i) => (/[: -]/.test(sign) ? [] : [i]));
        const digits = places.map((place) => run[place]).join("");
        return [0, 1].map((skip): View => {
            const place = (digit: number) => start + (places[digit] ?? run.length);
            return {
                text: Buffer.from(digits.slice(skip), "hex").toString("latin1"),
                bytes: true,
                back: ([from, to]) => [place(skip + from * 2), place(skip + to * 2 - 1) + 1],
            };
        });
    });
}

function runs(text: string, pattern: RegExp, least: number): { run: string; start: number }[] {
    return [...text.matchAll(pattern)].filter(([run]) => run.length >= least).map((match) => ({ run: match[0], start: match.index }));
}
