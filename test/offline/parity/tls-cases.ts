import { spawnSync } from "node:child_process";
import { generateKeyPairSync, X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Case, Refusal } from "./case";
import { reveal, secret, type Values } from "./wire";

const key = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ type: "pkcs8", format: "pem" });
const pem = secret(key.toString());
const volatileKey = [
    "publicKeyFingerprintMd5",
    "publicKeyFingerprintSha256",
    "publicKeyOpenssh",
    "publicKeyPem",
    "privateKeyOpenssh",
    "privateKeyPem",
    "privateKeyPemPkcs8",
];
const volatileCert = ["certPem", "validityEndTime", "validityStartTime"];

/** What a certificate says, without what is drawn anew each time. */
async function certificate(_id: string, outputs: Values): Promise<unknown> {
    const text = reveal(outputs["certPem"]);
    if (typeof text !== "string") return "none";
    const found = new X509Certificate(text);
    const hours = (Date.parse(found.validTo) - Date.parse(found.validFrom)) / 3_600_000;
    const { subject, issuer, subjectAltName, ca, keyUsage } = found;
    return { subject, issuer, names: subjectAltName, ca, keyUsage, hours, extensions: extensionsOf(found) };
}

/** Object identifiers of the extensions, read from the bytes: whether one is there, and marked critical. */
function extensionsOf(found: X509Certificate): string[] {
    const known: Readonly<Record<string, string>> = {
        "0603551d0f": "key usage",
        "0603551d25": "extended key usage",
        "0603551d13": "basic constraints",
        "0603551d0e": "subject key id",
        "0603551d23": "authority key id",
        "0603551d11": "names",
    };
    const bytes = found.raw.toString("hex");
    return Object.entries(known).flatMap(([oid, title]) => {
        const at = bytes.indexOf(oid);
        return at < 0 ? [] : [bytes.startsWith("0101ff", at + oid.length) ? `${title} (critical)` : title];
    });
}

async function keyKind(_id: string, outputs: Values): Promise<unknown> {
    const head = (name: string): unknown => String(reveal(outputs[name])).split("\n")[0];
    const openssh = String(reveal(outputs["publicKeyOpenssh"])).split(" ")[0];
    const ends = volatileKey.map((name) => [name, /\n$/.test(String(reveal(outputs[name])))]);
    return {
        pem: head("privateKeyPem"),
        pkcs8: head("privateKeyPemPkcs8"),
        ssh: head("privateKeyOpenssh"),
        openssh,
        ends: Object.fromEntries(ends) as unknown,
    };
}

const privateKey = (name: string, inputs: Values, changes: Case["changes"] = []): Case => ({
    name,
    plugin: "tls",
    type: "tls:index/privateKey:PrivateKey",
    inputs: () => inputs,
    volatile: volatileKey,
    inspect: keyKind,
    changes,
});

const ca = {
    privateKeyPem: pem,
    isCaCertificate: true,
    validityPeriodHours: 87_600,
    allowedUses: ["cert_signing", "crl_signing"],
    subject: { commonName: "parity", organization: "quai" },
    setSubjectKeyId: true,
};

/** Requests and an authority's certificate for the one key, made by OpenSSL: Node.js can read them but not write them. */
const openssl = (...args: string[]) => {
    let made: string | undefined;
    return (): string => (made ??= runOpenssl(args));
};

function runOpenssl(args: readonly string[]): string {
    const folder = mkdtempSync(join(tmpdir(), "quai-parity-"));
    try {
        const file = join(folder, "key.pem");
        writeFileSync(file, key, { mode: 0o600 });
        const made = spawnSync("openssl", ["req", "-new", "-key", file, ...args], { encoding: "utf8" });
        if (made.status !== 0) throw new Error(`openssl req: ${made.error?.message ?? made.stderr}`);
        return made.stdout;
    } finally {
        rmSync(folder, { recursive: true });
    }
}

const request = openssl("-subj", "/O=quai/CN=a.test", "-addext", "subjectAltName=DNS:a.test,IP:127.0.0.1");
const otherRequest = openssl("-subj", "/CN=b.test");
const authority = openssl("-x509", "-subj", "/O=quai/CN=parity", "-days", "30");

