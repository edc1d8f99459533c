import * as pulumi from "@pulumi/pulumi";
import type { Registered } from "../support/mocks";
import { COMMAND, CONTAINER, shared, VOLUME } from "../support/mocks";
import { commandOf, filesIn, leaks } from "../support/target";
import { container, outline, program, stackFile } from "./program";

const DEV = stackFile("dev");
const isSecret = (output: pulumi.Output<string> | undefined) => (output === undefined ? undefined : pulumi.isSecret(output));

/** What containers are given as files, less what isn't secret. */
function secretFiles(resources: readonly Registered[]): string[] {
    const open = /^(backup\.json|pg_hba\.conf|pg_ident\.conf|server\.crt|certificate\.pem|nginx\.conf|databaseAuthority|jwtPublic)$/;
    return resources
        .filter(({ type, name }) => type === COMMAND && /-(files|secrets)-[0-9a-f]{8}$|^proxy-routes$/.test(name))
        .flatMap((command) => Object.entries(filesIn(commandOf(command).data)))
        .flatMap(([name, content]) => (open.test(name) ? [] : [content]));
}

const dev = shared(() => program("dev", DEV));

describe("the demonstration with the settings of Pulumi.dev.yaml", () => {
    test("everything that one `up` makes", async () => {
        expect(outline(await program("dev", DEV))).toEqual([
            "CertRequest postgres-request",
            "CertRequest proxy-request",
            "Command api-secrets-<hash>",
            "Command backup-files-<hash>",
            "Command backup-password-1",
            "Command migrate-<hash>",
            "Command migrate-secrets-<hash>",
            "Command postgres-database",
            "Command postgres-files-<hash>",
            "Command postgres-login-demo_migrate_1",
            "Command postgres-login-demo_web_1",
            "Command postgres-superuser",
            "Command proxy-assets",
            "Command proxy-config",
            "Command proxy-ports",
            "Command proxy-routes",
            "Command redis-files-<hash>",
            "Command redis-password-1",
            "Command scheduler-secrets-<hash>",
            "Command uploads-owner",
            "Command worker-secrets-<hash>",
            "Container api-<hash>",
            "Container backup",
            "Container port-8080-on-127.0.0.1",
            "Container port-8443-on-127.0.0.1",
            "Container postgres",
            "Container proxy-<hash>",
            "Container redis",
            "Container scheduler",
            "Container web-<hash>",
            "Container worker-<hash>",
            "Docker host",
            "Files uploads",
            "LocallySignedCert postgres-certificate",
            "LocallySignedCert proxy-certificate",
            "Network app",
            "Network data",
            "PostgresWithBackup postgres",
            "PrivateKey jwt-1",
            "PrivateKey postgres-ca-key",
            "PrivateKey postgres-key",
            "PrivateKey proxy-ca-key",
            "PrivateKey proxy-key",
            "RandomPassword backupPassword-1",
            "RandomPassword databasePassword-1",
            "RandomPassword migrationPassword-1",
            "RandomPassword postgresPassword-1",
            "RandomPassword redisPassword-1",
            "RandomPassword sessionKey-1",
            "Redis redis",
            "RemoteImage api-image-<hash>",
            "RemoteImage backup-image-<hash>",
            "RemoteImage nginx:1.30.4-trixie",
            "RemoteImage postgres:15.19-bookworm",
            "RemoteImage redis:7.4.11-bookworm",
            "RemoteImage web-image-<hash>",
            "SecretsBundle secrets",
            "SelfSignedCert postgres-ca",
            "SelfSignedCert proxy-ca",
            "TlsProxy proxy",
            "Volume backup-keys",
            "Volume backup-repository",
            "Volume postgres-data",
            "Volume postgres-socket",
            "Volume redis-data",
            "Volume uploads",
            "WebStack application",
            "command host-commands",
            "docker host",
            "random host-random",
            "tls host-tls",
        ]);
    });

    test("R15: nothing is published; the proxy's ports alone are in the host's network, on this machine alone", async () => {
        const { of } = await program("dev", DEV);
        expect(of(CONTAINER).filter(({ inputs }) => inputs["ports"] !== undefined)).toEqual([]);
        const outside = of(CONTAINER).filter(({ inputs }) => inputs["networkMode"] === "host");
        expect(outside.map(({ name }) => name)).toEqual(["port-8080-on-127.0.0.1", "port-8443-on-127.0.0.1"]);
    });

    test("R13, R16: every container has a limit, a user other than root, and no capability; backups alone need some", async () => {
        const { of } = await program("dev", DEV);
        expect(of(CONTAINER)).toHaveLength(10);
        for (const { name, inputs } of of(CONTAINER)) {
            expect([name, inputs["memory"], inputs["readOnly"], inputs["securityOpts"]]).toEqual([
                name,
                expect.any(Number),
                true,
                ["no-new-privileges:true"],
            ]);
            if (name === "backup") continue;
            expect([name, inputs["capabilities"]]).toEqual([name, { drops: ["ALL"] }]);
            expect(inputs["user"]).toMatch(/^[1-9]\d*:[1-9]\d*$/);
        }
    });

    test("R27: no generated value, and no secret file's content, stands in an input or output that anybody can read", async () => {
        const { resources, generated, result } = await program("dev", DEV);
        const values = new Set([...generated, ...secretFiles(resources)]);
        expect(values.size).toBeGreaterThan(15);
        expect(leaks(resources, values)).toEqual([]);
        const { backupPassword, localAuthority, ...open } = result;
        expect([await isSecret(backupPassword), await isSecret(localAuthority)]).toEqual([true, false]);
        for (const value of values) expect(JSON.stringify(open)).not.toContain(JSON.stringify(value).slice(1, -1));
    });

    test("every resource has an explicit provider and a parent", async () => {
        const { resources } = await program("dev", DEV);
        for (const { type, name, provider, parent } of resources) {
            const component = type.startsWith("quai:");
            if (!component && !type.startsWith("pulumi:")) expect([name, provider]).toEqual([name, expect.stringMatching(/^host/)]);
            if (!component) expect([name, parent]).toEqual([name, expect.stringMatching(/./)]);
        }
    });

    test("R17, R100: data, then the migration, then the application, then the routes, then the scheduler", async () => {
        const { get, of, resources } = await program("dev", DEV);
        const migrate = of(COMMAND).find(({ name }) => /^migrate-[0-9a-f]{8}$/.test(name));
        expect(migrate?.after).toEqual(expect.arrayContaining(["postgres-login-demo_migrate_1", "redis-password-1"]));
        for (const service of ["api", "web", "worker"]) expect(container(resources, service)[0]?.after).toContain(migrate?.name);
        const healthy = ["api", "web"].map((service) => container(resources, service)[0]?.name);
        expect(get(COMMAND, "proxy-routes").after).toEqual(expect.arrayContaining(healthy));
        expect(get(CONTAINER, "scheduler").after).toEqual(
            expect.arrayContaining(["proxy-routes", container(resources, "worker")[0]?.name]),
        );
    });

    test("a second registration is equal to the first: nothing to do", async () => {
        const [first, second] = [await dev(), await program("dev", DEV)];
        expect(second.resources).toEqual(first.resources);
    });

    test("what `status` reads: the names are a contract", async () => {
        const { result } = await program("dev", DEV);
        const { settings, ...rest } = result;
        expect(settings).toMatchObject({ application: "demo", environment: "development", givenSecrets: [], running: true });
        expect(settings).not.toHaveProperty("secrets");
        expect({ ...rest, backupPassword: undefined, localAuthority: undefined, services: undefined, secrets: undefined }).toEqual({
            application: "demo",
            stackId: "demo-dev",
            target: "docker",
            running: true,
            urls: ["https://demo.localhost:8443"],
            repository: "docker volume demo-dev-backup-repository",
        });
        expect(result.services.map(({ name, kind, containers }) => [name, kind, containers.length])).toEqual([
            ["api", "service", 1],
            ["web", "service", 1],
            ["worker", "worker", 1],
            ["scheduler", "scheduler", 1],
        ]);
        expect(result.secrets.map(({ name }) => name)).toEqual([
            "databasePassword",
            "migrationPassword",
            "postgresPassword",
            "backupPassword",
            "redisPassword",
            "sessionKey",
            "jwt",
            "localAuthority",
        ]);
    });

    test("the line about replicas in the file does what it says", async () => {
        const { resources, get } = await program("dev", { ...DEV, "quai:services": { api: { replicas: 2 } } });
        expect(container(resources, "api")).toHaveLength(2);
        expect(get(COMMAND, "proxy-routes").after).toEqual(expect.arrayContaining(container(resources, "api").map(({ name }) => name)));
    });

    test("R48: stopped, it keeps exactly data and secrets, unchanged", async () => {
        const [running, stopped] = [await program("dev", DEV), await program("dev", { ...DEV, "quai:running": false })];
        expect(outline(stopped).filter((each) => /^(Container|Command|RemoteImage|Network) /.test(each))).toEqual([]);
        const data = (recording: typeof running) =>
            recording.resources.filter(({ type }) => type === VOLUME || /^(random|tls):/.test(type));
        expect(data(stopped)).toHaveLength(6 + 7 + 10);
        for (const kept of data(stopped)) expect(running.get(kept.type, kept.name)).toEqual(kept);
    });

    test("without backups, all of theirs is left out", async () => {
        const recording = await program("dev", { ...DEV, "quai:backup": false });
        expect(outline(recording).filter((each) => /backup/.test(each))).toEqual(["RandomPassword backupPassword-1"]);
        expect(recording.result).toMatchObject({ repository: undefined, backupPassword: undefined });
    });
});
