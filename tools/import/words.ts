/** Words of a command line as a shell splits them, without anything that a shell would replace. */
export function words(line: string): string[] {
    const found: string[] = [];
    let word: string | undefined;
    for (const [, single, double, escaped, blank, plain] of line.matchAll(/'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)|(\s+)|([^\s'"\\]+)/gs)) {
        if (blank !== undefined) {
            if (word !== undefined) found.push(word);
            word = undefined;
        } else {
            word = (word ?? "") + (single ?? double?.replace(/\\(["\\$`])/g, "$1") ?? escaped ?? plain ?? "");
        }
    }
    return word === undefined ? found : [...found, word];
}

/** Whether a line needs a shell: pipes, lists, variables, redirections. */
export function needsShell(line: string): boolean {
    return /[|&;<>`$()]|\n/.test(line.replace(/'[^']*'/g, ""));
}

/** A command as a list, through a shell where it needs one. */
export function commandWords(command: string | readonly string[] | null | undefined): string[] | undefined {
    if (command === null || command === undefined || command.length === 0) return undefined;
    if (typeof command !== "string") return [...command];
    return needsShell(command) ? ["/bin/sh", "-c", command.trim()] : words(command);
}

/** `smtpPassword` for SMTP_PASSWORD. */
export function camel(name: string): string {
    const [first = "", ...rest] = name
        .toLowerCase()
        .split(/[^a-z0-9]+/)
        .filter((part) => part !== "");
    const whole = first + rest.map((part) => (part[0]?.toUpperCase() ?? "") + part.slice(1)).join("");
    return /^[a-z]/.test(whole) ? whole : `x${whole}`;
}

/** Names that a stack has already. */
const RESERVED = ["proxy", "backup", "postgres", "redis", "certificates"];

/** A name as services, files and images have here: `my-app` for my_app. */
export function plainName(name: string): string {
    const plain = name
        .toLowerCase()
        .replace(/[^a-z0-9]+/g, "-")
        .replace(/^-+|-+$/g, "")
        .slice(0, 40);
    if (RESERVED.includes(plain)) return `app-${plain}`;
    return /^[a-z]/.test(plain) ? plain : `x-${plain}`.slice(0, 40).replace(/-+$/, "");
}

/** A text in which nothing is a placeholder. (A function, because `$$` means one dollar in a replacement.) */
export const literal = (text: string) => text.replaceAll("${", () => "$${");
