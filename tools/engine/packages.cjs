"use strict";
/**
 * Ends with 0 if node_modules holds every package of package-lock.json in its version: `node packages.cjs <checkout>`. Packages for
 * other systems (optional ones) may be missing. Only node itself is needed, since this runs before anything is installed.
 */
const fs = require("node:fs");
const path = require("node:path");

function packagesOf(file) {
    return JSON.parse(fs.readFileSync(file, "utf8")).packages ?? {};
}

function complete(checkout) {
    const wanted = packagesOf(path.join(checkout, "package-lock.json"));
    const installed = packagesOf(path.join(checkout, "node_modules", ".package-lock.json"));
    return Object.entries(wanted).every(([name, { version, optional, link }]) => {
        if (name === "" || link) return true;
        if (!installed[name]) return optional === true;
        return installed[name].version === version;
    });
}

try {
    process.exitCode = complete(process.argv[2] ?? ".") ? 0 : 1;
} catch {
    process.exitCode = 1;
}
