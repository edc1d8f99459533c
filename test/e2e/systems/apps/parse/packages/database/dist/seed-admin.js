"use strict";
const Parse = require("parse/node");
const { started } = require("../serve");

(async () => {
    // The routes, which its own SDK then calls without HTTP.
    void (await started()).app;
    const user = new Parse.User();
    await user.signUp({ username: process.env.ADMIN_LOGIN, password: process.env.ADMIN_PASSWORD });
    process.exit(0);
})().catch((error) => {
    console.error(error);
    process.exit(1);
});
