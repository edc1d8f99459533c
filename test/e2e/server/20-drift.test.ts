import { readFileSync } from "node:fs";
import { quai, STACK } from "../support/checkout";
import { ask, eventually } from "../support/ask";
import { addressOf, inside, keyPair } from "./machine";
import { openPorts } from "./scan";
import { host, key, MACHINE, settings } from "./stack";

describe("a prepared machine", () => {
    test("keys that would let nobody in any more are taken back by the machine itself", async () => {
        const stranger = readFileSync(`${keyPair(`${key()}-other`, "other")}.pub`, "utf8").trim();
        settings(host({ rootLogin: false, authorizedKeys: [stranger] }));
        const { code, text } = await quai("up", STACK, "--yes");
        expect(code).toBe(1);
        expect(text).toContain("user: a new connection as deploy doesn't get in, so the former settings come back within half a minute");
        const own = readFileSync(`${key()}.pub`, "utf8").trim();
        await eventually("the former key is back", () =>
            Promise.resolve(inside(MACHINE, "cat /home/deploy/.ssh/authorized_keys").trim() === own),
        );
        settings(host({ rootLogin: false }));
        expect(await quai("up", STACK, "--yes")).toMatchObject({ code: 0 });
    });

    test("R7: a restart of the Docker daemon leaves every container running", async () => {
        const started = () => inside(MACHINE, "docker inspect --format '{{.Name}} {{.State.StartedAt}}' $(docker ps -q) | sort");
        const before = started();
        inside(MACHINE, "systemctl restart docker");
        expect(started()).toBe(before);
        await eventually("the application answers", async () => (await ask("/api/health")).status === 200);
        expect(await openPorts(addressOf(MACHINE), 5000, 6000)).toEqual([]);
    });

    test("R3: a reload of the firewall keeps Docker's ports shut", async () => {
        inside(MACHINE, "ufw reload");
        expect(await openPorts(addressOf(MACHINE), 5000, 6000)).toEqual([]);
        expect((await ask("/api/health")).status).toBe(200);
    });
});
