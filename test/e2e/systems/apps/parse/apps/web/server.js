"use strict";
// Stands for the Next.js front end: a page, and a file with a hash in its name.
require("http")
    .createServer((request, response) => {
        if (!request.url.startsWith("/_next/static/")) return response.end("<!doctype html><title>front</title>");
        response.setHeader("Content-Type", "text/javascript");
        return response.end("// front");
    })
    .listen(Number(process.env.PORT), process.env.HOSTNAME);
