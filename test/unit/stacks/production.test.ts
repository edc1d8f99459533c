import { readFileSync } from "node:fs";
import { join } from "node:path";
import { deploy } from "../../../infra/deploy";
import { readSettings } from "../../../infra/settings/read";
import { judge, judgeResources } from "../../../policies";
import { COMMAND, CONTAINER, record, shared, VOLUME } from "../support/mocks";
import { scratchFolder } from "../support/scratch";
import { certificate as certificateOf } from "../tls-proxy/real/nginx";
import { leaks } from "../support/target";
import { type Config, container, outline, program, stackFile } from "./program";

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
const GIVEN = {
    registryPassword: "given-registry-password-1",
    backupKeyId: "given-backup-key-id-22",
    backupKey: "given-backup-key-333333",
};

describe("the demonstration in production", () => {
    const scratch = scratchFolder("prod");
    const [certificate, key] = ["certificate.pem", "key.pem"].map((file) => join(scratch, file)) as [string, string];
    certificateOf(scratch, ["app.quay.eu", "www.app.quay.eu"]);
    const KEY = readFileSync(key, "utf8");
    const changed = (change: Config, given: Config = GIVEN) =>
        program("prod", { ...PROD, "quai:tls": { mode: "files", certificate, key }, ...change }, given);
    const unchanged = shared(() => changed({}));
    const deployed = (change?: Config) => (change === undefined ? unchanged() : changed(change));

    test("the settings of Pulumi.prod.yaml, names aside, pass the policies", async () => {
        await changed({});
        expect(judge(readSettings(["demo"]).settings).refused).toEqual([]);
    });

    test("R15, R37: and so does every container, volume and image that is made of them", async () => {
        const { resources } = await changed({});
        const { settings } = readSettings(["demo"]);
        expect(resources.length).toBeGreaterThan(30);
        expect(judgeResources(settings, resources)).toEqual({ refused: [], warned: [], waived: [] });
    });

    test("over SSH: the provider, and every command with the pinned host key", async () => {
        const { of } = await deployed();
        expect(of("pulumi:providers:docker")[0]?.inputs).toMatchObject({ host: "ssh://deploy@192.168.7.9" });
        expect(of(COMMAND).length).toBeGreaterThan(10);
        for (const { inputs } of of(COMMAND)) {
            const [program = ""] = String(inputs["stdin"]).split("\n");
            const text = Buffer.from(program, "base64").toString("utf8");
            expect(text).toContain(`KnownHostsCommand=/bin/echo %H ssh-ed25519 ${"A".repeat(68)}`);
            expect(text).toContain("-l deploy -p 22 -- 192.168.7.9");
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
        for (const port of [80, 443]) {
            const { entrypoints, networkMode } = get(CONTAINER, `port-${port}-on-0.0.0.0`).inputs;
            expect(entrypoints).toEqual(expect.arrayContaining(["hold", "0.0.0.0", String(port)]));
            expect(networkMode).toBe("host");
        }
        expect(result.urls).toEqual(["https://app.quay.eu", "https://www.app.quay.eu"]);
    });

    test("R26, R27: given secrets stand in no open input", async () => {
        const { resources } = await deployed();
        expect(leaks(resources, [KEY, ...Object.values(GIVEN)])).toEqual([]);
    });

    test("R37: one from outside is judged by its value, which isn't shown, before anything is made", async () => {
        process.env["TEST_REGISTRY_PASSWORD"] = "changeme-7";
        const given = { ...GIVEN, registryPassword: { environment: "TEST_REGISTRY_PASSWORD" } };
        const refused = await changed({}, given)
            .catch(String)
            .finally(() => delete process.env["TEST_REGISTRY_PASSWORD"]);
        expect(refused).toContain("quai:secrets.registryPassword: is a well-known default; replace it with");
        expect(refused).not.toContain("changeme-7");
    });

    test("R9: an image that the settings don't name would be built: refused, all of them at once", async () => {
        const message = (name: string) => `quai:images.${name}: is built during the deployment, from examples/demo/${name}; push the image`;
        const refused = await deployed({ "quai:images": undefined }).catch(String);
        expect(refused).toContain(message("api"));
        expect(refused).toContain(message("web"));
        await expect(deployed({ "quai:images": { api: `registry.quay.eu/api${DIGEST}` } })).rejects.toThrow(message("web"));
    });

    test("R9: that rule can be waived, until its end, like the policy", async () => {
        const waive = (until: string) => ({
            "quai:images": undefined,
            "quai:waive": { "pinned-images": { reason: "Built here for now", until } },
        });
        const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
        expect(outline(await deployed(waive(inDays(30))))).toContain("RemoteImage api-image-<hash>");
        await expect(deployed(waive(inDays(-2)))).rejects.toThrow(/^quai:images\.api: is built during .* whose waiver ended on/m);
    });

    test("R64: certificates by ACME: a service of its own, built, and a volume that is protected", async () => {
        const { get, list } = await deployed({ "quai:tls": { mode: "acme", email: "ops@quay.eu" } });
        expect(get(CONTAINER, "certificates").inputs["envs"]).toEqual([
            "ACME_EMAIL=ops@quay.eu",
            "ACME_NAMES=app.quay.eu www.app.quay.eu",
            "ACME_SERVER=https://acme-v02.api.letsencrypt.org/directory",
        ]);
        expect(list(VOLUME)).toContain(`${VOLUME} certificates-state`);
    });

    test("what isn't available yet is said before anything is made", async () => {
        await expect(deployed({ "quai:tls": { mode: "files", certificate: "nowhere.pem", key: "nowhere.pem" } })).rejects.toThrow(
            'quai:tls.certificate: can\'t be read (got "nowhere.pem"); give the path of a PEM file',
        );
    });

    test("the file as it stands is refused: all of its placeholders, in one message", async () => {
        await expect(record(deploy, { stack: "prod", config: {} })).rejects.toThrow(/quai:application/);
        await expect(program("prod", stackFile("prod"), GIVEN)).rejects.toThrow(
            /app\.example\.com is a placeholder[\s\S]*203\.0\.113\.7|203\.0\.113\.7[\s\S]*app\.example\.com is a placeholder/,
        );
    });
});
