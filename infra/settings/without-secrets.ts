/** Settings as the parser wants them, before the engine decrypts anything: an encrypted value stands as a placeholder that is never used. */
export function withoutSecrets(value: unknown): unknown {
    if (Array.isArray(value)) {
        return value.map(withoutSecrets);
    }
    if (value !== null && typeof value === "object") {
        const entries = Object.entries(value);
        if (entries.length === 1 && entries[0]?.[0] === "secure") {
            return "encrypted-value-that-only-the-engine-reads-0123456789abcdefghijklmnop";
        }
        return Object.fromEntries(entries.map(([key, member]) => [key, withoutSecrets(member)]));
    }
    return value;
}
