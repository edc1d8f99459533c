import * as pulumi from "@pulumi/pulumi";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { deploy } from "../../../infra/deploy";
import { judge } from "../../../policies";
import { readSettings } from "../../../infra/settings/read";
import type { Registered } from "../support/mocks";
import { COMMAND, CONTAINER, record, REMOTE_COMMAND, shared, VOLUME } from "../support/mocks";
import { scratchFolder } from "../support/scratch";
import { commandOf, filesIn, leaks } from "../support/target";
import { type Config, outline, program, stackFile } from "./program";

const DEV = stackFile("dev");
const DIGEST = `@sha256:${"0".repeat(63)}1`;

/** The example for production with names of its own in place of the placeholders, and an own certificate. */
const PROD: Config = {
    ...stackFile("prod"),
    "quai:target": { kind: "docker", host: "ssh://deploy@192.168.7.9", hostKey: `ssh-ed25519 ${"A".repeat(68)}` },
    "quai:domain": "app.quay.eu",
    "quai:aliases": ["www.app.quay.eu"],
    "quai:images": { api: `registry.quay.eu/demo-api:1.0.0${DIGEST}`, web: `registry.quay.eu/demo-web:1.0.0${DIGEST}` },
    "quai:registries": { "registry.quay.eu": { username: "deploy", passwordSecret: "registryPassword" } },
    "quai:backup": {
        at: "02:00",
        timeZone: "Europe/Paris",
        keep: { daily: 7, weekly: 4, monthly: 12 },
        offsite: {
            repository: "s3:https://s3.quay.eu/demo",
            environment: { AWS_ACCESS_KEY_ID: "backupKeyId", AWS_SECRET_ACCESS_KEY: "backupKey" },
        },
        drill: "weekly",
    },
};
const KEY = "-----BEGIN PRIVATE KEY-----\nof-the-company\n";
const GIVEN = {
    registryPassword: "given-registry-password-1",
    backupKeyId: "given-backup-key-id-22",
    backupKey: "given-backup-key-333333",
};

