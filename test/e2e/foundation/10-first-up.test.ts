import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { administratorSql, checkout, docker, HOST, HTTP, HTTPS, objects, quai, type Result, STACK, STACK_ID } from "../support/checkout";

const first = () => JSON.parse(readFileSync(join(checkout(), ".quai", "first-up.json"), "utf8")) as Result;

describe("from nothing to an https address", () => {
    test("./quai up --yes ends well and prints the address, how to trust it, and what comes next", () => {
        const { code, stdout, text } = first();
        expect(code).toBe(0);
        expect(stdout).toContain(`https://${HOST}:${HTTPS}`);
        expect(stdout).toContain("curl --cacert");
        expect(stdout.match(/^ {2}\.\/quai \w+/gm)).toHaveLength(3);
        expect(text).toContain(`https://${HOST}:${HTTPS} answers 200`);
    });

    test("R107: a second up changes nothing", async () => {
        const again = await quai("up", STACK, "--yes");
        expect(again.code).toBe(0);
        expect(again.text).toMatch(/Resources:\n\s+\d+ unchanged\n/);
        expect(again.text).not.toMatch(/\d+ (created|updated|replaced|deleted)/);
    });

    test("R107: so does a preview that compares with what really runs", async () => {
        const result = await quai("preview", STACK, "--refresh");
        expect([result.code, result.stdout.split("\n")[0]]).toEqual([0, "Nothing changes."]);
    });

    test("status --json keeps its contract, and all is healthy", async () => {
        const result = await quai("status", STACK, "--json");
        const status = JSON.parse(result.stdout) as Record<string, unknown> & { services: { name: string; health: string }[] };
        expect(Object.keys(status).sort()).toEqual([
            "application",
            "backups",
            "certificate",
            "disk",
            "problems",
            "secrets",
            "services",
            "stack",
            "target",
            "urls",
        ]);
        expect(status["stack"]).toBe(STACK_ID);
        expect(status["urls"]).toEqual([`https://${HOST}:${HTTPS}`]);
        expect(status.services.map(({ name, health }) => `${name} ${health}`)).toEqual(
            ["api", "backup", "postgres", "proxy", "redis", "scheduler", "web", "worker"].map((name) => `${name} healthy`),
        );
        expect(result.code).toBe(0);
    });
});

interface Connected {
    readonly NetworkSettings: { readonly Networks: Readonly<Record<string, { readonly IPAddress: string }>> };
}

