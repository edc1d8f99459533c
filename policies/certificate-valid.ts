import type { Policy } from "./policy";

/** Renewal begins 30 days before the end: so late, it has failed for weeks. */
const DAYS = 7;

export const certificateValid: Policy = {
    id: "certificate-valid",
    why: "A certificate that ends soon has failed to be renewed; on its last day the site is gone for everybody (R105).",
    fix: "see ./quai status for the reason, and docs/operations.md for the remedy",
    // With files, the update that is held back may be the one that brings the new certificate; those are judged when they're read.
    checkAround: ({ certificateDays }, { tls }) =>
        tls.mode !== "acme" || certificateDays === undefined || certificateDays >= DAYS
            ? []
            : [`quai:tls: the certificate ${certificateDays < 0 ? "has ended" : `ends in ${certificateDays} days`}`],
};