const container = (resources: readonly Registered[], service: string) =>
    resources.filter(({ type, inputs }) => {
        const labels = (inputs["labels"] ?? []) as { label: string; value: string }[];
        return type === CONTAINER && labels.some(({ label, value }) => label === "io.quai.service" && value === service);
    });

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
            "Command migrate-<hash>",
            "Command migrate-secrets-<hash>",
            "Command postgres-database",
            "Command postgres-files-<hash>",
            "Command postgres-login-demo_migrate_1",
            "Command postgres-login-demo_web_1",
            "Command proxy-config",
            "Command proxy-routes",
            "Command redis-files-<hash>",
            "Command scheduler-secrets-<hash>",
            "Command uploads-owner",
            "Command worker-secrets-<hash>",
            "Container api-<hash>",
            "Container backup",
            "Container postgres",
            "Container proxy",
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

    test("R15: only the proxy publishes ports, on this machine alone", async () => {
        const { of } = await program("dev", DEV);
        const published = of(CONTAINER).filter(({ inputs }) => inputs["ports"] !== undefined);
        expect(published.map(({ name }) => name)).toEqual(["proxy"]);
        expect(published[0]?.inputs["ports"]).toEqual([
            { internal: 8080, external: 8080, ip: "127.0.0.1", protocol: "tcp" },
            { internal: 8443, external: 8443, ip: "127.0.0.1", protocol: "tcp" },
        ]);
    });

    test("R13, R16: every container has a limit, a user other than root, and no capability; backups alone need some", async () => {
        const { of } = await program("dev", DEV);
        expect(of(CONTAINER)).toHaveLength(8);
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
        expect(migrate?.after).toEqual(expect.arrayContaining(["postgres-login-demo_migrate_1", "redis"]));
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
        expect({ ...result, backupPassword: undefined, localAuthority: undefined, services: undefined, secrets: undefined }).toEqual({
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

describe("the demonstration in production", () => {
    const scratch = scratchFolder("prod");
    const [certificate, key] = ["chain.pem", "key.pem"].map((file) => join(scratch, file)) as [string, string];
    writeFileSync(certificate, "-----BEGIN CERTIFICATE-----\n");
    writeFileSync(key, KEY);
    const changed = (change: Config) => program("prod", { ...PROD, "quai:tls": { mode: "files", certificate, key }, ...change }, GIVEN);
    const unchanged = shared(() => changed({}));
    const deployed = (change?: Config) => (change === undefined ? unchanged() : changed(change));

    test("the settings of Pulumi.prod.yaml, names aside, pass the policies", async () => {
        await changed({});
        expect(judge(readSettings(["demo"]).settings).refused).toEqual([]);
    });

    test("over SSH: the provider, and every command with the pinned host key", async () => {
        const { of } = await deployed();
        expect(of("pulumi:providers:docker")[0]?.inputs).toMatchObject({ host: "ssh://deploy@192.168.7.9" });
        expect(of(COMMAND)).toEqual([]);
        expect(of(REMOTE_COMMAND).length).toBeGreaterThan(10);
        for (const { inputs } of of(REMOTE_COMMAND)) {
            expect(inputs["connection"]).toMatchObject({ host: "192.168.7.9", user: "deploy", hostKey: `ssh-ed25519 ${"A".repeat(68)}` });
        }
    });

    test("R9: images by digest, nothing is built but the backup tool; R16: figures of the file reach the containers", async () => {
        const recording = await deployed();
        expect(outline(recording).filter((each) => each.startsWith("RemoteImage"))).toEqual([
            "RemoteImage backup-image-<hash>",
            "RemoteImage nginx:1.30.4-trixie",
            "RemoteImage postgres:17.11-bookworm",
            "RemoteImage redis:7.4.11-bookworm",
            `RemoteImage registry.quay.eu/demo-api:1.0.0${DIGEST}`,
            `RemoteImage registry.quay.eu/demo-web:1.0.0${DIGEST}`,
        ]);
        const api = container(recording.resources, "api");
        expect(api).toHaveLength(2);
        expect(api[0]?.inputs).toMatchObject({ memory: 512, cpus: "1.0" });
        expect(api[0]?.inputs["envs"]).toContain("LOG_LEVEL=warning");
        expect(container(recording.resources, "worker")[0]?.inputs).toMatchObject({ stopTimeout: 60 });
        expect(recording.get(CONTAINER, "postgres").inputs).toMatchObject({ memory: 2048 });
    });

    test("R48: data are protected", async () => {
        const { of } = await deployed();
        expect(
            of(VOLUME)
                .filter(({ protect }) => !protect)
                .map(({ name }) => name),
        ).toEqual(["postgres-socket"]);
    });

    test("R15: the public ports, on all addresses", async () => {
        const { get, result } = await deployed();
        expect(get(CONTAINER, "proxy").inputs["ports"]).toEqual([
            { internal: 8080, external: 80, ip: "0.0.0.0", protocol: "tcp" },
            { internal: 8443, external: 443, ip: "0.0.0.0", protocol: "tcp" },
        ]);
        expect(result.urls).toEqual(["https://app.quay.eu", "https://www.app.quay.eu"]);
    });

    test("R26, R27: given secrets stand in no open input", async () => {
        const { resources } = await deployed();
        expect(leaks(resources, [KEY, ...Object.values(GIVEN)])).toEqual([]);
    });

    test("R9: an image that the settings don't name would be built: refused, all of them at once", async () => {
        const message = (name: string) =>
            `quai:images.${name}: production needs a reference with a digest, such as registry.example.com/${name}:1.0.0@sha256:… (got none, so it would be built from examples/demo/${name})`;
        await expect(deployed({ "quai:images": undefined })).rejects.toThrow(`${message("api")}\n${message("web")}`);
        await expect(deployed({ "quai:images": { api: `registry.quay.eu/api${DIGEST}` } })).rejects.toThrow(new Error(message("web")));
    });

    test("R9: that rule can be waived, until its end, like the policy", async () => {
        const waive = (until: string) => ({
            "quai:images": undefined,
            "quai:waive": { "pinned-images": { reason: "Built here for now", until } },
        });
        const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
        expect(outline(await deployed(waive(inDays(30))))).toContain("RemoteImage api-image-<hash>");
        await expect(deployed(waive(inDays(-2)))).rejects.toThrow(/^quai:images\.api: production needs/);
    });

    test("what isn't available yet is said before anything is made", async () => {
        await expect(deployed({ "quai:tls": { mode: "acme", email: "ops@quay.eu" } })).rejects.toThrow(
            /^quai:tls\.mode: "acme" is not available/,
        );
        await expect(deployed({ "quai:tls": { mode: "files", certificate: "nowhere.pem", key: "nowhere.pem" } })).rejects.toThrow(
            'quai:tls.certificate: can\'t be read (got "nowhere.pem"); give the path of a PEM file',
        );
        await expect(deployed({ "quai:target": { kind: "aws", region: "eu-west-3" } })).rejects.toThrow(
            'quai:target.kind: "aws" is not available in this version; use { kind: docker }',
        );
    });

    test("the file as it stands is refused: all of its placeholders, in one message", async () => {
        await expect(record(deploy, { stack: "prod", config: {} })).rejects.toThrow(/quai:application/);
        await expect(program("prod", stackFile("prod"), GIVEN)).rejects.toThrow(
            /app\.example\.com is a placeholder[\s\S]*203\.0\.113\.7|203\.0\.113\.7[\s\S]*app\.example\.com is a placeholder/,
        );
    });
});
