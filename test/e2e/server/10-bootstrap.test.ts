import { ask } from "../support/ask";
import { HTTP, HTTPS, quai, STACK } from "../support/checkout";
import { addressOf, attempt, inside } from "./machine";
import { openPorts } from "./scan";
import { host, key, MACHINE, settings, SSH } from "./stack";

/** The system's ssh, with none of our options. */
const login = (user: string, ...options: string[]) =>
    attempt("ssh", [
        ...[
            "-i",
            key(),
            "-p",
            String(SSH),
            "-o",
            "IdentitiesOnly=yes",
            "-o",
            "StrictHostKeyChecking=no",
            "-o",
            "UserKnownHostsFile=/dev/null",
        ],
        ...["-o", "BatchMode=yes", "-o", "LogLevel=ERROR", ...options, `${user}@127.0.0.1`, "id -un; docker ps -q | wc -l"],
    ]);

describe("a bare machine", () => {
    test("R1, R2: becomes a Docker host with nobody's hand, and serves the demonstration over TLS", async () => {
        expect(attempt("docker", ["exec", MACHINE, "sh", "-c", "command -v docker || command -v python3"]).code).not.toBe(0);
        settings();
        const { code, text } = await quai("up", STACK, "--yes");
        expect({ code, text }).toMatchObject({ code: 0 });
        for (const step of ["packages", "hostname", "time", "updates", "docker", "user", "ssh", "firewall"]) {
            expect(text).toContain(`${step}: done`);
        }
        expect((await ask("/api/health")).status).toBe(200);
        expect(inside(MACHINE, "hostname").trim()).toBe("app-1");
    });

    test("R1: a second run changes nothing, within 10 s", async () => {
        let fastest = Infinity;
        // Another program's work may be in the way of one of them.
        for (let run = 1; run <= 3 && fastest >= 10; run++) {
            const { code, text, seconds } = await quai("up", STACK, "--yes");
            expect({ code, text }).toMatchObject({ code: 0 });
            expect(text).not.toMatch(/\d+ (created|updated|replaced|deleted)|put back|: done/);
            fastest = Math.min(fastest, seconds);
        }
        expect(fastest).toBeLessThan(10);
    });

    test("R3, R15: from outside only sshd and the proxy answer, also where a container publishes a port on all addresses", async () => {
        inside(
            MACHINE,
            `docker run --detach --name stray --restart always --publish 5432:6379 --entrypoint redis-server "$(docker images --format '{{.Repository}}:{{.Tag}}' | grep redis)" --protected-mode no`,
        );
        expect(inside(MACHINE, "timeout 5 bash -c 'exec 3<>/dev/tcp/127.0.0.1/5432; echo PING >&3; head -n 1 <&3'").trim()).toBe("+PONG");
        expect(await openPorts(addressOf(MACHINE))).toEqual([22, HTTP, HTTPS]);
    });

    test("R6: who deploys uses Docker without sudo, has no password, and owns the application's folder", () => {
        expect(login("deploy")).toMatchObject({ code: 0, text: expect.stringMatching(/^deploy\n[1-9]/) as string });
        expect(inside(MACHINE, "passwd -S deploy; stat -c '%U %a' /opt/demo-server")).toMatch(/^deploy L .*\ndeploy 750\n$/);
    });

    test("SSH with a password is refused, root's key lets in; by setting it doesn't", async () => {
        expect(login("deploy", "-o", "PubkeyAuthentication=no").text).toContain("Permission denied (publickey)");
        expect(login("root").text).toMatch(/^root\n/);
        settings(host({ rootLogin: false }));
        const { code, text } = await quai("up", STACK, "--yes");
        expect({ code, text }).toMatchObject({ code: 0 });
        expect(text).toContain("ssh: file /etc/ssh/sshd_config.d/00-quai.conf has another text");
        expect(login("root").text).toContain("Permission denied (publickey)");
        expect(login("deploy").text).toMatch(/^deploy\n/);
    });
});
