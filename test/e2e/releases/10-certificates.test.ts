import "./area";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { connect, type PeerCertificate } from "node:tls";
import { eventually, load } from "../support/ask";
import { checkout, docker, HOST, HTTPS, proxy, quai, type Result, STACK, STACK_ID } from "../support/checkout";
import { putPebbleToSleep, wakePebble } from "./pebble";

const service = (...words: readonly string[]) => docker("exec", `${STACK_ID}-certificates`, "quai-certificates", ...words);

function shown(): Promise<PeerCertificate> {
    return new Promise((resolve, reject) => {
        const socket = connect({ host: "127.0.0.1", port: HTTPS, servername: HOST, rejectUnauthorized: false }, () => {
            resolve(socket.getPeerCertificate());
            socket.destroy();
        });
        socket.on("error", reject);
    });
}

describe("certificates by ACME", () => {
    test("R64: the first start didn't wait for the ACME server, which is down: a temporary certificate serves, and is told of", async () => {
        const first = JSON.parse(readFileSync(join(checkout(), ".quai", "first-up.json"), "utf8")) as Result;
        expect(first.code).toBe(0);
        expect(first.text).toContain("a temporary one is served");
        expect((await shown()).subject.CN).toBe("temporary certificate");
        const { stdout } = await quai("status", STACK, "--json");
        expect(stdout).toContain("a temporary certificate is served, which no browser trusts");
        expect(stdout).toContain("no certificate could be had since");
    });

    test("R64: once the server answers, clients that trust it get the page, without anybody's doing", async () => {
        wakePebble();
        service("renew");
        await eventually("a certificate for clients", async () => (await shown()).subjectaltname === `DNS:${HOST}`, 60);
        const { stdout, code } = await quai("status", STACK, "--json");
        expect({ code, problems: (JSON.parse(stdout) as { problems: string[] }).problems }).toEqual({ code: 0, problems: [] });
    });

    test("R65: a renewal is live within a minute; no connection is lost", async () => {
        const before = (await shown()).serialNumber;
        const clients = load("/api/health");
        service("renew", "--force");
        await eventually("another serial number", async () => (await shown()).serialNumber !== before, 60);
        await new Promise((resolve) => setTimeout(resolve, 3000));
        const { requests, failures } = await clients.stop();
        expect(failures).toEqual([]);
        expect(requests).toBeGreaterThan(100);
    });

    test("R65, R94: a server that is down leaves the old one serving, and status says so", async () => {
        const before = (await shown()).serialNumber;
        putPebbleToSleep();
        expect(() => service("renew", "--force")).toThrow();
        expect((await shown()).serialNumber).toBe(before);
        expect((await quai("status", STACK)).text).toContain("no certificate could be had since");
        wakePebble();
    });

    test("R27: the private key is in no state, and the account's key not in the proxy", () => {
        const key = docker("exec", proxy(), "cat", "/etc/quai/current/key.pem").split("\n")[1] ?? "";
        expect(key.length).toBeGreaterThan(40);
        expect(readFileSync(join(checkout(), ".quai", "state", ".pulumi", "stacks", "quai", `${STACK}.json`), "utf8")).not.toContain(key);
        expect(docker("exec", proxy(), "ls", "/etc/quai-acme")).not.toContain("letsencrypt");
    });
});
