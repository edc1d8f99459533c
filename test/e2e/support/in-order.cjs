"use strict";
const { default: Sequencer } = require("@jest/test-sequencer");

/** End-to-end files tell one story, in the order of their names. */
module.exports = class InOrder extends Sequencer {
    sort(tests) {
        return [...tests].sort((a, b) => (a.path < b.path ? -1 : 1));
    }
};
