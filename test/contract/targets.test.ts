import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deploy } from "../../infra/deploy";
import { COMMAND, CONTAINER, NETWORK, record, type Recording, VOLUME } from "../unit/support/mocks";

/**
 * One stack, every target: what a stack promises is the same wherever it is realized. A new target joins the table.
 */

const identity = mkdtempSync(join(tmpdir(), "quai-contract-"));
const keyFile = join(identity, "id");
writeFileSync(keyFile, "not a key, only read\n", { mode: 0o600 });
afterAll(() => rmSync(identity, { recursive: true }));

const HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKqP3sT0cT6vJmG0u1Zk4kq3v5dJm0m2cO7p0m3vG1xZ";
const targets = [
    ["this machine", { kind: "docker" }],
    ["a host over ssh", { kind: "docker", host: "ssh://deploy@203.0.113.7:2222", hostKey: HOST_KEY, identityFile: keyFile }],
] as const;

type Deployed = ReturnType<typeof deploy>;

function realize(target: object, more: Readonly<Record<string, string>> = {}): Promise<Recording<Deployed>> {
    const config = {
        "quai:application": "demo",
        "quai:environment": "development",
        "quai:domain": "demo.localhost",
        "quai:postgres": '{"version":15}',
        "quai:target": JSON.stringify(target),
        ...more,
    };
    return record(deploy, { stack: "dev", config });
}

describe.each(targets)("the demo stack on %s", (_, target) => {
    let made: Recording<Deployed>;
    beforeAll(async () => {
        made = await realize(target);
    });

    test("gives back the whole contract", () => {
        expect(Object.keys(made.result).sort()).toEqual(
            [
                "application",
                "backupPassword",
                "costs",
                "imageMirror",
                "localAuthority",
                "logs",
                "once",
                "outside",
                "passwords",
                "repository",
                "running",
                "secrets",
                "services",
                "settings",
                "stackId",
                "target",
                "urls",
            ].sort(),
        );
        expect(made.result.urls).toEqual(["https://demo.localhost:8443"]);
        expect(made.result.services.map(({ name, kind }) => `${kind} ${name}`).sort()).toEqual([
            "scheduler scheduler",
            "service api",
            "service web",
            "worker worker",
        ]);
    });

    test("R17: databases, then migrations, then services, then the proxy's switch, then the scheduler", () => {
        const after = (type: string, name: string): readonly string[] => made.get(type, name).after;
        const find = (pattern: RegExp) => made.resources.find(({ name }) => pattern.test(name))?.name ?? `nothing like ${String(pattern)}`;
        const [migrate, api] = [find(/^migrate-[0-9a-f]{8}$/), find(/^api-[0-9a-f]{8}$/)];
        expect(after(COMMAND, migrate)).toEqual(expect.arrayContaining(["redis-password-1", find(/^postgres-login-demo_migrate/)]));
        expect(after(CONTAINER, api)).toContain(migrate);
        expect(after(COMMAND, "proxy-routes")).toEqual(
            expect.arrayContaining([api, find(/^web-[0-9a-f]{8}$/), find(/^proxy-[0-9a-f]{8}$/)]),
        );
        expect(after(CONTAINER, "scheduler")).toContain("proxy-routes");
    });

    test("R27: no generated value is in an input that isn't secret", () => {
        for (const { type, name, inputs, secrets } of made.resources.filter(({ type }) => !type.startsWith("tls:"))) {
            const open = Object.entries(inputs).filter(([key]) => !secrets.some((path) => path.split(/[.[]/)[0] === key));
            for (const value of made.generated) expect([type, name, JSON.stringify(open).includes(value)]).toEqual([type, name, false]);
        }
    });

    test("every resource has a parent and an explicit provider", () => {
        for (const { type, name, parent, provider } of made.resources.filter(({ type }) => !/^(pulumi|quai):/.test(type))) {
            expect([type, name, parent]).not.toEqual([type, name, ""]);
            expect([type, name, provider]).not.toEqual([type, name, ""]);
        }
    });

    test("stopped: data and secrets are all that is declared, and they are the same ones", async () => {
        const stopped = await realize(target, { "quai:running": "false" });
        for (const type of [CONTAINER, NETWORK, COMMAND]) expect(stopped.list(type)).toEqual([]);
        expect(stopped.list(VOLUME)).toEqual(made.list(VOLUME));
        const generated = (recording: Recording<Deployed>) => recording.list().filter((name) => /^(random|tls):/.test(name));
        expect(generated(stopped)).toEqual(generated(made));
    });

    test("R48: protected, neither data nor what opens the backups can be deleted", async () => {
        const kept = await realize(target, { "quai:protect": "true" });
        const open = kept.of(VOLUME).filter(({ protect }) => !protect);
        // The socket holds nothing.
        expect(open.map(({ name }) => name)).toEqual(["postgres-socket"]);
    });
});

test("the same stack is the same resources on every target: only the way to run a command differs", async () => {
    const [here, there] = await Promise.resolve(targets).then(async ([[, a], [, b]]) => [await realize(a), await realize(b)] as const);
    expect(there.list()).toEqual(here.list());
    const containers = (recording: Recording<Deployed>) => recording.of(CONTAINER).map(({ name, inputs }) => ({ name, inputs }));
    expect(containers(there)).toEqual(containers(here));
});
