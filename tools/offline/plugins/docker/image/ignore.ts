/**
 * The patterns of a .dockerignore: one per line, the last one that matches decides, `!` brings a file back, a pattern also matches all
 * that lies below what it names. Unlike a .gitignore's, every pattern begins at the root of the context.
 */
export interface IgnoreRules {
    ignores(path: string): boolean;
    /** Whether nothing below an ignored folder can be brought back, so that it needn't be entered. */
    readonly skipsFolders: boolean;
}

interface Pattern {
    readonly matcher: RegExp;
    readonly exception: boolean;
}

/** `kept`: files that are sent whatever the patterns say (the Dockerfile and the ignore file, which the builder needs). */
export function parseIgnore(content: string, kept: readonly string[]): IgnoreRules {
    const patterns = content
        .replace(/^\uFEFF/, "")
        .split(/\r?\n/)
        .flatMap((line, index) => patternOf(line, index + 1));
    const keep = new Set(kept);
    return {
        skipsFolders: kept.every((file) => !file.includes("/")) && !patterns.some((pattern) => pattern.exception),
        ignores: (path) => !keep.has(path) && decide(patterns, path),
    };
}

function decide(patterns: readonly Pattern[], path: string): boolean {
    let ignored = false;
    for (const { matcher, exception } of patterns) {
        if (ignored === exception && matcher.test(path)) {
            ignored = !exception;
        }
    }
    return ignored;
}

function patternOf(line: string, number: number): Pattern[] {
    if (line.startsWith("#")) {
        return [];
    }
    const trimmed = line.trim();
    const exception = trimmed.startsWith("!");
    const given = exception ? trimmed.slice(1).trim() : trimmed;
    if (given === "") {
        if (exception) {
            throw new Error(`.dockerignore line ${number}: "!" names no file; write the file behind it, or take the line out`);
        }
        return [];
    }
    const clean = cleaned(given);
    return clean === "" ? [] : [{ matcher: new RegExp(`^${expression(clean, number)}(?:/.*)?$`, "s"), exception }];
}

/** "./a//b/../c/" becomes "a/c": patterns are paths from the root of the context. */
function cleaned(pattern: string): string {
    const parts: string[] = [];
    for (const part of pattern.split("/")) {
        if (part === "..") {
            parts.pop();
        } else if (part !== "" && part !== ".") {
            parts.push(part);
        }
    }
    return parts.join("/");
}

function expression(pattern: string, number: number): string {
    let result = "";
    for (let at = 0; at < pattern.length; at += 1) {
        const character = pattern.charAt(at);
        if (pattern.startsWith("**", at)) {
            const folder = pattern.charAt(at + 2) === "/";
            result += folder ? "(?:.*/)?" : ".*";
            at += folder ? 2 : 1;
        } else if (character === "*") {
            result += "[^/]*";
        } else if (character === "?") {
            result += "[^/]";
        } else if (character === "[") {
            const end = pattern.indexOf("]", at + 2);
            if (end < 0) {
                throw new Error(`.dockerignore line ${number}: "[" without "]" (got ${JSON.stringify(pattern)})`);
            }
            result += `[${pattern
                .slice(at + 1, end)
                .replace(/\\/g, "\\\\")
                .replace(/^!/, "^")}]`;
            at = end;
        } else {
            const literal = character === "\\" && at + 1 < pattern.length ? pattern.charAt((at += 1)) : character;
            result += literal.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
        }
    }
    return result;
}
