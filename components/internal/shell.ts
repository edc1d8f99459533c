/** A word as the POSIX shell reads it back unchanged. The one place where quoting happens. */
export function quote(word: string): string {
    return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** A command line from an argument list; `undefined` and `false` arguments are left out. */
export function sh(...words: readonly (string | number | undefined | false)[]): string {
    return words
        .filter((word): word is string | number => word !== undefined && word !== false)
        .map((word) => quote(String(word)))
        .join(" ");
}

/** Commands that run one after the other; the first that fails ends the script (the interpreter runs with `-eu`). */
export function script(...lines: readonly (string | undefined | false)[]): string {
    return lines.filter((line): line is string => Boolean(line)).join("\n");
}
