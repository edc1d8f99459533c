"use strict";
require("../engine/typescript.cjs");
require("./main.ts").main(process.argv);
