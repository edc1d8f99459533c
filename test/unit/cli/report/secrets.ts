/** Secrets of generated previews, and each way in which one may be written in a text. */

/** Of all kinds: one is the beginning of another, two overlap, one is short, one has what has to be escaped, one is not of ASCII, one has lines. */
export const SECRETS = [
    "Zq7-secret/value+that=must not~show",
    "Hx9vTrunk2222",
    "Hx9vTrunk2222Branch3333",
    "Qw8zoverlapJJ",
    "lapJJrest55Kx",
    "Kx9#7w",
    `a"b\\c'd$e&f<g>h%41`,
    "pässwörd-ünïç-ø7",
    "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\nBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\n-----END KEY-----",
];

type Encoding = (secret: string) => string;

const base64: Encoding = (secret) => Buffer.from(secret).toString("base64");
const json: Encoding = (secret) => JSON.stringify(secret).slice(1, -1);
const wrapped = (text: string, width: number, end = "\n") => text.replace(new RegExp(`.{${width}}(?=.)`, "gs"), `$&${end}`);
const html: Encoding = (secret) => secret.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
const named: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;" };

export const ENCODINGS: Readonly<Record<string, Encoding>> = {
    "as it is": (secret) => secret,
    "a line break put inside": (secret) => `${secret.slice(0, 4)}\n${secret.slice(4)}`,
    "split over indented lines": (secret) => wrapped(secret, 5, "\r\n    "),
    "broken by a shell's backslash": (secret) => `${secret.slice(0, 3)}\\\n${secret.slice(3)}`,
    base64,
    "base64, second offset": (secret) => base64(`u${secret}tail`),
    "base64, third offset": (secret) => base64(`us${secret}:x`),
    "base64 in lines of 64": (secret) => wrapped(base64(`${"user:".repeat(14)}${secret}${secret}`), 64),
    "base64 in lines of 76, as JSON": (secret) => json(wrapped(base64(`${"user:".repeat(15)}${secret}`), 76, "\r\n")),
    base64url: (secret) => Buffer.from(`?~${secret}`).toString("base64url"),
    "base64 in base64": (secret) => base64(`{"auths":{"r":{"auth":"${base64(`user:${secret}`)}"}}}`),
    hex: (secret) => Buffer.from(secret).toString("hex"),
    "hex in capitals, bytes apart": (secret) => wrapped(Buffer.from(secret).toString("hex").toUpperCase(), 2, ":"),
    URL: encodeURIComponent,
    "URL, each byte": (secret) => [...Buffer.from(secret)].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join(""),
    form: (secret) => new URLSearchParams({ "": secret }).toString().slice(1),
    JSON: json,
    "JSON in JSON": (secret) => json(json(secret)),
    "JSON, each character": (secret) => secret.replace(/[\s\S]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`),
    "JSON in base64": (secret) => base64(JSON.stringify({ password: secret })),
    HTML: (secret) => secret.replace(/[&<>"']/g, (sign) => named[sign] ?? sign),
    "HTML by numbers": html,
    "a shell's quotes": (secret) => `'${secret.replaceAll("'", `'\\''`)}'`,
    "a shell's quotes, otherwise": (secret) => `'${secret.replaceAll("'", `'"'"'`)}'`,
    "a shell's backslashes": (secret) => secret.replace(/[^A-Za-z0-9\s]/g, "\\$&"),
};

/** Without what a report puts between: blanks, backslashes and marks of no width. */
export function squeezed(text: string): string {
    return text.replace(/[\s\\\u200b]/g, "");
}

/** Another value of the same shape: letters and digits differ, what has to be escaped doesn't. */
function alike(secret: string): string {
    return secret.replace(/[\p{L}\d]/gu, (sign) => (/[zZ9]/.test(sign) ? "a" : String.fromCharCode(sign.charCodeAt(0) + 1)));
}

/** What of an encoded text is the secret's own: that which another secret would make otherwise. */
function own(encoded: Encoding, secret: string): string {
    const [text, other] = [encoded(secret), encoded(alike(secret))];
    const differs = [...text].flatMap((sign, i) => (sign === other[i] ? [] : [i]));
    return squeezed(text.slice(differs[0] ?? 0, (differs.at(-1) ?? text.length) + 1));
}

/** What must not be in a report that was made of texts with secrets: each, however it is written, squeezed; and of each any eight characters. */
export const FORBIDDEN: readonly string[] = [
    ...new Set(SECRETS.flatMap((secret) => [...Object.values(ENCODINGS).map((encoded) => own(encoded, secret)), ...pieces(secret)])),
];

function pieces(secret: string): string[] {
    const text = squeezed(secret.replace(/-----.*-----/g, ""));
    return Array.from({ length: Math.max(0, text.length - 7) }, (_, i) => text.slice(i, i + 8));
}
