import { ask } from "../support/ask";
import { HTTP, HTTPS, quai, STACK } from "../support/checkout";
import { attempt, inside, login as loginAs } from "./machine";
import { nothingToDo, preparedAll, strayIsShut } from "./promises";
import { host, key, MACHINE, settings, SSH } from "./stack";

const login = (user: string, ...options: string[]) =>
    loginAs(`${user}@127.0.0.1`, key(), { port: SSH, options, command: "id -un; docker ps -q | wc -l" });

describe("a bare machine", () => {
    test("R1, R2: becomes a Docker host with nobody's hand, and serves the demonstration over TLS", async () => {
        expect(attempt("docker", ["exec", MACHINE, "sh", "-c", "command -v docker || command -v python3"]).code).not.toBe(0);
        settings();
        preparedAll(await quai("up", STACK, "--yes"), ["packages", "hostname", "time", "updates", "docker", "user", "ssh", "firewall"]);
        expect((await ask("/api/health")).status).toBe(200);
        expect(inside(MACHINE, "hostname").trim()).toBe("app-1");
    });

    test("R1: a second run changes nothing", async () => nothingToDo(await quai("up", STACK, "--yes")));

    test("R3, R15: from outside only sshd and the proxy answer, also where a container publishes a port on all addresses", () =>
        strayIsShut(MACHINE, {
            run: "6379 --entrypoint redis-server IMAGE --protected-mode no",
            image: "redis",
            ask: "timeout 5 bash -c 'exec 3<>/dev/tcp/127.0.0.1/5432; echo PING >&3; head -n 1 <&3'",
            answer: "+PONG",
            open: [22, HTTP, HTTPS],
        }));

    test("R6: who deploys uses Docker without sudo, has no password, and owns the application's folder", () => {
        expect(login("deploy")).toMatch(/^deploy\n[1-9]/);
        expect(inside(MACHINE, "passwd -S deploy; stat -c '%U %a' /opt/demo-server")).toMatch(/^deploy L .*\ndeploy 750\n$/);
    });

    test("SSH with a password is refused, root's key lets in; by setting it doesn't", async () => {
        expect(login("deploy", "PubkeyAuthentication=no")).toContain("Permission denied (publickey)");
        expect(login("root")).toMatch(/^root\n/);
        settings(host({ rootLogin: false }));
        const { code, text } = await quai("up", STACK, "--yes");
        expect({ code, text }).toMatchObject({ code: 0 });
        expect(text).toContain("ssh: file /etc/ssh/sshd_config.d/00-quai.conf has another text");
        expect(login("root")).toContain("Permission denied (publickey)");
        expect(login("deploy")).toMatch(/^deploy\n/);
    });
});
