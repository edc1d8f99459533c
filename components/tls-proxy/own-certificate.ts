import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";

/** A chain and its key, as text of PEM files. */
export interface OwnCertificate {
    readonly certificate: string;
    readonly key: string;
}

export interface Findings {
    /** What makes the pair unfit; each begins with the setting's path. */
    readonly problems: readonly string[];
    /** What will make it unfit soon, or for some clients. */
    readonly warnings: readonly string[];
}

const CERTIFICATE = "quai:tls.certificate";
const KEY = "quai:tls.key";
const DAY = 86_400_000;
/** Days before the end from which on it is warned (R94). */
export const WARN_DAYS = 14;
/** Least bits of an RSA key (CA/Browser Forum baseline requirements 6.1.5); OpenSSL refuses shorter ones, too. */
const LEAST_RSA_BITS = 2048;

/**
 * Whether chain and key can serve these names: fit for each other, in the right order, not ended, every name covered (R66). The key's
 * text is in no message.
 */
export function judgeCertificate(own: OwnCertificate, names: readonly string[], now: Date = new Date()): Findings {
    const chain = readChain(own.certificate);
    const key = readKey(own.key);
    const problems = [chain, key].flatMap((read) => (typeof read === "string" ? [read] : []));
    const warnings: string[] = [];
    if (typeof chain !== "string") {
        const [leaf, ...issuers] = chain;
        problems.push(...leafProblems(leaf, names, now), ...chainProblems(chain, now));
        if (typeof key !== "string" && !leaf.checkPrivateKey(key)) {
            problems.push(
                `${KEY}: doesn't fit the first certificate of ${CERTIFICATE} (${describe(leaf)}); give the key that this was made with`,
            );
        }
        warnings.push(...endsSoon(leaf, now), ...missingIssuer(leaf, issuers));
    }
    return { problems, warnings };
}

type Chain = readonly [X509Certificate, ...X509Certificate[]];

function readChain(text: string): Chain | string {
    const blocks = text.match(/-----BEGIN CERTIFICATE-----[^]*?-----END CERTIFICATE-----/g) ?? [];
    const [first, ...others] = blocks.map((block, index) => {
        try {
            return new X509Certificate(block);
        } catch {
            return `${CERTIFICATE}: certificate ${index + 1} of the file is damaged; export the chain again, as PEM`;
        }
    });
    const damaged = [first, ...others].find((each) => typeof each === "string");
    if (damaged !== undefined) return damaged;
    return first instanceof X509Certificate
        ? [first, ...others.filter((each) => each instanceof X509Certificate)]
        : `${CERTIFICATE}: holds no certificate in PEM form (-----BEGIN CERTIFICATE-----); convert it, e.g. openssl x509 -inform DER -in FILE`;
}

function readKey(text: string): KeyObject | string {
    if (/-----BEGIN ENCRYPTED PRIVATE KEY-----|Proc-Type: 4,ENCRYPTED/.test(text)) {
        return `${KEY}: is locked with a passphrase, which nobody could type when the proxy starts; take it off: openssl pkey -in FILE -out FILE.open`;
    }
    try {
        const key = createPrivateKey(text);
        const bits = key.asymmetricKeyDetails?.modulusLength ?? LEAST_RSA_BITS;
        return bits < LEAST_RSA_BITS
            ? `${KEY}: an RSA key must have at least ${LEAST_RSA_BITS} bits (got ${bits}); have a new one signed`
            : key;
    } catch {
        return `${KEY}: holds no private key in PEM form (-----BEGIN PRIVATE KEY-----); give the key's file, not the certificate's`;
    }
}

function leafProblems(leaf: X509Certificate, names: readonly string[], now: Date): string[] {
    // One that signed itself is its own authority.
    if (leaf.ca && !leaf.checkIssued(leaf)) {
        return [
            `${CERTIFICATE}: must begin with the server's own certificate (got the authority ${describe(leaf)}); put the server's first`,
        ];
    }
    const lacking = names.filter((name) => leaf.checkHost(name, { partialWildcards: false }) === undefined);
    return [
        ...(lacking.length === 0
            ? []
            : [
                  `${CERTIFICATE}: must cover ${lacking.join(", ")} (it is for ${namesOf(leaf)}); have it issued for all names, or take those out of quai:domain and quai:aliases`,
              ]),
        ...timeProblems(leaf, "the certificate", now),
    ];
}

/** Each certificate is signed by the next one. */
function chainProblems(chain: Chain, now: Date): string[] {
    return chain.slice(1).flatMap((issuer, index) => {
        const signed = chain[index];
        const fits = signed !== undefined && signed.checkIssued(issuer) && signed.verify(issuer.publicKey);
        return fits
            ? timeProblems(issuer, `certificate ${index + 2} of the chain`, now)
            : [
                  `${CERTIFICATE}: certificate ${index + 2} of the file (${describe(issuer)}) didn't sign the one before it; order them server first, then each one's issuer`,
              ];
    });
}

function timeProblems(certificate: X509Certificate, what: string, now: Date): string[] {
    const [from, to] = [new Date(certificate.validFrom), new Date(certificate.validTo)];
    if (now > to) return [`${CERTIFICATE}: ${what} has ended on ${day(to)} (${describe(certificate)}); renew it`];
    return now < from
        ? [`${CERTIFICATE}: ${what} isn't valid before ${day(from)} (${describe(certificate)}); check the date of this machine`]
        : [];
}

function endsSoon(leaf: X509Certificate, now: Date): string[] {
    const end = new Date(leaf.validTo);
    const days = Math.floor((end.getTime() - now.getTime()) / DAY);
    return days >= 0 && days < WARN_DAYS ? [`${CERTIFICATE}: ends in ${days} days, on ${day(end)}; renew it`] : [];
}

/** Browsers that don't know the issuer refuse the page, others get it from elsewhere: it looks fine until it doesn't. */
function missingIssuer(leaf: X509Certificate, issuers: readonly X509Certificate[]): string[] {
    return issuers.length > 0 || leaf.checkIssued(leaf)
        ? []
        : [`${CERTIFICATE}: holds the server's certificate alone; many clients need its issuer's (${lineOf(leaf.issuer)}) after it`];
}

function namesOf(leaf: X509Certificate): string {
    const names = (leaf.subjectAltName ?? "").split(", ").flatMap((name) => (name.startsWith("DNS:") ? [name.slice("DNS:".length)] : []));
    return names.length > 0 ? names.join(", ") : "no host name";
}

function describe(certificate: X509Certificate): string {
    return lineOf(certificate.subject);
}

function lineOf(name: string | undefined): string {
    return (name ?? "").split("\n").join(", ") || "without a subject";
}

function day(date: Date): string {
    return date.toISOString().slice(0, 10);
}