export const tlsCases: readonly Case[] = [
    privateKey("key P-256", { algorithm: "ECDSA", ecdsaCurve: "P256" }, [
        { name: "curve", set: { ecdsaCurve: "P384" } },
        { name: "algorithm", set: { algorithm: "ED25519", ecdsaCurve: undefined } },
    ]),
    privateKey("key RSA", { algorithm: "RSA", rsaBits: 2048 }, [{ name: "bits", set: { rsaBits: 3072 } }]),
    privateKey("key Ed25519", { algorithm: "ED25519" }),
    privateKey("key P-384", { algorithm: "ECDSA", ecdsaCurve: "P384" }),
    {
        name: "certificate of an authority",
        plugin: "tls",
        type: "tls:index/selfSignedCert:SelfSignedCert",
        inputs: () => ca,
        volatile: volatileCert,
        inspect: certificate,
        changes: [
            { name: "validity", set: { validityPeriodHours: 8760 } },
            { name: "early renewal", set: { earlyRenewalHours: 24 }, apply: true },
            { name: "uses", set: { allowedUses: ["cert_signing"] } },
            { name: "subject", set: { subject: { commonName: "other" } } },
            {
                name: "key",
                set: {
                    privateKeyPem: secret(
                        generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
                    ),
                },
            },
        ],
    },
    {
        name: "certificate of a server, signed by itself",
        plugin: "tls",
        type: "tls:index/selfSignedCert:SelfSignedCert",
        inputs: () => ({
            privateKeyPem: pem,
            validityPeriodHours: 24,
            allowedUses: ["digital_signature", "key_encipherment", "server_auth"],
            subject: { commonName: "a.test" },
            dnsNames: ["a.test", "*.a.test"],
            ipAddresses: ["127.0.0.1", "::1"],
        }),
        volatile: volatileCert,
        inspect: certificate,
        changes: [{ name: "names", set: { dnsNames: ["b.test"] } }],
    },
    {
        name: "certificate whose time to renew has come",
        plugin: "tls",
        type: "tls:index/selfSignedCert:SelfSignedCert",
        inputs: () => ({ ...ca, validityPeriodHours: 2, earlyRenewalHours: 3 }),
        volatile: volatileCert,
    },
    {
        name: "certificate signed by an authority",
        plugin: "tls",
        type: "tls:index/locallySignedCert:LocallySignedCert",
        inputs: () => ({
            certRequestPem: request(),
            caCertPem: authority(),
            caPrivateKeyPem: pem,
            validityPeriodHours: 720,
            earlyRenewalHours: 24,
            allowedUses: ["digital_signature", "key_encipherment", "server_auth", "client_auth"],
        }),
        volatile: [...volatileCert, "certRequestPem"],
        inspect: certificate,
        changes: [
            { name: "validity", set: { validityPeriodHours: 721 } },
            { name: "early renewal", set: { earlyRenewalHours: 25 } },
            {
                name: "request",
                set: {
                    get certRequestPem() {
                        return otherRequest();
                    },
                },
            },
        ],
    },
    {
        name: "request",
        plugin: "tls",
        type: "tls:index/certRequest:CertRequest",
        inputs: () => ({ privateKeyPem: pem, dnsNames: ["a.test"], ipAddresses: ["127.0.0.1"], subject: { commonName: "a.test" } }),
        volatile: ["certRequestPem"],
        changes: [{ name: "names", set: { dnsNames: ["a.test", "b.test"] } }],
    },
    {
        name: "request with a key that is none",
        plugin: "tls",
        type: "tls:index/certRequest:CertRequest",
        inputs: () => ({ privateKeyPem: secret("nothing") }),
    },
];

export const tlsRefusals: readonly Refusal[] = [
    { name: "no algorithm", plugin: "tls", type: "tls:index/privateKey:PrivateKey", inputs: {} },
    { name: "algorithm", plugin: "tls", type: "tls:index/privateKey:PrivateKey", inputs: { algorithm: "DSA" } },
    { name: "curve", plugin: "tls", type: "tls:index/privateKey:PrivateKey", inputs: { algorithm: "ECDSA", ecdsaCurve: "P257" } },
    { name: "uses", plugin: "tls", type: "tls:index/selfSignedCert:SelfSignedCert", inputs: { ...ca, allowedUses: ["everything"] } },
    {
        name: "validity below 0",
        plugin: "tls",
        type: "tls:index/selfSignedCert:SelfSignedCert",
        inputs: { ...ca, validityPeriodHours: -1 },
    },
    {
        name: "no validity",
        plugin: "tls",
        type: "tls:index/selfSignedCert:SelfSignedCert",
        inputs: { ...ca, validityPeriodHours: undefined },
    },
    { name: "unknown property", plugin: "tls", type: "tls:index/privateKey:PrivateKey", inputs: { algorithm: "RSA", bits: 2048 } },
];
