import { type Bag, type PluginProcess, revealed, startInstalled, temporaryFolder, textOf } from "../harness";
import { OpenSsl } from "./openssl";

// Processes are started for real, on a machine that may be busy.
jest.setTimeout(60_000);

const KEY = "tls:index/privateKey:PrivateKey";
const folder = temporaryFolder();
const openssl = new OpenSsl(folder.path);

let plugin: PluginProcess;
beforeAll(async () => {
    plugin = await startInstalled("tls");
});
afterAll(async () => {
    await plugin.stop();
    folder.remove();
});

const KINDS: readonly [string, Bag, string][] = [
    ["RSA 2048", { algorithm: "RSA" }, "RSA PRIVATE KEY"],
    ["RSA 4096", { algorithm: "RSA", rsaBits: 4096 }, "RSA PRIVATE KEY"],
    ["ECDSA P224", { algorithm: "ECDSA" }, "EC PRIVATE KEY"],
    ["ECDSA P256", { algorithm: "ECDSA", ecdsaCurve: "P256" }, "EC PRIVATE KEY"],
    ["ECDSA P384", { algorithm: "ECDSA", ecdsaCurve: "P384" }, "EC PRIVATE KEY"],
    ["ECDSA P521", { algorithm: "ECDSA", ecdsaCurve: "P521" }, "EC PRIVATE KEY"],
    ["ED25519", { algorithm: "ED25519" }, "PRIVATE KEY"],
];

describe.each(KINDS)("%s", (name, inputs, label) => {
    let made: Bag;
    beforeAll(async () => {
        made = (await plugin.create(KEY, inputs)).properties;
    });

    test("the private forms are secret and are the same key to openssl", () => {
        const own = textOf(revealed(made["privateKeyPem"]));
        expect(own.split("\n")[0]).toBe(`-----BEGIN ${label}-----`);
        const forms = [own, textOf(revealed(made["privateKeyPemPkcs8"]))];
        const publics = forms.map((pem) => openssl.run("pkey", "-pubout", "-in", openssl.file("key.pem", pem)));
        expect(publics).toEqual([made["publicKeyPem"], made["publicKeyPem"]]);
    });

    test("OpenSSH's forms are the same key to ssh-keygen", () => {
        if (name === "ECDSA P224") {
            // OpenSSH doesn't know this curve.
            expect([made["publicKeyOpenssh"], revealed(made["privateKeyOpenssh"]), made["publicKeyFingerprintMd5"]]).toEqual(["", "", ""]);
            return;
        }
        const path = openssl.file("id", textOf(revealed(made["privateKeyOpenssh"])));
        expect(openssl.sshKeygen("-y", "-f", path).trim()).toBe(textOf(made["publicKeyOpenssh"]).trim());
        const publicPath = openssl.file("id.pub", textOf(made["publicKeyOpenssh"]));
        expect(openssl.sshKeygen("-l", "-f", publicPath)).toContain(` ${textOf(made["publicKeyFingerprintSha256"])} `);
        expect(openssl.sshKeygen("-l", "-E", "md5", "-f", publicPath)).toContain(` MD5:${textOf(made["publicKeyFingerprintMd5"])} `);
    });
});

test("wrong settings are named with what is allowed", async () => {
    expect((await plugin.check(KEY, { algorithm: "DSA", ecdsaCurve: "P-256", rsaBits: 512 })).failures).toEqual([
        'algorithm: must be one of RSA, ECDSA, ED25519 (got "DSA")',
        'ecdsaCurve: must be one of P224, P256, P384, P521 (got "P-256")',
        "rsaBits: must be at least 1024 (got 512)",
    ]);
});

test("every change makes a new key; a default spelled out is no change", async () => {
    const old = { algorithm: "RSA" };
    expect((await plugin.diff(KEY, old, {}, { algorithm: "RSA", rsaBits: 4096 })).replaces).toEqual(["rsaBits"]);
    expect((await plugin.diff(KEY, old, {}, { algorithm: "RSA", rsaBits: 2048, ecdsaCurve: "P224" })).changes).toBe(false);
});

test("a refresh keeps the key, and it can't be imported", async () => {
    const { id, properties } = await plugin.create(KEY, { algorithm: "ED25519" });
    expect(await plugin.read(KEY, id, { algorithm: "ED25519" }, properties)).toEqual({ id, inputs: { algorithm: "ED25519" }, properties });
    await expect(plugin.read(KEY, "x")).rejects.toThrow(`thing: ${KEY} can't be imported`);
});
