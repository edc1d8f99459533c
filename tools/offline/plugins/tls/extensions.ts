import { bitString, boolean, octetString, oid, sequence, smallInteger, tagged } from "./der";

/** Bits of the key usage extension, by the names that `allowedUses` takes. */
const KEY_USES: Readonly<Record<string, number>> = {
    digital_signature: 0,
    content_commitment: 1,
    key_encipherment: 2,
    data_encipherment: 3,
    key_agreement: 4,
    cert_signing: 5,
    crl_signing: 6,
    encipher_only: 7,
    decipher_only: 8,
};

const EXTENDED_USES: Readonly<Record<string, string>> = {
    any_extended: "2.5.29.37.0",
    server_auth: "1.3.6.1.5.5.7.3.1",
    client_auth: "1.3.6.1.5.5.7.3.2",
    code_signing: "1.3.6.1.5.5.7.3.3",
    email_protection: "1.3.6.1.5.5.7.3.4",
    ipsec_end_system: "1.3.6.1.5.5.7.3.5",
    ipsec_tunnel: "1.3.6.1.5.5.7.3.6",
    ipsec_user: "1.3.6.1.5.5.7.3.7",
    timestamping: "1.3.6.1.5.5.7.3.8",
    ocsp_signing: "1.3.6.1.5.5.7.3.9",
    microsoft_server_gated_crypto: "1.3.6.1.4.1.311.10.3.3",
    netscape_server_gated_crypto: "2.16.840.1.113730.4.1",
    microsoft_commercial_code_signing: "1.3.6.1.4.1.311.2.1.22",
    microsoft_kernel_code_signing: "1.3.6.1.4.1.311.61.1.1",
};

export const ALLOWED_USES: readonly string[] = [...Object.keys(KEY_USES), ...Object.keys(EXTENDED_USES)];
export const SUBJECT_KEY_ID = "2.5.29.14";
export const ALTERNATIVE_NAMES = "2.5.29.17";

export interface ExtensionSettings {
    readonly allowedUses: readonly string[];
    readonly isCa: boolean;
    /** Certificates that may stand between this one and the last; undefined: any number. */
    readonly maxPathLength: number | undefined;
    readonly subjectKeyId: Buffer | undefined;
    readonly authorityKeyId: Buffer | undefined;
    /** GeneralNames. */
    readonly alternativeNames: Buffer | undefined;
    /** Without a subject, the names are all there is, so they must be understood. */
    readonly subjectEmpty: boolean;
}

/** The extensions of a certificate, in the order in which they are usually written. */
export function extensions(settings: ExtensionSettings): Buffer[] {
    const list: Buffer[] = [];
    const bits = settings.allowedUses.flatMap((use) => KEY_USES[use] ?? []);
    const purposes = settings.allowedUses.flatMap((use) => EXTENDED_USES[use] ?? []);
    if (bits.length > 0) list.push(extension("2.5.29.15", true, namedBits(bits)));
    if (purposes.length > 0) list.push(extension("2.5.29.37", false, sequence(...purposes.map(oid))));
    list.push(extension("2.5.29.19", true, basicConstraints(settings)));
    if (settings.subjectKeyId !== undefined) list.push(extension(SUBJECT_KEY_ID, false, octetString(settings.subjectKeyId)));
    if (settings.authorityKeyId !== undefined)
        list.push(extension("2.5.29.35", false, sequence(tagged(0, settings.authorityKeyId, false))));
    if (settings.alternativeNames !== undefined) list.push(extension(ALTERNATIVE_NAMES, settings.subjectEmpty, settings.alternativeNames));
    return list;
}

export function extension(id: string, critical: boolean, value: Buffer): Buffer {
    return sequence(oid(id), ...(critical ? [boolean(true)] : []), octetString(value));
}

function basicConstraints({ isCa, maxPathLength }: ExtensionSettings): Buffer {
    if (!isCa) return sequence();
    return sequence(boolean(true), ...(maxPathLength === undefined ? [] : [smallInteger(maxPathLength)]));
}

/** Named bits: the highest comes last, and zeros after it are left out. */
function namedBits(bits: readonly number[]): Buffer {
    const last = Math.max(...bits);
    const bytes = Buffer.alloc(Math.floor(last / 8) + 1);
    for (const bit of bits) bytes.writeUInt8(bytes.readUInt8(Math.floor(bit / 8)) | (0x80 >> (bit % 8)), Math.floor(bit / 8));
    return bitString(bytes, 7 - (last % 8));
}
