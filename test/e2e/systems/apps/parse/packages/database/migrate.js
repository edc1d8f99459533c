#!/usr/bin/env node
"use strict";
// `prisma migrate deploy --schema …`: makes Parse Server's tables, as the role that owns them.
const { ParseServer } = require("parse-server");
const { options, schema } = require("/app/packages/database/schema");

if (process.argv.slice(2, 4).join(" ") !== "migrate deploy") throw new Error(`unknown: ${process.argv.slice(2).join(" ")}`);
const { liveQuery, ...rest } = options();
new ParseServer({ ...rest, schema }).start().then(
    () => process.exit(0),
    (error) => {
        console.error(error);
        process.exit(1);
    },
);
