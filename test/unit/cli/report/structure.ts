/** What a comment is made of, line by line. Whatever else a value could make of it would be markup of somebody else's. */
const LINES: readonly RegExp[] = [
    /^$/,
    /^- (.*)$/,
    /^### (Blocked|Data at risk|Downtime|Releases|Settings|Secrets|Routes and addresses|Certificates|Cost|Rules|Backups|Architecture|What happens|Notes)$/,
    /^<details><summary>(Full diff \(\d+ resources?\)|The stack as it will be)<\/summary>$/,
    /^<\/details>$/,
    /^_Left out, because a comment holds no more: \d+ (entry|entries), the least important first\._$/,
    /^<sub>([^<]*); `\.\/quai preview` shows the same\.<\/sub>$/,
    /^<!-- quai preview [\w.-]+ -->$/,
];

/** Signs that GitHub would make something of, unless there is a backslash before. */
const MARKUP = /(?<!\\)(?:\\\\)*[*_{}[\]<>|~&$]|(?<![A-Za-z0-9])@\w|@[\w-]+\.\w|#\d|:\/\/|www\.|\bGH-\d/i;
// eslint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/;

/** Lines of a comment that aren't as they should be, with why. */
export function structureProblems(comment: string): string[] {
    const sections: string[] = [];
    const problems: string[] = CONTROL.test(comment) ? ["a control character"] : [];
    const [first = "", ...lines] = comment.split("\n");
    const verdict = /^\S+ \*\*(.*)\*\*$/.exec(first)?.[1];
    if (verdict === undefined || marked(verdict)) problems.push(`verdict: ${first}`);
    let fence: string | undefined;
    for (const line of lines) {
        const ticks = /^(`{3,})(?:diff|mermaid)?$/.exec(line)?.[1];
        if (fence !== undefined) {
            if (line === fence) fence = undefined;
            else if (line.startsWith(fence)) problems.push(`ends the code: ${line}`);
            else if (line.includes("<!--")) problems.push(`a mark: ${line}`);
        } else if (ticks !== undefined) {
            fence = ticks;
        } else {
            const match = LINES.map((pattern) => pattern.exec(line)).find((each) => each !== null);
            if (match === undefined || match === null) problems.push(`no line of ours: ${line}`);
            else if (line.startsWith("### ")) sections.push(line);
            else if (line.startsWith("- ") && marked(match[1] ?? "")) problems.push(`markup: ${line}`);
        }
    }
    if (fence !== undefined) problems.push("code without an end");
    return new Set(sections).size === sections.length ? problems : [...problems, "a section twice"];
}

/** Whether a text that stands in a line is more than text and code. */
function marked(text: string): boolean {
    // A blank in the place of code: what stands before it and behind it isn't one word.
    const outside = text.replace(/(`+)(?!`)(.*?)(?<!`)\1(?!`)/g, (_, __, code: string) => (code.includes("<!--") ? "<" : " "));
    return outside.includes("`") || MARKUP.test(outside) || /^\s*(?:[#+=-]|\d+[.)])/.test(text);
}
