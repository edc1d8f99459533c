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

/** Stack traces name lines of the .ts files: by node itself, or by source-map-support where a program is run by the engine. */
function mapStackTraces() {
    process.setSourceMapsEnabled(true);
    const loaded = Object.keys(require.cache).find((id) => id.endsWith(path.join("source-map-support", "source-map-support.js")));
    if (!loaded) return;
    require(loaded).install({
        environment: "node",
        retrieveSourceMap: (file) => {
            if (!file.endsWith(".ts") || file.includes(`${path.sep}node_modules${path.sep}`)) return null;
            const code = load(file);
            const at = code.lastIndexOf(mapMark);
            return at < 0 ? null : { url: file, map: Buffer.from(code.slice(at + mapMark.length).trim(), "base64").toString("utf8") };
        },
    });
}

Module._extensions[".ts"] = (module, file) => module._compile(load(file), file);
mapStackTraces();
