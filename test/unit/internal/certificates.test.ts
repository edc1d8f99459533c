import { localCertificate } from "../../../components/internal/certificates";
import { record, valueOf } from "../support/mocks";
import { dockerTarget, leaks } from "../support/target";

const NAMES = {
    authorityName: "demo-dev local authority",
    commonName: "demo.localhost",
    dnsNames: ["demo.localhost", "localhost"],
    ipAddresses: ["127.0.0.1", "::1"],
};
const DAY = 24;

function certificate() {
    return record(() => {
        const target = dockerTarget();
        return localCertificate("proxy", target, NAMES, target);
    });
}

describe("a certificate of the stack's own authority", () => {
    test("two keys, the authority, the request, the certificate", async () => {
        const { resources, list } = await certificate();
        expect(list().filter((each) => each.startsWith("tls:"))).toEqual([
            "tls:index/certRequest:CertRequest proxy-request",
            "tls:index/locallySignedCert:LocallySignedCert proxy-certificate",
            "tls:index/privateKey:PrivateKey proxy-ca-key",
            "tls:index/privateKey:PrivateKey proxy-key",
            "tls:index/selfSignedCert:SelfSignedCert proxy-ca",
        ]);
        for (const resource of resources.filter(({ type }) => type.startsWith("tls:"))) {
            expect(resource).toMatchObject({ provider: "host-tls", parent: "host" });
        }
    });

    test("R67: names and addresses as asked; the authority ten years, the server 397 days and renewed 60 days before the end", async () => {
        const { get } = await certificate();
        expect(get("tls:index/certRequest:CertRequest", "proxy-request").inputs).toMatchObject({
            dnsNames: NAMES.dnsNames,
            ipAddresses: NAMES.ipAddresses,
            subject: { commonName: "demo.localhost" },
        });
        expect(get("tls:index/selfSignedCert:SelfSignedCert", "proxy-ca").inputs).toMatchObject({
            isCaCertificate: true,
            validityPeriodHours: 3650 * DAY,
            allowedUses: ["cert_signing", "crl_signing", "digital_signature"],
            subject: { commonName: "demo-dev local authority", organization: "quai" },
        });
        expect(get("tls:index/locallySignedCert:LocallySignedCert", "proxy-certificate").inputs).toMatchObject({
            validityPeriodHours: 397 * DAY,
            earlyRenewalHours: 60 * DAY,
            allowedUses: ["digital_signature", "key_encipherment", "server_auth"],
        });
        for (const key of ["proxy-ca-key", "proxy-key"]) {
            expect(get("tls:index/privateKey:PrivateKey", key).inputs).toEqual({ algorithm: "ECDSA", ecdsaCurve: "P256" });
        }
    });

    test("the authority's key signs, the server's key is handed out, and neither stands in an open input (R27)", async () => {
        const { result, resources, generated } = await certificate();
        expect(await valueOf(result.keyPem)).toMatch(/^-----BEGIN EC PRIVATE KEY-----/);
        expect(await valueOf(result.certificatePem)).not.toBe(await valueOf(result.authorityPem));
        expect(generated.size).toBe(4);
        expect(leaks(resources, generated)).toEqual([]);
    });
});

describe("an authority that was renewed", () => {
    const renewed = () =>
        record(() => {
            const target = dockerTarget();
            return localCertificate("proxy", target, { ...NAMES, authority: { present: "2026-11-26", former: ["1"] } }, target);
        });

    test("the former one stays as it was made; the present one is signed by it, too, under a name of its own", async () => {
        const { list, get } = await renewed();
        expect(list().filter((each) => each.startsWith("tls:"))).toEqual([
            "tls:index/certRequest:CertRequest proxy-ca-2026-11-26-by-1-request",
            "tls:index/certRequest:CertRequest proxy-request",
            "tls:index/locallySignedCert:LocallySignedCert proxy-ca-2026-11-26-by-1",
            "tls:index/locallySignedCert:LocallySignedCert proxy-certificate",
            "tls:index/privateKey:PrivateKey proxy-ca-key",
            "tls:index/privateKey:PrivateKey proxy-ca-key-2026-11-26",
            "tls:index/privateKey:PrivateKey proxy-key",
            "tls:index/selfSignedCert:SelfSignedCert proxy-ca",
            "tls:index/selfSignedCert:SelfSignedCert proxy-ca-2026-11-26",
        ]);
        expect(get("tls:index/selfSignedCert:SelfSignedCert", "proxy-ca").inputs).toMatchObject({
            subject: { commonName: "demo-dev local authority" },
        });
        for (const [type, name] of [
            ["tls:index/selfSignedCert:SelfSignedCert", "proxy-ca-2026-11-26"],
            ["tls:index/certRequest:CertRequest", "proxy-ca-2026-11-26-by-1-request"],
        ] as const) {
            expect(get(type, name).inputs).toMatchObject({ subject: { commonName: "demo-dev local authority 2026-11-26" } });
        }
        expect(get("tls:index/locallySignedCert:LocallySignedCert", "proxy-ca-2026-11-26-by-1").inputs).toMatchObject({
            isCaCertificate: true,
        });
    });

    test("both are trusted, and the former one's signature is handed out with the certificate", async () => {
        const { result } = await renewed();
        const count = (text: string) => text.match(/BEGIN CERTIFICATE/g)?.length ?? 0;
        expect([count(await valueOf(result.authorityPem)), count(await valueOf(result.certificatePem))]).toEqual([2, 2]);
        const { result: before } = await certificate();
        expect([count(await valueOf(before.authorityPem)), count(await valueOf(before.certificatePem))]).toEqual([1, 1]);
    });

    test("two former ones: each is signed by the one before, which is the only way that a client has to find", async () => {
        const { list, result } = await record(() => {
            const target = dockerTarget();
            return localCertificate(
                "proxy",
                target,
                { ...NAMES, authority: { present: "2026-11-27", former: ["2026-11-26", "1"] } },
                target,
            );
        });
        expect(list("tls:index/locallySignedCert:LocallySignedCert").map((each) => each.split(" ")[1])).toEqual([
            "proxy-ca-2026-11-26-by-1",
            "proxy-ca-2026-11-27-by-2026-11-26",
            "proxy-certificate",
        ]);
        expect((await valueOf(result.authorityPem)).match(/BEGIN CERTIFICATE/g)).toHaveLength(3);
    });
});
