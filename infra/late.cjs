"use strict";
/**
 * Parts of libraries that this program never uses, but that their libraries load at once: a tenth of a preview's processor time and 55 MiB.
 * They are loaded when something reads a name of theirs.
 *
 * - typescript and @npmcli/arborist: with them Pulumi's SDK turns functions into code for dynamic providers and Lambda functions.
 * - zod's messages in fifty languages; the English ones are loaded apart.
 */
const Module = require("node:module");
const path = require("node:path");

const late = [
    { within: path.join("node_modules", "@pulumi", "pulumi"), requests: ["typescript", "@npmcli/arborist"] },
    { within: path.join("node_modules", "zod"), requests: ["../locales/index.cjs"] },
];

const load = Module._load;

Module._load = function (request, parent, isMain) {
    const loaded = () => load.call(this, request, parent, isMain);
    const isLate = late.some(({ within, requests }) => requests.includes(request) && parent?.filename?.includes(within));
    if (!isLate) return loaded();
    // What TypeScript's "import * as" makes of a module with __esModule is the module itself; of others a copy of all that is in it.
    return new Proxy({}, { get: (_, name) => (name === "__esModule" ? true : loaded()[name]) });
};

/**
 * The SDK tells the engine what it does in some five messages for each resource, which the engine shows with --debug alone: a call each.
 * With QUAI_DEBUG they are sent.
 */
if (process.env.QUAI_DEBUG === undefined) require("@pulumi/pulumi/log").debug = () => Promise.resolve();
