import { eventually } from "../support/ask";
import { quai } from "../support/checkout";
import {
    endBare,
    HTTP,
    HTTPS,
    installed,
    MACHINE,
    page,
    rootImage,
    settings,
    SSH,
    STACK,
    startBare,
    SWAP_BYTES,
    SYSTEMS,
    up,
} from "./bare";
import { addressOf, attempt, inside, login } from "./machine";
import { nothingToDo, preparedAll, strayIsShut, swaps, updatesItself } from "./promises";
import { asked, leadThere, pin, startRepository, stopRepository } from "./repository/stand";
import { openPorts } from "./scan";
import { key } from "./stack";

const as = (user: string, ...options: string[]) => login(`${user}@127.0.0.1`, key(), { port: SSH, options });
const noDrift = async () => expect(await quai("drift", STACK)).toMatchObject({ code: 0 });

interface Info {
    readonly LiveRestoreEnabled: boolean;
    readonly Driver: string;
    readonly LoggingDriver: string;
}
/** The engine runs, is started at boot, and has the settings. */
function runsAsSet(): void {
    expect(inside(MACHINE, "systemctl is-active docker; systemctl is-enabled docker")).toBe("active\nenabled\n");
    expect(JSON.parse(inside(MACHINE, "cat /etc/docker/daemon.json"))).toEqual({
        "live-restore": true,
        "log-driver": "json-file",
        "log-opts": { "max-size": "50m", "max-file": "5" },
        "storage-driver": "overlay2",
        dns: ["9.9.9.9"],
    });
    const info = JSON.parse(inside(MACHINE, "docker info --format '{{json .}}'")) as Info;
    expect(info).toMatchObject({ LiveRestoreEnabled: true, Driver: "overlay2", LoggingDriver: "json-file" });
}

describe.each(SYSTEMS)("a bare machine with $title", (system) => {
    beforeAll(() => startBare(system));
    afterAll(endBare);

    test("R1, R2: becomes a Docker host with nobody's hand, and serves over TLS", async () => {
        const os = inside(MACHINE, ". /etc/os-release; echo $NAME $VERSION_ID");
        expect(os.replace(" GNU/Linux", "").trim()).toBe(system.title);
        expect(attempt("docker", ["exec", MACHINE, "sh", "-c", "command -v docker || command -v curl"]).code).not.toBe(0);
        await settings("distribution");
        const steps = ["packages", "hostname", "time", "updates", "docker", "user", "ssh", "firewall", "swap", "fail2ban"];
        preparedAll(await up(), steps);
        const { status, headers } = await page("/health");
        expect([status, headers["strict-transport-security"]]).toEqual([200, expect.stringContaining("max-age=")]);
        expect(inside(MACHINE, "hostname").trim()).toBe("bare-1");
        expect(installed("docker.io", "docker-ce")).toEqual(["docker.io"]);
    });

    test("R1, R106, R107: a second run changes nothing, and nothing differs", async () => {
        nothingToDo(await up());
        await noDrift();
    });

    test("R1: engine, clock, updates, swap and the watch over logins are as set", () => {
        runsAsSet();
        updatesItself(MACHINE, undefined);
        swaps(MACHINE, SWAP_BYTES);
        expect(inside(MACHINE, "systemctl is-enabled chrony; fail2ban-client status sshd")).toMatch(/^enabled\n[^]*Currently banned:\t0/);
        expect(installed("chrony", "systemd-timesyncd", "ntp")).toEqual(["chrony"]);
    });

    test("R3, R15: from outside only sshd and the proxy answer, also where a container publishes a port on all addresses", () =>
        strayIsShut(MACHINE, {
            run: "8080 IMAGE",
            image: "/page",
            ask: "for i in 1 2 3 4 5 6 7 8 9; do curl -fsS 127.0.0.1:5432/health && break; sleep 1; done 2>/dev/null | grep -o ok",
            answer: "ok",
            open: [22, HTTP, HTTPS],
        }));

    test("R6: deploy gets in by key and has no password, nobody gets in by one, root not at all", () => {
        expect(as("deploy")).toBe("deploy");
        expect(as("deploy", "PubkeyAuthentication=no")).toContain("Permission denied (publickey)");
        expect(as("root")).toContain("Permission denied (publickey)");
        expect(inside(MACHINE, "passwd -S deploy")).toMatch(/^deploy L /);
    });

    test("R7: a restart of the Docker daemon leaves every container running, and the ports shut", async () => {
        const started = () => inside(MACHINE, "docker inspect --format '{{.Name}} {{.State.StartedAt}}' $(docker ps -q) | sort");
        const before = started();
        inside(MACHINE, "systemctl restart docker");
        expect(started()).toBe(before);
        await eventually("the page answers", async () => (await page("/health")).status === 200);
        expect(await openPorts(addressOf(MACHINE), 5000, 6000)).toEqual([]);
        // Made from the stack's own image it has the stack's label, and counts as a leftover.
        inside(MACHINE, "docker rm --force stray");
        await noDrift();
    });

    describe("and then Docker's own repository, by a stand for it", () => {
        const own = ["containerd.io", "docker-buildx-plugin", "docker-ce", "docker-ce-cli", "docker-compose-plugin"];
        const theirs = ["containerd", "docker-buildx", "docker-cli", "docker-compose", "docker-compose-v2", "docker.io", "runc"];
        let fingerprint = "";
        beforeAll(async () => {
            fingerprint = startRepository(await rootImage(system.root));
            leadThere(MACHINE);
            await settings("official");
        });
        afterAll(stopRepository);

        test("R1: another key than Docker's is refused, and the engine that is there stays", async () => {
            const { code, text } = await up();
            expect(code).toBe(1);
            expect(text).toContain("download.docker.com gave another key than Docker's; nothing of it was used");
            expect(installed(...own)).toEqual([]);
            runsAsSet();
            expect((await page("/health")).status).toBe(200);
        });

        test("R1: takes the place of the distribution's packages, and the page is back", async () => {
            pin(fingerprint);
            const result = await up();
            preparedAll(result, ["docker"]);
            expect(result.text).toContain("docker: package docker.io is in the way");
            expect(installed(...own, ...theirs)).toEqual(own);
            expect(asked()).toContain("GET /linux/");
            expect(inside(MACHINE, "cat /etc/apt/sources.list.d/docker.sources")).toBe(
                [
                    "# Kept by quai: what is changed here is put back.",
                    "Types: deb",
                    `URIs: https://download.docker.com/linux/${system.id}`,
                    `Suites: ${system.root.suite}`,
                    "Components: stable",
                    "Signed-By: /etc/apt/keyrings/docker.asc",
                    "",
                ].join("\n"),
            );
            expect(inside(MACHINE, "gpg --show-keys --with-colons /etc/apt/keyrings/docker.asc")).toContain(`:${fingerprint}:`);
            runsAsSet();
            expect(
                inside(MACHINE, "docker version --format '{{.Server.Version}}' && docker buildx version && docker compose version"),
            ).toMatch(/buildx[^]*[Cc]ompose/);
            await eventually("the page answers", async () => (await page("/health")).status === 200);
        });

        test("R1, R106, R107: a second run changes nothing, and nothing differs", async () => {
            nothingToDo(await up());
            await noDrift();
        });

        test("R1: back to the distribution's packages", async () => {
            await settings("distribution");
            preparedAll(await up(), ["docker"]);
            expect(installed(...own, "docker.io")).toEqual(["docker.io"]);
            runsAsSet();
            await eventually("the page answers", async () => (await page("/health")).status === 200);
        });
    });
});
