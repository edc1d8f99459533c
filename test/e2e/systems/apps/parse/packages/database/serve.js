"use strict";
const { ParseServer } = require("parse-server");
const { options } = require("./schema");

/** Parse Server, started by a login that may not make tables: those are made by the migrations. */
exports.started = async (more) => {
    const server = new ParseServer({ ...options(), ...more });
    const { databaseController } = server.config;
    databaseController.performInitialization = async () => void (await databaseController.loadSchema());
    await server.start();
    return server;
};
