import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkout, docker, quai, start } from "../support/checkout";
import { type Found, middleOf, walkForLeaks } from "../support/leaks";
import { processRecord } from "../support/record";
import { container, ENVIRONMENTS, objects, PRODUCTION, stackOf } from "./stacks";

/** Every secret of the three stacks, asked one by one; not by ./quai where its output would stand in the transcript. */
function values(): Map<string, string> {
    const read = (name: string, file: string) => docker("exec", name, "cat", file);
    return new Map(
        ENVIRONMENTS.flatMap((environment): [string, string][] => {
            const [web, postgres, proxy] = ["web", "postgres", "proxy"].map((service) => container(environment, service)) as [
                string,
                string,
                string,
            ];
            const password = /:\/\/[^:]*:([^@]*)@/.exec(read(web, "/run/secrets/databaseUrl"))?.[1] ?? "";
            return [
                [`${environment} database password`, decodeURIComponent(password)],
                [`${environment} superuser password`, read(postgres, "/run/secrets/superuser-password")],
                [`${environment} database key`, middleOf(read(postgres, "/run/secrets/server.key"))],
                [`${environment} TLS key`, middleOf(read(proxy, "/etc/quai/current/key.pem"))],
            ];
        }),
    );
}

const walk = (secrets: ReadonlyMap<string, string>): Promise<Found> =>
    walkForLeaks({ stacks: ENVIRONMENTS.map(stackOf), secrets, record: processRecord() });

const KINDS = [
    ...["inspect", "state", "files of .quai", "logs", "history", "layers", "volumes", "processes", "environments", "temporary files"],
    ...["core files", "cmdline of the run", "environ of the run"],
];
/** Where the kernel puts the memory of a process that crashes; a relative name is in the process's own folder. */
const CORES = readFileSync("/proc/sys/kernel/core_pattern", "utf8").trim();

/** Of a process: how long a core file may get, and how long it may be made. */
const limit = (pid: string) => /^Max core file size +(\S+) +(\S+)/m.exec(readFileSync(`/proc/${pid}/limits`, "utf8"))?.slice(1, 3);
/** No container gets more than its daemon has, where that may not raise limits. */
const most = () => limit(execFileSync("pgrep", ["-o", "-x", "dockerd"], { encoding: "utf8" }).trim())?.[1] ?? "unlimited";

describe("R27: the leak walk over three environments", () => {
    test("no secret stands where it isn't meant to, in anything that this run has written, shown or started", async () => {
        const { leaks, looked } = await walk(values());
        expect(leaks).toEqual([]);
        expect(KINDS.filter((kind) => (looked[kind] ?? 0) === 0)).toEqual([]);
        expect(looked["cmdline of the run"]).toBeGreaterThan(200);
    });

    test("a process that crashes leaves no core file: not an application, the proxy or the database, nor the engine", async () => {
        for (const name of objects("container", PRODUCTION).filter((each) => !each.includes("-port-"))) {
            const pid = docker("inspect", "--format", "{{.State.Pid}}", name).trim();
            if (pid !== "0") expect([name, limit(pid)]).toEqual([name, ["0", "0"]]);
        }
        const crash = "cd /srv/media && sh -c 'kill -SEGV $$'; ls /srv/media";
        expect(docker("exec", container("production", "web"), "sh", "-c", crash)).not.toMatch(/core/);
        const preview = start("preview", PRODUCTION);
        const engine = await engineOf(preview.pid);
        expect(limit(engine)?.[0]).toBe("0");
        await preview.ended;
    });

    test("it finds what is planted in each of these places", async () => {
        const planted = `planted-${Math.random().toString(36).slice(2)}-${Math.random().toString(36).slice(2)}`;
        const [stack, name] = [stackOf("development"), "shop-development-planted"];
        const image = `quai/${stack}/planted:1`;
        const folder = mkdtempSync(join(tmpdir(), "quai-planted-"));
        const note = join(checkout(), ".quai", "state", ".pulumi", "planted.json");
        const core = join(checkout(), "core.4711");
        const base = docker("inspect", "--format", "{{.Image}}", container("development", "web")).trim();
        const cores = most() === "0" ? "0" : "-1";
        const mine = ["--label", `io.quai.stack=${stack}`];
        try {
            for (const path of [join(folder, "note"), note, core]) writeFileSync(path, planted);
            docker("volume", "create", ...mine, "--label", `note=${planted}`, name);
            docker("network", "create", ...mine, "--label", `note=${planted}`, name);
            const program = `echo "$0"; echo "$0" >/x/note; echo "$0" >/note; cd /x; sh -c 'kill -SEGV $$'; sleep 120; :`;
            docker(
                ...[
                    "run",
                    "--detach",
                    "--name",
                    name,
                    ...mine,
                    "--label",
                    "io.quai.role=one-off",
                    "--user",
                    "0",
                    "--ulimit",
                    `core=${cores}`,
                ],
                ...["--env", `NOTE=${planted}`, "-v", `${name}:/x`, "--entrypoint", "sh", base, "-c", program, planted],
            );
            docker("commit", "--change", `ENV NOTE=${planted}`, name, image);
            execFileSync("sh", ["-c", "sleep 0.3; :", planted], { env: { NOTE: planted } });
            await quai("status", planted);
            const { leaks } = await walk(new Map([["plant", planted]]));
            const found = (where: string | RegExp) => {
                const holds =
                    typeof where === "string" ? (leak: string) => leak === `${where} holds the plant` : (leak: string) => where.test(leak);
                return leaks.some(holds);
            };
            const places = [
                ...["container", "volume", "network"].map((kind) => `docker inspect of ${kind} ${name}`),
                ...[`docker inspect of image ${image}`, `the history of ${image}`, `a layer of ${image}`],
                ...[`the log of ${name}`, `note in volume ${name}`, join(folder, "note"), note, core],
                /transcript\.log holds the plant$/,
                /^the command line of process \d+ \(sh\) holds/,
                /^the environment of process \d+ \(s(h|leep)\) holds/,
                /^the cmdline of process \d+ \(sh -c\), which was there for a while, holds/,
                /^the environ of process \d+, which was there for a while, holds/,
                // Where cores are made at all, this one holds what stood in the environment of its process.
                ...(/^core/.test(CORES) && cores !== "0" ? [/^core\S* in volume shop-development-planted holds/] : []),
            ];
            expect(places.filter((place) => !found(place))).toEqual([]);
        } finally {
            for (const path of [folder, note, core]) rmSync(path, { recursive: true, force: true });
            docker("rm", "--force", name);
            docker("volume", "rm", name);
            docker("network", "rm", name);
            docker("rmi", "--force", image);
        }
    });
});

/** The process of the engine that a command has started, once it is there. */
async function engineOf(group: number): Promise<string> {
    for (let tries = 0; tries < 600; tries++) {
        for (const pid of readdirSync("/proc").filter((each) => /^\d+$/.test(each))) {
            try {
                const [command, stat] = [readFileSync(`/proc/${pid}/cmdline`, "latin1"), readFileSync(`/proc/${pid}/stat`, "latin1")];
                // After the name in parentheses: state, parent, process group.
                if (/(^|\/)pulumi\0preview/.test(command) && Number(stat.replace(/^.*\) /, "").split(" ")[2]) === group) return pid;
            } catch {
                // It has ended meanwhile.
            }
        }
        await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error("no engine");
}
