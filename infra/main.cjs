"use strict";
// What the engine starts. Types are checked by `./quai test typecheck`, not at every preview: see docs/engine.md.
require("../tools/engine/typescript.cjs");
require("./late.cjs");
module.exports = require("./index.ts");
