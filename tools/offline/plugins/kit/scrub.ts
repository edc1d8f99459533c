const SHOWN = "[secret]";
/** Shorter secrets are replaced only where they stand alone: replacing every "a" would make a message unreadable. */
const SHORT = 4;
/** Lines of a longer secret (a private key) that are replaced on their own, because output is shown line by line. */
const LINE = 12;

/** Knows the secrets that went through this process, and takes them out of what is shown. */
export class Scrubber {
    private readonly known = new Set<string>();
    private pattern: RegExp | undefined;

    add(secrets: readonly string[]): void {
        for (const secret of secrets) {
            for (const form of formsOf(secret)) {
                if (this.known.has(form)) continue;
                this.known.add(form);
                this.pattern = undefined;
            }
        }
    }

    /** The text with every known secret replaced by `[secret]`. */
    clean(text: string): string {
        if (this.known.size === 0) return text;
        this.pattern ??= new RegExp(
            [...this.known]
                .sort((a, b) => b.length - a.length)
                .map((form) => (form.length < SHORT ? `(?<!\\w)${escaped(form)}(?!\\w)` : escaped(form)))
                .join("|"),
            "g",
        );
        return text.replace(this.pattern, SHOWN);
    }
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

function escaped(text: string): string {
    return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
