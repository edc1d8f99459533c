"use strict";
// What the engine starts. The pack is in ./pack.ts; its packages are the checkout's own.
require("../../tools/engine/typescript.cjs");
require("./pack.ts").serve();
