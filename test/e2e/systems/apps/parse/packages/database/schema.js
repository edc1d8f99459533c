"use strict";
const { FileSystemAdapter } = require("parse-server");

const anyone = { find: { "*": true }, count: { "*": true }, get: { "*": true }, create: { "*": true }, update: { "*": true } };

/** Parse Server's options, from the variables of guide 003. */
exports.options = () => {
    const { DATABASE_URL, JWT_SECRET, PORT = "4000", REDIS_URL } = process.env;
    const database = new URL(DATABASE_URL);
    // Prisma calls an authority's certificate sslcert; Parse Server calls it ca.
    database.search = `?ca=${database.searchParams.get("sslcert")}&rejectUnauthorized=true`;
    return {
        appId: "quay",
        masterKey: JWT_SECRET,
        masterKeyIps: ["127.0.0.1", "::1"],
        serverURL: `http://127.0.0.1:${PORT}/api`,
        databaseURI: database.href,
        allowClientClassCreation: false,
        directAccess: true,
        logsFolder: null,
        fileUpload: { enableForPublic: true },
        // Its default keeps files in MongoDB.
        filesAdapter: new FileSystemAdapter(),
        liveQuery: { classNames: ["Note"], redisURL: REDIS_URL },
    };
};

exports.schema = {
    definitions: [{ className: "Note", fields: { text: { type: "String" }, file: { type: "File" } }, classLevelPermissions: anyone }],
    strict: false,
    lockSchemas: true,
};
