"use strict";
// NODE_OPTIONS="--require …/clock.cjs" QUAI_TEST_CLOCK=2027-02-26T23:58:00Z: this process, and each of those below it, begins then.
const Real = Date;
const by = Real.parse(process.env["QUAI_TEST_CLOCK"]) - Real.now();
globalThis.Date = class extends Real {
    constructor(...args) {
        if (args.length === 0) super(Real.now() + by);
        else super(...args);
    }
    static now() {
        return Real.now() + by;
    }
};
