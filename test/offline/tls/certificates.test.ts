import { type Bag, isSecret, type PluginProcess, revealed, startInstalled, temporaryFolder, textOf } from "../harness";
import { OpenSsl } from "./openssl";

// Processes are started for real, on a machine that may be busy.
jest.setTimeout(60_000);

const KEY = "tls:index/privateKey:PrivateKey";
const SELF = "tls:index/selfSignedCert:SelfSignedCert";
const REQUEST = "tls:index/certRequest:CertRequest";
const SIGNED = "tls:index/locallySignedCert:LocallySignedCert";
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

async function newKey(inputs: Bag): Promise<string> {
    return textOf(revealed((await plugin.create(KEY, inputs)).properties["privateKeyPem"]));
}

async function newAuthority(key: Bag, more: Bag = {}): Promise<{ readonly privateKeyPem: string; readonly certPem: string }> {
    const privateKeyPem = await newKey(key);
    const inputs: Bag = {
        privateKeyPem,
        subject: { commonName: "Local CA", organization: "Quai & Sons" },
        isCaCertificate: true,
        validityPeriodHours: 87_600,
        allowedUses: ["cert_signing", "crl_signing", "digital_signature"],
        ...more,
    };
    return { privateKeyPem, certPem: textOf((await plugin.create(SELF, inputs)).properties["certPem"]) };
}

const LEAF: Bag = {
    subject: { commonName: "app.localhost", country: "FR", emailAddress: "ops@example.com", organization: "Café" },
    dnsNames: ["app.localhost", "*.app.localhost"],
    ipAddresses: ["127.0.0.1", "2001:db8::17", "::ffff:10.0.0.1"],
    uris: ["https://app.localhost/x"],
};

async function newLeaf(authority: { readonly privateKeyPem: string; readonly certPem: string }, key: Bag, more: Bag = {}): Promise<Bag> {
    const privateKeyPem = await newKey(key);
    const { properties } = await plugin.create(REQUEST, { privateKeyPem, ...LEAF });
    const inputs: Bag = {
        certRequestPem: textOf(properties["certRequestPem"]),
        caPrivateKeyPem: authority.privateKeyPem,
        caCertPem: authority.certPem,
        validityPeriodHours: 24,
        allowedUses: ["digital_signature", "key_encipherment", "server_auth"],
        ...more,
    };
    return (await plugin.create(SIGNED, inputs)).properties;
}

test("authorities that are signed by the one before each: who knows any of them trusts what the last one signs, and nobody else does", async () => {
    const key = { algorithm: "ECDSA", ecdsaCurve: "P256" };
    const named = async (commonName: string) => ({
        commonName,
        ...(await newAuthority(key, { subject: { commonName }, setSubjectKeyId: true })),
    });
    type Authority = Awaited<ReturnType<typeof named>>;
    const signedBy = async (present: Authority, former: Authority): Promise<string> => {
        const subject = { commonName: present.commonName };
        const request = await plugin.create(REQUEST, { privateKeyPem: present.privateKeyPem, subject });
        const { properties } = await plugin.create(SIGNED, {
            certRequestPem: textOf(request.properties["certRequestPem"]),
            caPrivateKeyPem: former.privateKeyPem,
            caCertPem: former.certPem,
            isCaCertificate: true,
            setSubjectKeyId: true,
            validityPeriodHours: 24,
            allowedUses: ["cert_signing", "crl_signing", "digital_signature"],
        });
        return textOf(properties["certPem"]);
    };
    const [first, second, third] = [await named("CA"), await named("CA 2026-11-26"), await named("CA 2026-11-27")];
    const leaf = textOf((await newLeaf(third, key))["certPem"]);
    const chain = openssl.file("chain.pem", (await signedBy(third, second)) + (await signedBy(second, first)));
    const accepts = (trusted: string) => openssl.verify(trusted, leaf, "-purpose", "sslserver", "-untrusted", chain);
    for (const each of [first, second, third]) expect(accepts(each.certPem)).toContain(": OK");
    expect(accepts(third.certPem + second.certPem + first.certPem)).toContain(": OK");
    const stranger = await newAuthority(key);
    expect(() => accepts(stranger.certPem)).toThrow(/unable to get|self.signed|verification failed/i);
    expect(() => openssl.verify(first.certPem, leaf)).toThrow(/unable to get local issuer/);
});

const ALGORITHMS: readonly [string, Bag, string][] = [
    ["RSA", { algorithm: "RSA" }, "sha256WithRSAEncryption"],
    ["P224", { algorithm: "ECDSA" }, "ecdsa-with-SHA256"],
    ["P256", { algorithm: "ECDSA", ecdsaCurve: "P256" }, "ecdsa-with-SHA256"],
    ["P384", { algorithm: "ECDSA", ecdsaCurve: "P384" }, "ecdsa-with-SHA384"],
    ["P521", { algorithm: "ECDSA", ecdsaCurve: "P521" }, "ecdsa-with-SHA512"],
    ["ED25519", { algorithm: "ED25519" }, "ED25519"],
];

