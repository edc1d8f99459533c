"use strict";
// Parse Server below /api, and what guide 003 asks for besides: a login path, metrics with a token, WebSockets below /socket.io/.
const express = require("express");
const { createServer } = require("http");
const { ParseServer, RedisCacheAdapter } = require("parse-server");
const Parse = require("parse/node");
const { started } = require("../../../packages/database/serve");

const { AUDIT_KEY = "", METRICS_TOKEN, PORT, REDIS_URL, VERSION } = process.env;

(async () => {
    const cacheAdapter = new RedisCacheAdapter({ url: REDIS_URL });
    const server = await started({ cacheAdapter });
    const app = express();
    app.get("/api/metrics", (request, response) =>
        request.get("Authorization") === `Bearer ${METRICS_TOKEN}` ? response.send("up 1\n") : response.sendStatus(401),
    );
    app.get("/api/state", async (_request, response) => {
        const users = (await new Parse.Query(Parse.User).find({ useMasterKey: true })).length;
        response.send({ version: VERSION, users, auditKey: /^[0-9a-f]{64}$/.test(AUDIT_KEY), redis: await cacheAdapter.client.ping() });
    });
    app.post("/api/auth/login", express.json(), (request, response) =>
        Parse.User.logIn(request.body?.username ?? "", request.body?.password ?? "").then(
            () => response.send({ ok: true }),
            () => response.sendStatus(401),
        ),
    );
    app.use("/api", server.app);
    const http = createServer(app);
    await ParseServer.createLiveQueryServer(http, { redisURL: REDIS_URL, appId: "quay" });
    http.listen(Number(PORT));
    process.on("SIGTERM", () => http.close(() => process.exit(0)));
})().catch((error) => {
    console.error(error);
    process.exit(1);
});
