import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";
import type { AuthorityVersions } from "../secrets-bundle/versions";
import { FIRST_AUTHORITY } from "../secrets-bundle/versions";
import type { Target } from "../targets";

export interface ServerCertificate {
    /** The certificate, and what those need who trust a former authority alone. */
    readonly certificatePem: pulumi.Output<string>;
    readonly keyPem: pulumi.Output<string>;
    /** Whom to trust: the present authority, and former ones while they count. */
    readonly authorityPem: pulumi.Output<string>;
    /** When it ends, as ISO 8601 writes it. */
    readonly endsOn: pulumi.Output<string>;
}

/** Whom a certificate is for. */
export interface SubjectArgs {
    readonly commonName: string;
    readonly dnsNames: readonly string[];
    readonly ipAddresses?: readonly string[];
}

export interface CertificateArgs extends SubjectArgs {
    /** Who signs, as shown to people who inspect the certificate. */
    readonly authorityName: string;
    /** Versions of the authority. @default never renewed */
    readonly authority?: AuthorityVersions;
}

export interface Authority {
    readonly keyPem: pulumi.Output<string>;
    readonly certificatePem: pulumi.Output<string>;
    readonly trustedPem: pulumi.Output<string>;
    /** The present authority's certificate, signed by the one before, whose is signed by the one before that; empty where there are none. */
    readonly crossPem: pulumi.Output<string>;
}

const HOURS_PER_DAY = 24;
/** Ten years: the authority lives as long as the stack, as trusting it anew is work for people. */
const AUTHORITY_HOURS = 3650 * HOURS_PER_DAY;
/** 397 days, the longest that browsers accept of a server (CA/Browser Forum baseline requirements 6.3.2, as of 2020-09-01). */
const SERVER_HOURS = 397 * HOURS_PER_DAY;
/** Renewed by the first `up` within 60 days of the end. */
const RENEWAL_HOURS = 60 * HOURS_PER_DAY;
const EC_KEY = { algorithm: "ECDSA", ecdsaCurve: "P256" };
const AUTHORITY_USES = ["cert_signing", "crl_signing", "digital_signature"];

interface Place {
    readonly target: Target;
    readonly parent: pulumi.Resource;
}

const optsOf = ({ target, parent }: Place): pulumi.CustomResourceOptions => ({ parent, provider: target.generators.tls });

/**
 * An authority of the stack's own. After a renewal the new one signs. Who knows the former one alone is shown the new one's certificate,
 * signed by the former; who is told of it now trusts both. So nobody has to be told first, and one update is enough.
 */
export function localAuthority(name: string, authorityName: string, versions: AuthorityVersions, place: Place): Authority {
    const opts = optsOf(place);
    const subjectOf = (version: string) => ({
        commonName: version === FIRST_AUTHORITY.present ? authorityName : `${authorityName} ${version}`,
        organization: "quai",
    });
    const made = [versions.present, ...versions.former].map((version) => {
        const suffix = version === FIRST_AUTHORITY.present ? "" : `-${version}`;
        const key = new tls.PrivateKey(`${name}-ca-key${suffix}`, EC_KEY, opts);
        const certificate = new tls.SelfSignedCert(
            `${name}-ca${suffix}`,
            {
                privateKeyPem: key.privateKeyPem,
                subject: subjectOf(version),
                isCaCertificate: true,
                setSubjectKeyId: true,
                validityPeriodHours: AUTHORITY_HOURS,
                earlyRenewalHours: SERVER_HOURS,
                allowedUses: AUTHORITY_USES,
            },
            opts,
        );
        return { version, key, certificate };
    });
    const [present] = made;
    if (present === undefined) throw new Error(`${name}: an authority has a version`);
    // One after the other, not all by the present one's: OpenSSL goes the first way that it finds, and not back.
    const crossed = made.slice(1).flatMap((former, index) => {
        const next = made[index];
        if (next === undefined) return [];
        const logical = `${name}-ca-${next.version}-by-${former.version}`;
        const request = new tls.CertRequest(
            `${logical}-request`,
            { privateKeyPem: next.key.privateKeyPem, subject: subjectOf(next.version) },
            opts,
        );
        return new tls.LocallySignedCert(
            logical,
            {
                certRequestPem: request.certRequestPem,
                caPrivateKeyPem: former.key.privateKeyPem,
                caCertPem: former.certificate.certPem,
                isCaCertificate: true,
                setSubjectKeyId: true,
                validityPeriodHours: SERVER_HOURS,
                allowedUses: AUTHORITY_USES,
            },
            opts,
        ).certPem;
    });
    return {
        keyPem: present.key.privateKeyPem,
        certificatePem: present.certificate.certPem,
        trustedPem: joined(made.map(({ certificate }) => certificate.certPem)),
        crossPem: joined(crossed),
    };
}

function joined(texts: readonly pulumi.Output<string>[]): pulumi.Output<string> {
    return pulumi.all([...texts]).apply((all) => all.join(""));
}

export interface SignArgs extends SubjectArgs {
    /** @default 397 */
    readonly days?: number;
    /** Days before the end from which on an update renews it by itself. @default 60 */
    readonly renewalDays?: number;
    /** Whether it is shown to servers, too, as by a service that calls another. @default false */
    readonly client?: boolean;
}

/** Logical names of what a certificate is made of. */
export interface CertificateNames {
    readonly key: string;
    readonly request: string;
    readonly certificate: string;
}

export function signedBy(authority: Authority, names: CertificateNames, args: SignArgs, place: Place): ServerCertificate {
    const opts = optsOf(place);
    const key = new tls.PrivateKey(names.key, EC_KEY, opts);
    const request = new tls.CertRequest(
        names.request,
        {
            privateKeyPem: key.privateKeyPem,
            subject: { commonName: args.commonName },
            dnsNames: [...args.dnsNames],
            ipAddresses: [...(args.ipAddresses ?? [])],
        },
        opts,
    );
    const certificate = new tls.LocallySignedCert(
        names.certificate,
        {
            certRequestPem: request.certRequestPem,
            caPrivateKeyPem: authority.keyPem,
            caCertPem: authority.certificatePem,
            validityPeriodHours: args.days === undefined ? SERVER_HOURS : args.days * HOURS_PER_DAY,
            earlyRenewalHours: args.renewalDays === undefined ? RENEWAL_HOURS : args.renewalDays * HOURS_PER_DAY,
            allowedUses: ["digital_signature", "key_encipherment", "server_auth", ...(args.client === true ? ["client_auth"] : [])],
        },
        opts,
    );
    return {
        certificatePem: joined([certificate.certPem, authority.crossPem]),
        keyPem: pulumi.secret(key.privateKeyPem),
        authorityPem: authority.trustedPem,
        endsOn: certificate.validityEndTime,
    };
}

/** A certificate from an authority of its own: for the proxy in development and for connections to databases. */
export function localCertificate(name: string, target: Target, args: CertificateArgs, parent: pulumi.Resource): ServerCertificate {
    const place = { target, parent };
    const authority = localAuthority(name, args.authorityName, args.authority ?? FIRST_AUTHORITY, place);
    return signedBy(authority, { key: `${name}-key`, request: `${name}-request`, certificate: `${name}-certificate` }, args, place);
}
