import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";
import type { Target } from "../targets";

export interface ServerCertificate {
    readonly certificatePem: pulumi.Output<string>;
    readonly keyPem: pulumi.Output<string>;
    readonly authorityPem: pulumi.Output<string>;
}

export interface CertificateArgs {
    /** Who signs, as shown to people who inspect the certificate. */
    readonly authorityName: string;
    readonly commonName: string;
    readonly dnsNames: readonly string[];
    readonly ipAddresses?: readonly string[];
}

const HOURS_PER_DAY = 24;
/** Ten years: the authority lives as long as the stack, as trusting it anew is work for people. */
const AUTHORITY_HOURS = 3650 * HOURS_PER_DAY;
/** 397 days, the longest that browsers accept of a server (CA/Browser Forum baseline requirements 6.3.2, as of 2020-09-01). */
const SERVER_HOURS = 397 * HOURS_PER_DAY;
/** Renewed by the first `up` within 60 days of the end. */
const RENEWAL_HOURS = 60 * HOURS_PER_DAY;

/** A certificate from an authority of the stack's own: for the proxy in development and for connections to databases. */
export function localCertificate(name: string, target: Target, args: CertificateArgs, parent: pulumi.Resource): ServerCertificate {
    const opts: pulumi.CustomResourceOptions = { parent, provider: target.generators.tls };
    const key = (logical: string) => new tls.PrivateKey(logical, { algorithm: "ECDSA", ecdsaCurve: "P256" }, opts);
    const authorityKey = key(`${name}-ca-key`);
    const authority = new tls.SelfSignedCert(
        `${name}-ca`,
        {
            privateKeyPem: authorityKey.privateKeyPem,
            subject: { commonName: args.authorityName, organization: "quai" },
            isCaCertificate: true,
            setSubjectKeyId: true,
            validityPeriodHours: AUTHORITY_HOURS,
            earlyRenewalHours: SERVER_HOURS,
            allowedUses: ["cert_signing", "crl_signing", "digital_signature"],
        },
        opts,
    );
    const serverKey = key(`${name}-key`);
    const request = new tls.CertRequest(
        `${name}-request`,
        {
            privateKeyPem: serverKey.privateKeyPem,
            subject: { commonName: args.commonName },
            dnsNames: [...args.dnsNames],
            ipAddresses: [...(args.ipAddresses ?? [])],
        },
        opts,
    );
    const certificate = new tls.LocallySignedCert(
        `${name}-certificate`,
        {
            certRequestPem: request.certRequestPem,
            caPrivateKeyPem: authorityKey.privateKeyPem,
            caCertPem: authority.certPem,
            validityPeriodHours: SERVER_HOURS,
            earlyRenewalHours: RENEWAL_HOURS,
            allowedUses: ["digital_signature", "key_encipherment", "server_auth"],
        },
        opts,
    );
    return {
        certificatePem: certificate.certPem,
        keyPem: pulumi.secret(serverKey.privateKeyPem),
        authorityPem: authority.certPem,
    };
}
