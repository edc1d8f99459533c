import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { adviseDocker, distributionsOf, ensureDocker, type Machine } from "../../../tools/engine/docker/ensure";
import { dockerEndpoints, findDocker, type DockerFault } from "../../../tools/engine/docker/probe";
import { serviceCommand } from "../../../tools/engine/docker/start";
import { scratchFolder, shellProgram } from "./support";

const folder = scratchFolder("docker");
const servers: Server[] = [];
afterAll(() => servers.forEach((server) => server.close()));

async function engineAt(socket: string, version: string): Promise<void> {
    const server = createServer((request, response) => {
        response.setHeader("connection", "close");
        response.end(
            JSON.stringify(
                request.url === "/version"
                    ? { Version: version, ApiVersion: "1.41" }
                    : { Driver: "overlay2", SecurityOptions: ["name=rootless"] },
            ),
        );
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(socket, resolve));
}
const bin = join(folder, "bin");
beforeAll(() => void shellProgram(join(bin, "docker"), "exit 1"));
const environment = (host: string): Record<string, string> => ({ DOCKER_HOST: host, PATH: bin, HOME: folder });

describe("ensureDocker", () => {
    it("finds an engine that answers, and how", async () => {
        const socket = join(folder, "good.sock");
        await engineAt(socket, "24.0.7");
        await expect(ensureDocker({ env: environment(`unix://${socket}`) })).resolves.toEqual({
            host: `unix://${socket}`,
            via: "DOCKER_HOST",
            version: "24.0.7",
            apiVersion: "1.41",
            storageDriver: "overlay2",
            rootless: true,
            env: {},
        });
    });

    it("leads the docker command to a socket that isn't the default one", async () => {
        const runtime = join(folder, "run");
        shellProgram(join(runtime, "keep"), "");
        await engineAt(join(runtime, "docker.sock"), "24.0.7");
        const { found, faults } = await findDocker({ PATH: bin, HOME: folder, XDG_RUNTIME_DIR: runtime });
        // Where this machine's own engine runs, its socket comes first.
        if (faults.length > 0) expect(found?.host).toBe(`unix://${join(runtime, "docker.sock")}`);
        expect((await dockerEndpoints({ PATH: bin, HOME: folder, XDG_RUNTIME_DIR: runtime })).map(({ via }) => via)).toEqual([
            "its socket",
            "its rootless socket",
            "Docker Desktop",
            "Docker Desktop",
            "Colima",
            "OrbStack",
            "Rancher Desktop",
        ]);
    });

    it("refuses one that is too old", async () => {
        const socket = join(folder, "old.sock");
        await engineAt(socket, "19.3.15");
        const failing = ensureDocker({ env: environment(`unix://${socket}`) });
        await expect(failing).rejects.toThrow(`docker: version 19.3.15 (unix://${socket}) is too old: update it to 20.10.0 or later`);
    });

    it("names DOCKER_HOST where nothing answers there", async () => {
        const failing = ensureDocker({ env: environment("unix:///nonesuch.sock") });
        await expect(failing).rejects.toThrow('DOCKER_HOST: no Docker engine answers at "unix:///nonesuch.sock": connect ENOENT');
    });
});

describe("what to do about Docker that doesn't answer", () => {
    const machine: Machine = { platform: "linux", root: false, user: "ada", distributions: ["ubuntu", "debian"], dockerInstalled: false };
    const fault = (kind: DockerFault["fault"]): DockerFault[] => [
        { host: "unix:///var/run/docker.sock", via: "its socket", fault: kind, detail: kind },
        { host: "unix:///run/user/1000/docker.sock", via: "its rootless socket", fault: "absent", detail: "" },
    ];

    it.each<[string, Partial<Machine>, DockerFault["fault"], string, string]>([
        ["may not use it", { dockerInstalled: true }, "forbidden", "tell", "run `sudo usermod -aG docker ada`, then log out and in again"],
        [
            "is down, with systemd",
            { dockerInstalled: true, service: ["systemctl", "start", "docker"] },
            "down",
            "tell",
            "run `sudo systemctl start docker`",
        ],
        ["is down, with no init system", { dockerInstalled: true }, "down", "tell", "run `sudo dockerd`"],
        ["is down, as root", { dockerInstalled: true, root: true }, "down", "start", "docker: is installed, but doesn't run"],
        ["is missing", {}, "absent", "tell", "run `sudo apt-get install docker.io iptables`"],
        ["is missing, as root", { root: true }, "absent", "install", "`./quai doctor --fix --yes`"],
        [
            "is missing on RHEL, as root",
            { root: true, distributions: ["rhel", "fedora"] },
            "absent",
            "tell",
            "https://docs.docker.com/engine/install",
        ],
        ["is missing on macOS", { platform: "darwin", distributions: [] }, "absent", "tell", "start Docker Desktop"],
    ])("%s", (_, different, kind, action, message) => {
        const advice = adviseDocker({ ...machine, ...different }, fault(kind));
        expect(advice.action).toBe(action);
        expect(advice.message).toContain(message);
    });

    it("reads the distribution and its relatives", () => {
        expect(distributionsOf('NAME="Linux Mint"\nID=linuxmint\nID_LIKE="ubuntu debian"\nVERSION_ID="22"\n')).toEqual([
            "linuxmint",
            "ubuntu",
            "debian",
        ]);
    });

    it.each<[string[], string[] | undefined]>([
        [
            ["/run/systemd/system", "/etc/init.d/docker", "/usr/sbin/service"],
            ["systemctl", "start", "docker"],
        ],
        [
            ["/etc/init.d/docker", "/usr/sbin/service"],
            ["service", "docker", "start"],
        ],
        [[], undefined],
    ])("with %j it starts by %j", (files, command) => expect(serviceCommand((file) => files.includes(file))).toEqual(command));
});
