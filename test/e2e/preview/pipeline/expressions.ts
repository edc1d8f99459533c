import { runInNewContext } from "node:vm";

/** What GitHub's expressions may name. */
export interface Contexts {
    readonly github: Readonly<Record<string, unknown>>;
    readonly vars: Readonly<Record<string, string>>;
    readonly secrets: Readonly<Record<string, string>>;
    readonly steps: Readonly<Record<string, { readonly outputs: Readonly<Record<string, string>> }>>;
}

/** The little of GitHub's expressions that the workflows use: their operators mean the same in JavaScript. */
export function evaluate(expression: string, contexts: Contexts): unknown {
    const script = expression
        .split(/('[^']*')/)
        .map((part, i) =>
            i % 2 === 1 ? part : part.replaceAll(".*.", ".map((each) => each).").replace(/(?<=[\w\])])\.(?=[a-z_])/gi, "?."),
        )
        .join("")
        .replace(/\?\.map\(\(each\) => each\)\?\.(\w+)/g, "?.map((each) => each.$1)")
        .replace(/\?\.([\w]+-[\w-]+)/g, "?.['$1']")
        // What isn't there is as good as an empty text.
        .replace(/\b\w+(?:\?\.\w+)+(?![\w(?])/g, "($& ?? '')");
    const functions = {
        contains: (all: readonly unknown[] | undefined, one: unknown) => all?.includes(one) === true,
        hashFiles: () => "hash",
        always: () => true,
        runner: { os: "Linux" },
    };
    return runInNewContext(script, { ...contexts, ...functions });
}

/** A text with the values of its expressions; what is nothing is empty. */
export function filled(text: string, contexts: Contexts): string {
    return text.replace(/\$\{\{(.*?)\}\}/g, (_, expression: string) => {
        const value = evaluate(expression.trim(), contexts);
        return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? String(value) : "";
    });
}
