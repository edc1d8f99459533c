import { HTTP, HTTPS, quai, STACK } from "../support/checkout";
import { addressOf, inside } from "./machine";
import { openPorts } from "./scan";
import { host, MACHINE, settings } from "./stack";

const scan = () => openPorts(addressOf(MACHINE), 1, 20_000);

describe("what was changed by hand on a prepared machine", () => {
    test("R3: a port that somebody opened and files that somebody edited are seen, and put back", async () => {
        settings(host({ rootLogin: false }));
        inside(
            MACHINE,
            "ufw allow 8081/tcp; iptables -I DOCKER-USER -p tcp -j ACCEPT; echo '# mine' >>/etc/ssh/sshd_config.d/00-quai.conf",
        );
        expect(await scan()).toContain(5432);
        const drift = await quai("drift", STACK);
        expect(drift.code).toBe(2);
        for (const found of [
            "ufw has a rule that is not ours: allow 8081/tcp",
            "DOCKER-USER doesn't begin with our rules",
            "00-quai.conf has another text",
        ]) {
            expect(drift.stdout).toContain(found);
        }
        const preview = await quai("preview", STACK, "--refresh");
        expect(preview.text).toContain("firewall: ufw has a rule that is not ours: allow 8081/tcp");
        expect(preview.code).toBe(2);
        const { code, text } = await quai("up", STACK, "--yes");
        expect({ code, text }).toMatchObject({ code: 0 });
        expect(await scan()).toEqual([22, HTTP, HTTPS]);
        expect(inside(MACHINE, "ufw show added; cat /etc/ssh/sshd_config.d/00-quai.conf")).not.toMatch(/8081|mine/);
        expect((await quai("preview", STACK, "--refresh")).code).toBe(0);
    });
});
