/** The known name that was probably meant, or undefined. */
export function suggest(wrong: string, known: readonly string[]): string | undefined {
    const limit = Math.max(2, Math.floor(wrong.length / 3));
    const scored = known.map((name) => ({ name, distance: distance(wrong.toLowerCase(), name.toLowerCase()) }));
    scored.sort((a, b) => a.distance - b.distance || a.name.localeCompare(b.name));
    const best = scored[0];
    return best !== undefined && best.distance <= limit ? best.name : undefined;
}

/** Levenshtein's distance: single-letter edits between two words. */
function distance(a: string, b: string): number {
    let row = Array.from({ length: b.length + 1 }, (_, index) => index);
    for (let i = 1; i <= a.length; i++) {
        const next = [i];
        for (let j = 1; j <= b.length; j++) {
            const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
            next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
        }
        row = next;
    }
    return row[b.length] ?? 0;
}
