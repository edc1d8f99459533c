"use strict";
// A step here is a whole deployment.
jest.setTimeout(10 * 60_000);
