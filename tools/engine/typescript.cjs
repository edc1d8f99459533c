"use strict";
/**
 * Lets node load this project's TypeScript, without checking types (`./quai test typecheck` does that) and without touching
 * anything in node_modules: `require("./tools/engine/typescript.cjs")`, or `node --require`. What was transpiled is kept in
 * .quai/typescript, one entry for each source file, found by content, so that a second start transpiles nothing.
 */
const { createHash } = require("node:crypto");
const fs = require("node:fs");
const Module = require("node:module");
const path = require("node:path");

const root = path.resolve(__dirname, "..", "..");
const cacheDir = path.join(root, ".quai", "typescript");
const esbuildVersion = require("esbuild/package.json").version;
const mapMark = "\n//# sourceMappingURL=data:application/json;base64,";

const digest = (text) => createHash("sha256").update(text).digest("hex");

function transpile(source, file) {
    const target = `node${process.versions.node.split(".")[0]}`;
    // A JSON import attribute or a top-level await would need ES modules; this project is CommonJS, and esbuild says so by file and line.
    return require("esbuild").transformSync(source, {
        loader: "ts",
        format: "cjs",
        platform: "node",
        target,
        sourcefile: file,
        sourcemap: "inline",
        sourcesContent: false,
        tsconfigRaw: { compilerOptions: { target: "es2022", useDefineForClassFields: true } },
    }).code;
}

function store(entry, text) {
    const partial = `${entry}.${process.pid}`;
    try {
        fs.mkdirSync(cacheDir, { recursive: true });
        fs.writeFileSync(partial, text);
        fs.renameSync(partial, entry);
    } catch {
        fs.rmSync(partial, { force: true }); // A checkout that can't be written works too, only slower.
    }
}

function load(file) {
    const source = fs.readFileSync(file, "utf8");
    const header = `// ${digest(`${esbuildVersion}\0${process.versions.node}\0${file}\0${source}`)}\n`;
    const entry = path.join(cacheDir, `${digest(file).slice(0, 32)}.cjs`);
    try {
        const cached = fs.readFileSync(entry, "utf8");
        if (cached.startsWith(header)) return cached.slice(header.length);
    } catch {
        // Not transpiled yet.
    }
    const code = transpile(source, file);
    store(entry, header + code);
    return code;
}

const maps = new Map();

function mapOf(file) {
    if (!maps.has(file)) {
        const code = load(file);
        const at = code.lastIndexOf(mapMark);
        const payload = at < 0 ? undefined : JSON.parse(Buffer.from(code.slice(at + mapMark.length).trim(), "base64").toString("utf8"));
        maps.set(file, payload && new Module.SourceMap(payload));
    }
    return maps.get(file);
}

/** One line of a stack trace, with the place in the .ts file instead of the one in what was made of it. */
function frameText(frame) {
    const text = String(frame);
    const file = frame.getFileName();
    if (!file?.endsWith(".ts") || file.includes(`${path.sep}node_modules${path.sep}`)) return text;
    const [line, column] = [frame.getLineNumber() ?? 1, frame.getColumnNumber() ?? 1];
    const origin = mapOf(file)?.findEntry(line - 1, column - 1);
    if (origin?.originalLine === undefined) return text;
    return text.replace(`${file}:${line}:${column}`, `${file}:${origin.originalLine + 1}:${origin.originalColumn + 1}`);
}

/**
 * Stack traces name lines of the .ts files. Pulumi's SDK makes a nameless error for each promise and asks for its trace, which is shown
 * only where PULUMI_DEBUG_PROMISE_LEAKS is set: mapping those took a fifth of a preview's processor time.
 */
function mapStackTraces() {
    const leaks = Boolean(process.env["PULUMI_DEBUG_PROMISE_LEAKS"]);
    Error.prepareStackTrace = (error, frames) => {
        if (!leaks && error instanceof Error && error.message === "") return String(error);
        try {
            return [String(error), ...frames.map((frame) => `    at ${frameText(frame)}`)].join("\n");
        } catch {
            return [String(error), ...frames.map((frame) => `    at ${String(frame)}`)].join("\n");
        }
    };
}

Module._extensions[".ts"] = (module, file) => module._compile(load(file), file);
mapStackTraces();
