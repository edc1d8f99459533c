"use strict";
// NODE_OPTIONS="--require …/clock.cjs" QUAI_TEST_CLOCK_DAYS=91: for this process and those below it, it is 91 days later.
const by = Number(process.env["QUAI_TEST_CLOCK_DAYS"] ?? 0) * 86_400_000;
const Real = Date;
globalThis.Date = class extends Real {
    constructor(...args) {
        if (args.length === 0) super(Real.now() + by);
        else super(...args);
    }
    static now() {
        return Real.now() + by;
    }
};
