import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { constantLoad } from "../../bench/constant-load";
import { eventually } from "../support/ask";
import { HOST, HTTPS, quai, STACK } from "../support/checkout";
import { host, MACHINE, settings } from "./stack";

const SOCKETS = 5;
const load = () => constantLoad({ port: HTTPS, host: HOST, rate: 40, sockets: SOCKETS });
/** Ends when the daemon is ready. Clients go on meanwhile. */
const restart = () => promisify(execFile)("docker", ["exec", MACHINE, "systemctl", "restart", "docker"]);

describe("a prepared machine under a constant load", () => {
    test("R7, R101: a restart of the Docker daemon loses no request and no WebSocket", async () => {
        settings({ ...host({ rootLogin: false }), "quai:proxy": { requestsPerSecond: 100_000, burst: 100_000, drain: "20s" } });
        const { code, text } = await quai("up", STACK, "--yes");
        expect({ code, text }).toMatchObject({ code: 0 });
        const clients = load();
        await eventually("some requests", () => Promise.resolve(clients.count().slow > 2));
        const before = clients.count().requests;
        await restart();
        // For some seconds its resolver knows no name.
        const back = clients.count().requests;
        await eventually("requests after that", () => Promise.resolve(clients.count().requests > back + 40 * 10), 60);
        const { requests, failures, sockets } = await clients.stop();
        expect([...failures]).toEqual([]);
        expect(requests).toBeGreaterThan(before);
        expect(sockets).toEqual({ opened: SOCKETS, codes: {} });
    });
});
