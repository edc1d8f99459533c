const SHOWN = "[secret]";
/** Shorter secrets are replaced only where they stand alone: replacing every "a" would make a message unreadable. */
const SHORT = 4;
/** Lines of a longer secret (a private key) that are replaced on their own, because output is shown line by line. */
const LINE = 12;

/** Knows the secrets that went through this process, and takes them out of what is shown. */
export class Scrubber {
    private readonly known = new Set<string>();

    add(secrets: readonly string[]): void {
        for (const form of secrets.flatMap(formsOf)) this.known.add(form);
    }

    /** The text with every known secret replaced by `[secret]`. */
    clean(text: string): string {
        let shown = "";
        let end = 0;
        for (const [from, to] of joined([...this.known].flatMap((form) => placesOf(form, text)))) {
            shown += text.slice(end, from) + SHOWN;
            end = to;
        }
        return shown + text.slice(end);
    }
}

type Span = readonly [from: number, to: number];

/**
 * Where a secret stands in a text. Searched for one by one: a regular expression of them all has a limit that a large stack reaches, and
 * the error of one that is too large shows the whole of it.
 */
function placesOf(form: string, text: string): Span[] {
    const found: Span[] = [];
    for (let at = text.indexOf(form); at >= 0; at = text.indexOf(form, at + 1)) {
        const alone = !isWord(text[at - 1]) && !isWord(text[at + form.length]);
        if (form.length >= SHORT || alone) found.push([at, at + form.length]);
    }
    return found;
}

function isWord(character: string | undefined): boolean {
    return character !== undefined && /\w/.test(character);
}

/** Spans in their order, those that overlap as one. */
function joined(spans: readonly Span[]): Span[] {
    const result: Span[] = [];
    for (const [from, to] of [...spans].sort((a, b) => a[0] - b[0])) {
        const last = result.at(-1);
        if (last !== undefined && from < last[1]) result[result.length - 1] = [last[0], Math.max(last[1], to)];
        else result.push([from, to]);
    }
    return result;
}

/** A secret as it may turn up in a text: as it is, trimmed, inside JSON, inside an address, line by line. */
function formsOf(secret: string): string[] {
    const trimmed = secret.trim();
    if (trimmed === "") return [];
    const lines = trimmed.split(/\r?\n/).map((line) => line.trim());
    const long = lines.length > 1 ? lines.filter((line) => line.length >= LINE && !line.startsWith("-----")) : [];
    // "NAME=value" is how a container is given its environment; a program prints the value alone.
    const assigned = /^[A-Za-z_]\w*=(.{4,})$/s.exec(trimmed)?.[1];
    const value = assigned === undefined ? [] : formsOf(assigned);
    return [trimmed, JSON.stringify(trimmed).slice(1, -1), encodeURIComponent(Buffer.from(trimmed).toString()), ...long, ...value];
}
