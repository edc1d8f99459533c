/** Values of variables. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** `${NAME}`, `$NAME`, `${NAME:-default}`, `${NAME-default}`, `${NAME:?message}`, `${NAME:+value}`; `$$` is a dollar. */
const VARIABLE = /\$(?:(\$)|([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?:(:?[-?+])((?:[^{}]|\$?\{[^{}]*\})*))?\})/g;

/** Names of the variables that a text uses. */
export const namesIn = (source: string) => [...source.matchAll(VARIABLE)].flatMap(([, , bare, braced]) => bare ?? braced ?? []);

/** Stands for a variable that has no value, so that what depends on it can be told. */
export const unsetMark = (name: string) => `\uE000${name}\uE000`;

/** Replaces variables everywhere below a value, as compose does. `unset` collects the names that have no value. */
export function interpolate(value: unknown, known: Variables, unset: Set<string>): unknown {
    if (typeof value === "string") return text(value, known, unset);
    if (Array.isArray(value)) return value.map((each) => interpolate(each, known, unset));
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, interpolate(each, known, unset)]));
}

function text(source: string, known: Variables, unset: Set<string>): string {
    return source.replace(
        VARIABLE,
        (_, dollar: string | undefined, bare: string | undefined, braced: string | undefined, operator?: string, operand?: string) => {
            const [how, rest] = [operator ?? "", operand ?? ""];
            if (dollar !== undefined) return "$";
            const name = bare ?? braced ?? "";
            const value = known[name];
            const given = value !== undefined && (value !== "" || !how.startsWith(":"));
            if (how.endsWith("+")) return given ? text(rest, known, unset) : "";
            if (given) return value;
            if (how.endsWith("-")) return text(rest, known, unset);
            unset.add(name);
            return unsetMark(name);
        },
    );
}