test.each(ALGORITHMS)("an authority with a key of %s signs what openssl verifies strictly", async (_name, key, algorithm) => {
    const authority = await newAuthority(key, { maxPathLength: 0 });
    const leaf = await newLeaf(authority, key, { setSubjectKeyId: true });
    expect(
        openssl.verify(authority.certPem, textOf(leaf["certPem"]), "-purpose", "sslserver", "-verify_hostname", "x.app.localhost"),
    ).toContain(": OK");
    const ca = openssl.certificateText(authority.certPem);
    expect(ca).toContain(`Signature Algorithm: ${algorithm}`);
    expect(ca).toMatch(/X509v3 Basic Constraints: critical\s+CA:TRUE, pathlen:0/);
    expect(ca).toMatch(/X509v3 Key Usage: critical\s+Digital Signature, Certificate Sign, CRL Sign/);
});

test("a signed certificate carries the names of its request and refers to its authority", async () => {
    const authority = await newAuthority({ algorithm: "ECDSA", ecdsaCurve: "P256" });
    const leaf = await newLeaf(authority, { algorithm: "RSA" });
    const text = openssl.certificateText(textOf(leaf["certPem"]));
    expect(text).toContain(
        "DNS:app.localhost, DNS:*.app.localhost, IP Address:127.0.0.1, IP Address:2001:DB8:0:0:0:0:0:17, IP Address:0:0:0:0:0:FFFF:A00:1, URI:https://app.localhost/x",
    );
    expect(text).toMatch(/Extended Key Usage: *\n\s+TLS Web Server Authentication/);
    expect(text).toContain("X509v3 Authority Key Identifier");
    expect(text).not.toContain("X509v3 Subject Key Identifier");
    const subject = openssl.run(
        "x509",
        "-noout",
        "-subject",
        "-nameopt",
        "utf8,sep_comma_plus",
        "-in",
        openssl.file("s.pem", textOf(leaf["certPem"])),
    );
    expect(subject.trim()).toBe("subject=C=FR,O=Café,CN=app.localhost,emailAddress=ops@example.com");
    expect(leaf).toMatchObject({
        caKeyAlgorithm: "ECDSA",
        isCaCertificate: false,
        earlyRenewalHours: 0,
        readyForRenewal: false,
        setSubjectKeyId: false,
    });
    expect(isSecret(leaf["caPrivateKeyPem"])).toBe(true);
});

test("the times are the certificate's own, one day apart", async () => {
    const authority = await newAuthority({ algorithm: "ED25519" });
    const leaf = await newLeaf(authority, { algorithm: "ED25519" });
    const [from, until] = [Date.parse(textOf(leaf["validityStartTime"])), Date.parse(textOf(leaf["validityEndTime"]))];
    expect(until - from).toBe(24 * 3_600_000);
    const dates = openssl.run("x509", "-noout", "-dates", "-dateopt", "iso_8601", "-in", openssl.file("d.pem", textOf(leaf["certPem"])));
    expect(dates).toContain(`notAfter=${new Date(until).toISOString().replace("T", " ").replace(".000Z", "Z")}`);
    // After 2049 the form of the time changes.
    const far = await newAuthority({ algorithm: "ED25519" }, { validityPeriodHours: 30 * 8766 });
    expect(openssl.verify(far.certPem, far.certPem)).toContain(": OK");
});

test("a request is valid to openssl, with its names", async () => {
    const { id, properties } = await plugin.create(REQUEST, { privateKeyPem: await newKey({ algorithm: "RSA" }), ...LEAF });
    expect(id).toMatch(/^[0-9a-f]{40}$/);
    const path = openssl.file("r.pem", textOf(properties["certRequestPem"]));
    expect(openssl.run("req", "-verify", "-noout", "-text", "-in", path)).toContain("DNS:app.localhost, DNS:*.app.localhost");
    expect(isSecret(properties["privateKeyPem"])).toBe(true);
    expect(properties["keyAlgorithm"]).toBe("RSA");
    const bare = await plugin.create(REQUEST, { privateKeyPem: await newKey({ algorithm: "ED25519" }) });
    expect(
        openssl.run("req", "-verify", "-noout", "-subject", "-in", openssl.file("b.pem", textOf(bare.properties["certRequestPem"]))),
    ).toContain("subject=");
});

