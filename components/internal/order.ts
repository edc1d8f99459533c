/**
 * Entries, each after those that it names; otherwise as they were. Names that aren't there don't matter, and a circle is cut where it is
 * entered: the settings refuse both.
 */
export function inOrder<T extends { readonly after?: readonly string[] }>(entries: Readonly<Record<string, T>>): [string, T][] {
    const placed = new Map<string, T>();
    const entered = new Set<string>();
    const place = (name: string): void => {
        const entry = entries[name];
        if (entry === undefined || entered.has(name)) return;
        entered.add(name);
        for (const other of entry.after ?? []) place(other);
        placed.set(name, entry);
    };
    for (const name of Object.keys(entries)) place(name);
    return [...placed];
}
