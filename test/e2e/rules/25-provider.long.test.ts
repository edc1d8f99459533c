import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { checkout, docker, quai, removeLeftovers } from "../support/checkout";
import type { KeyServer } from "./sealing";
import { kms } from "./sealing/kms";
import { vault } from "./sealing/vault";
import { madeOn, must, objects, pulumi } from "./stacks";

/* A state that no passphrase opens: a key that a server keeps does. */

const CONFIG = {
    "quai:application": "custom",
    "quai:environment": "development",
    "quai:domain": "sealed.quay.localhost",
    "quai:ports": { http: 18803, https: 18843, address: "127.0.0.1" },
    "quai:images": {
        web: { build: "examples/demo/web", args: process.env["QUAI_E2E_BASE"] === undefined ? {} : { BASE: process.env["QUAI_E2E_BASE"] } },
    },
    "quai:backup": false,
    "quai:custom": {
        name: "shop",
        secrets: { siteKey: { kind: "key" }, mailPassword: { kind: "given", optional: true } },
        services: {
            web: {
                port: 8080,
                user: "101:101",
                command: ["demo-web"],
                health: { http: "/" },
                env: { SITE_KEY_FILE: "${file:secrets.siteKey}", MAIL_PASSWORD_FILE: "${file:secrets.mailPassword}" },
            },
        },
        routes: [{ to: "web" }],
    },
};

describe.each([
    ["AWS KMS", "shop-kms", kms],
    ["Vault", "shop-vault", vault],
])("R27: a state that %s encrypts, and no passphrase", (_, STACK, sealing) => {
    const { provider } = sealing;
    const file = () => join(checkout(), `Pulumi.${STACK}.yaml`);
    const state = () => readFileSync(join(checkout(), ".quai", "state", ".pulumi", "stacks", "quai", `${STACK}.json`), "utf8");
    const sealedBy = () =>
        (JSON.parse(state()) as { checkpoint: { latest: { secrets_providers: object } } }).checkpoint.latest.secrets_providers;
    const secretFile = (name: string) =>
        docker("exec", objects("container", STACK).find((each) => each.includes("-web-")) ?? "", "cat", `/run/secrets/${name}`);
    const before = { ...process.env };
    let server: KeyServer;
    beforeAll(async () => {
        removeLeftovers(STACK, STACK);
        server = await sealing.start();
        Object.assign(process.env, server.allowed);
        writeFileSync(file(), stringify({ secretsprovider: provider, config: CONFIG }));
    });
    afterAll(async () => {
        await quai("down", STACK, "--yes", "--delete-data");
        rmSync(file(), { force: true });
        server?.stop();
        process.env = before;
    });

    test("the stack file names the key; nothing else is set up, and a second up changes nothing", async () => {
        await must(quai("up", STACK, "--yes"));
        expect(sealedBy()).toEqual({ type: "cloud", state: { url: provider, encryptedkey: expect.any(String) as string } });
        expect(state()).not.toContain(secretFile("siteKey"));
        expect((await must(quai("preview", STACK))).text).toContain("Nothing changes.");
    });

    test("secrets are shown and rotated with it", async () => {
        const former = secretFile("siteKey");
        const shown = await must(quai("secrets", "show", "siteKey", "--stack", STACK, "--yes"));
        expect(shown.stdout.trim()).toBe(former);
        await must(quai("rotate", "siteKey", STACK, "--yes"));
        expect(secretFile("siteKey")).not.toBe(former);
    });

    test("a secret from outside is encrypted by it, too, and reaches the application", async () => {
        const words = ["config", "set", "--secret", "--path", "quai:secrets.mailPassword", "--stack", STACK];
        expect(await pulumi(words, { input: "kX8-vPz2Lq0-wN7yT-sealed", env: server.allowed })).toMatchObject({ code: 0 });
        const written = parse(readFileSync(file(), "utf8")) as Record<string, unknown>;
        expect(written).toMatchObject({ secretsprovider: provider, encryptedkey: expect.any(String) as string });
        expect(readFileSync(file(), "utf8")).not.toContain("vPz2Lq0");
        await must(quai("up", STACK, "--yes"));
        expect(secretFile("mailPassword")).toBe("kX8-vPz2Lq0-wN7yT-sealed");
        const { stdout } = await must(quai("secrets", "list", STACK, "--json"));
        const row = { name: "mailPassword", kind: "given", rotatedOn: madeOn(STACK, "mailPassword") };
        expect(JSON.parse(stdout)).toContainEqual(expect.objectContaining(row));
    });

    test("whoever may not use the key reads and changes nothing, and is told why", async () => {
        const allowed = { ...process.env };
        Object.assign(process.env, server.refused);
        const show = await quai("secrets", "show", "siteKey", "--stack", STACK, "--yes");
        const up = await quai("up", STACK, "--yes");
        process.env = allowed;
        expect([show.code, show.text]).toEqual([
            1,
            expect.stringContaining("the engine could not decrypt it: is this the right passphrase, or key?"),
        ]);
        expect(show.text).not.toContain(secretFile("siteKey"));
        expect([up.code, up.text]).toEqual([1, expect.stringMatching(server.refusal)]);
    });
});
