import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

export const ROOT = resolve(__dirname, "../../..");

export interface Fence {
    /** What stands after the three backticks: `yaml`, `sh`, or nothing. */
    readonly language: string;
    readonly text: string;
}

export interface Document {
    /** Path from the project's root. */
    readonly path: string;
    readonly prose: string;
    readonly fences: readonly Fence[];
    /** What stands between single backticks in the prose. */
    readonly spans: readonly string[];
}

/** Every document of the project. */
export function documents(): readonly Document[] {
    const below = readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" }).map((name) => join("docs", name));
    return ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", ...below.filter((name) => name.endsWith(".md")).sort()].map((path) =>
        parse(path, readFileSync(join(ROOT, path), "utf8")),
    );
}

export function parse(path: string, text: string): Document {
    const fences: Fence[] = [];
    const prose = text.replace(/^( *)```([a-z]*)[^\n]*\n([\s\S]*?)^ *```\s*$/gm, (_, indent: string, language: string, body: string) => {
        fences.push({ language, text: body.replaceAll(new RegExp(`^${indent}`, "gm"), "") });
        return "";
    });
    return { path, prose, fences, spans: [...prose.matchAll(/`([^`\n]+)`/g)].map(([, span]) => span ?? "") };
}

/** Targets of links that are files or headings of this project, not addresses. */
export function links(document: Document): string[] {
    return [...document.prose.matchAll(/\[[^\]]*\]\(([^)\s]+)\)/g)]
        .map(([, target]) => target ?? "")
        .filter((target) => !/^[a-z]+:/.test(target));
}

/** Headings as GitHub names them in addresses. */
export function anchors(document: Document): string[] {
    return [...document.prose.matchAll(/^#+ (.+)$/gm)].map(([, title]) =>
        (title ?? "")
            .toLowerCase()
            .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
            .replaceAll(" ", "-"),
    );
}

/** Command lines: in the text between backticks, and in blocks of shell; without comments, one for each command of a line. */
export function commandLines(document: Document): string[] {
    const shell = document.fences.filter(({ language }) => language === "sh").flatMap(({ text }) => text.split("\n"));
    return [...document.spans, ...shell]
        .flatMap((line) => line.replace(/(^|\s)#.*$/, "").split(/&&|\|\||[;|]/))
        .map((line) => line.replace(/\s\d?[<>]+.*$/, "").trim())
        .filter((line) => line !== "");
}

const FOLDERS = readdirSync(ROOT, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() && !entry.name.startsWith(".") && entry.name !== "node_modules" ? [entry.name] : [],
);

/** Words that name a file or folder of the project: a path that begins with one of its folders. */
export function paths(document: Document): string[] {
    return [...new Set([...document.spans, ...commandLines(document)])]
        .flatMap((text) => text.split(/\s+/))
        .map((word) => word.replace(/^['"(]+|['",;:)]+$/g, "").replace(/^\.\//, ""))
        .filter((word) => /^[\w.@/-]+$/.test(word) && FOLDERS.some((folder) => word.startsWith(`${folder}/`)));
}

export function exists(path: string): boolean {
    return existsSync(join(ROOT, path));
}