describe("what runs is confined", () => {
    const inspected = () => JSON.parse(docker("inspect", ...objects("container"))) as Inspected[];

    test("R15: Docker publishes nothing; the proxy's ports are held on the address of the settings", () => {
        for (const container of inspected()) {
            const bindings = Object.values(container.HostConfig.PortBindings ?? {}).flat();
            expect([container.Name, bindings]).toEqual([container.Name, []]);
            const holds = container.Name.startsWith(`/${STACK_ID}-port-`);
            expect([container.Name, container.HostConfig.NetworkMode === "host"]).toEqual([container.Name, holds]);
        }
        expect(objects("container")).toEqual(expect.arrayContaining([HTTP, HTTPS].map((port) => `${STACK_ID}-port-${port}-on-127.0.0.1`)));
    });

    test("R15: databases are reached by whoever is told how, and by nobody else: not by name, not by number", () => {
        const [server] = JSON.parse(docker("inspect", `${STACK_ID}-postgres`)) as [Connected];
        const number = server.NetworkSettings.Networks[`${STACK_ID}-data`]?.IPAddress ?? "";
        const container = (service: string) => objects("container").find((name) => name.startsWith(`${STACK_ID}-${service}-`)) ?? "";
        const reaches = (service: string, host: string) => {
            const asked = ["exec", container(service), "python3", "-c", `import socket; socket.create_connection(("${host}", 5432), 3)`];
            const curl = ["exec", container(service), "curl", "--silent", "--max-time", "3", `telnet://${host}:5432`];
            return spawnSync("docker", service === "web" ? curl : asked, { encoding: "utf8", input: "" }).status;
        };
        expect([reaches("api", "postgres"), reaches("api", number), reaches("worker", "postgres")]).toEqual([0, 0, 0]);
        // curl: 6 is a name that doesn't resolve, 7 a connection refused, 28 one that nobody answers.
        expect([reaches("web", "postgres"), [7, 28].includes(reaches("web", number) ?? 0)]).toEqual([6, true]);
    });

    test("R13, R16: nobody but the backup service is root; no capabilities, read-only, limited, no new privileges", () => {
        for (const { Name, Config, HostConfig } of inspected()) {
            const backup = Name === `/${STACK_ID}-backup`;
            expect([Name, HostConfig.CapDrop]).toEqual([Name, ["ALL"]]);
            expect([Name, HostConfig.ReadonlyRootfs]).toEqual([Name, true]);
            expect([Name, HostConfig.SecurityOpt]).toEqual([Name, ["no-new-privileges:true"]]);
            expect(HostConfig.Memory).toBeGreaterThan(0);
            if (!backup) {
                expect([Name, Config.User]).toEqual([Name, expect.stringMatching(/^[1-9]\d*:[1-9]\d*$/)]);
                expect([Name, HostConfig.CapAdd ?? []]).toEqual([Name, []]);
            }
        }
    });

    test("R14, R87: everything that runs on comes back by itself, and its log is rotated", () => {
        for (const { Name, Config, HostConfig } of inspected().filter(({ Config }) => Config.Labels["io.quai.role"] !== "job")) {
            expect([Name, HostConfig.RestartPolicy.Name]).toEqual([Name, "unless-stopped"]);
            expect([Name, HostConfig.LogConfig.Config]).toEqual([Name, { "max-size": "50m", "max-file": "5" }]);
            // A holder of a port is one process without a state: it lives and holds, or it has ended.
            if (Config.Labels["io.quai.role"] !== "port") expect(Config.Healthcheck).toBeDefined();
        }
    });

    test("R45: the application's login can't make roles or change tables", () => {
        const sql = (login: string, text: string) =>
            docker(
                "exec",
                `${STACK_ID}-postgres`,
                "psql",
                "-U",
                "postgres",
                "-d",
                "demo",
                "-Atc",
                `SET SESSION AUTHORIZATION ${login}; ${text}`,
            );
        const login = administratorSql("SELECT rolname FROM pg_roles WHERE rolname LIKE 'demo_web_%'");
        expect(() => sql(login, "CREATE ROLE evil")).toThrow(/permission denied/);
        expect(() => sql(login, "CREATE TABLE public.evil (id int)")).toThrow(/permission denied/);
        expect(() => sql(login, "DROP TABLE notes")).toThrow(/must be owner/);
        expect(sql(login, "SELECT count(*) FROM notes")).toMatch(/\d/);
    });

    test("R43: PostgreSQL refuses connections without TLS, and the administrator's over the network", () => {
        const connect = (parameters: string) =>
            docker("exec", `${STACK_ID}-postgres`, "psql", `host=127.0.0.1 user=demo_web_1 dbname=demo ${parameters}`, "-c", "SELECT 1");
        expect(() => connect("sslmode=disable password=x")).toThrow(/no encryption|pg_hba.conf rejects/);
        expect(() => connect("sslmode=require user=postgres password=x")).toThrow(/pg_hba.conf rejects/);
        expect(() => connect("sslmode=require password=wrong")).toThrow(/password authentication failed/);
    });

    test("R49: Redis refuses whoever has no password", () => {
        expect(docker("exec", `${STACK_ID}-redis`, "redis-cli", "KEYS", "*")).toContain("NOAUTH");
    });
});

interface Inspected {
    readonly Name: string;
    readonly Config: { readonly User: string; readonly Labels: Record<string, string>; readonly Healthcheck?: unknown };
    readonly HostConfig: {
        readonly PortBindings?: Record<string, { readonly HostIp: string }[]>;
        readonly NetworkMode: string;
        readonly CapDrop: string[];
        readonly CapAdd?: string[];
        readonly ReadonlyRootfs: boolean;
        readonly SecurityOpt: string[];
        readonly Memory: number;
        readonly RestartPolicy: { readonly Name: string };
        readonly LogConfig: { readonly Config: Record<string, string> };
    };
}
