"use strict";
// Etherpad's own server, and the health path of guide 004: it answers what Etherpad says of itself.
const http = require("http");
const emit = http.Server.prototype.emit;
http.Server.prototype.emit = function (event, request, ...rest) {
    if (event === "request" && request.url === "/health") request.url = "/api";
    return emit.call(this, event, request, ...rest);
};
require("./node/server").start();