test("a self-signed certificate has identifiers where asked", async () => {
    const inputs = {
        privateKeyPem: await newKey({ algorithm: "ECDSA", ecdsaCurve: "P384" }),
        validityPeriodHours: 1,
        allowedUses: ["server_auth", "ocsp_signing"],
        ...LEAF,
    };
    const both = await plugin.create(SELF, { ...inputs, setSubjectKeyId: true, setAuthorityKeyId: true });
    const text = openssl.certificateText(textOf(both.properties["certPem"]));
    expect(text).toMatch(/Subject Key Identifier: *\n\s+([0-9A-F:]{59})\n[\s\S]*Authority Key Identifier: *\n\s+(?:keyid:)?\1/);
    expect(text).toContain("TLS Web Server Authentication, OCSP Signing");
    expect(openssl.run("x509", "-noout", "-serial", "-in", openssl.file("n.pem", textOf(both.properties["certPem"]))).trim()).toBe(
        `serial=${BigInt(both.id).toString(16).toUpperCase()}`,
    );
});

test("wrong settings are named, all at once, without showing a key", async () => {
    const wrong = {
        privateKeyPem: "nonsense-of-a-key",
        validityPeriodHours: -1,
        allowedUses: ["server_auth", "sever_auth"],
        ipAddresses: ["127.0.0.1", "300.1.1.1"],
        dnsNames: ["a b"],
        isCaCertificate: true,
        subject: { comonName: "x" },
    };
    const { failures } = await plugin.check(SELF, wrong);
    expect(failures).toEqual([
        'subject.comonName: unknown property of SelfSignedCertSubject; did you mean "commonName"?',
        "validityPeriodHours: must be at least 0 (got -1)",
        'allowedUses[1]: unknown use "sever_auth"; did you mean "server_auth"?',
        'dnsNames[0]: must be a DNS name in ASCII, without spaces (got "a b")',
        'ipAddresses[1]: must be an IP address (got "300.1.1.1")',
        "privateKeyPem: must be a private key in PEM, not encrypted (PKCS#1, SEC 1 or PKCS#8)",
        "subject: an authority needs a name: give at least commonName",
    ]);
    expect(failures.join()).not.toContain("nonsense-of-a-key");
});

test("the key of another authority is refused", async () => {
    const [one, two] = [await newAuthority({ algorithm: "ED25519" }), await newAuthority({ algorithm: "ED25519" })];
    await expect(newLeaf({ ...one, privateKeyPem: two.privateKeyPem }, { algorithm: "ED25519" })).rejects.toThrow(
        "caPrivateKeyPem: is not the key of the certificate in caCertPem",
    );
});

describe("renewal", () => {
    const inputs = { allowedUses: ["server_auth"], certRequestPem: "r", caCertPem: "c", caPrivateKeyPem: "k", validityPeriodHours: 48 };
    const ends = (hours: number): string => new Date(Date.now() + hours * 3_600_000).toISOString();

    test("a certificate in its last hours is replaced on the next up", async () => {
        const early = { ...inputs, earlyRenewalHours: 12 };
        const due = await plugin.diff(SIGNED, early, { ...early, validityEndTime: ends(11), readyForRenewal: false }, early);
        expect(due).toMatchObject({ changes: true, replaces: ["readyForRenewal"], detailed: { readyForRenewal: "UPDATE_REPLACE" } });
        expect((await plugin.diff(SIGNED, early, { ...early, validityEndTime: ends(13) }, early)).changes).toBe(false);
        expect((await plugin.diff(SIGNED, inputs, { ...inputs, validityEndTime: ends(-1) }, inputs)).replaces).toEqual(["readyForRenewal"]);
    });

    test("a refresh tells that it is due", async () => {
        const early = { ...inputs, earlyRenewalHours: 12 };
        const read = (hours: number) => plugin.read(SIGNED, "1", early, { ...early, validityEndTime: ends(hours), readyForRenewal: false });
        expect((await read(11)).properties["readyForRenewal"]).toBe(true);
        expect((await read(13)).properties["readyForRenewal"]).toBe(false);
    });

    test("when to renew changes in place; everything else replaces", async () => {
        const outputs = { ...inputs, validityEndTime: ends(40), certPem: "kept" };
        const later = { ...inputs, earlyRenewalHours: 10 };
        const diff = await plugin.diff(SIGNED, inputs, outputs, later);
        expect(diff).toMatchObject({ diffs: ["earlyRenewalHours"], replaces: [], detailed: { earlyRenewalHours: "ADD" } });
        expect(await plugin.update(SIGNED, "1", inputs, outputs, later)).toMatchObject({ earlyRenewalHours: 10, certPem: "kept" });
        expect((await plugin.update(SIGNED, "1", inputs, outputs, later, true))["certPem"]).toBe("kept");
        expect((await plugin.diff(SIGNED, inputs, outputs, { ...inputs, validityPeriodHours: 72 })).replaces).toEqual([
            "validityPeriodHours",
        ]);
    });
});
