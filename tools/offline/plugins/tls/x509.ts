import { createHash, X509Certificate, createPublicKey, type KeyObject } from "node:crypto";
import { bitString, der, fromPem, integer, oid, parse, parseAll, pem, sequence, smallInteger, tagged, time, type Node } from "./der";
import { ALTERNATIVE_NAMES, SUBJECT_KEY_ID, extension } from "./extensions";
import { publicKeyBits, publicKeyInfo, signatureAlgorithm, signed } from "./keys";

const REQUESTED_EXTENSIONS = "1.2.840.113549.1.9.14";
const CERTIFICATE = "CERTIFICATE";
const REQUEST = "CERTIFICATE REQUEST";

/** What stands in a certificate, before it is signed. */
export interface Unsigned {
    readonly serial: Buffer;
    /** Distinguished names. */
    readonly issuer: Buffer;
    readonly subject: Buffer;
    readonly from: Date;
    readonly until: Date;
    /** SubjectPublicKeyInfo. */
    readonly publicKey: Buffer;
    readonly extensions: readonly Buffer[];
}

/** A certificate (RFC 5280, version 3) in PEM, signed with the issuer's key. */
export function issue(unsigned: Unsigned, issuerKey: KeyObject): string {
    const content = sequence(
        tagged(0, smallInteger(2), true),
        integer(unsigned.serial),
        signatureAlgorithm(issuerKey),
        unsigned.issuer,
        sequence(time(unsigned.from), time(unsigned.until)),
        unsigned.subject,
        unsigned.publicKey,
        tagged(3, sequence(...unsigned.extensions), true),
    );
    return pem(CERTIFICATE, envelope(content, issuerKey));
}

/** A certificate request (RFC 2986) in PEM, signed with its own key. */
export function request(subject: Buffer, names: Buffer | undefined, key: KeyObject): { readonly text: string; readonly content: Buffer } {
    const asked =
        names === undefined ? [] : [sequence(oid(REQUESTED_EXTENSIONS), der(0x31, sequence(extension(ALTERNATIVE_NAMES, false, names))))];
    const attributes = tagged(0, Buffer.concat(asked), true);
    const content = envelope(sequence(smallInteger(0), subject, publicKeyInfo(key), attributes), key);
    return { text: pem(REQUEST, content), content };
}

function envelope(content: Buffer, key: KeyObject): Buffer {
    return sequence(content, signatureAlgorithm(key), bitString(signed(content, key)));
}

/** What a request asks for. */
export interface Requested {
    readonly subject: Buffer;
    readonly publicKey: Buffer;
    readonly alternativeNames: Buffer | undefined;
}

/** @throws Error that tells what is wrong with the text. */
export function readRequest(text: string): Requested {
    const der = fromPem(REQUEST, text);
    const [, subject, info, attributes] = children(first(parse(der)));
    if (subject === undefined || info === undefined) throw new Error("must be a certificate request: it has no subject or no key");
    const asked = attributes === undefined ? [] : children(attributes);
    const extensionsOf = asked
        .filter((attribute) => isNamed(attribute, REQUESTED_EXTENSIONS))
        .flatMap((attribute) => children(first(children(attribute)[1])));
    return { subject: subject.raw, publicKey: info.raw, alternativeNames: valueOf(extensionsOf, ALTERNATIVE_NAMES) };
}

export interface Authority {
    readonly subject: Buffer;
    readonly keyId: Buffer | undefined;
    readonly isCa: boolean;
    /** Whether the key is the one of the certificate. */
    owns(key: KeyObject): boolean;
}

/** @throws Error that tells what is wrong with the text. */
export function readAuthority(text: string): Authority {
    const content = fromPem(CERTIFICATE, text);
    const certificate = new X509Certificate(content);
    const fields = children(first(parse(content)));
    // Version 1 has no version field.
    const start = fields[0]?.tag === 0xa0 ? 1 : 0;
    const subject = fields[start + 4];
    if (subject === undefined) throw new Error("must be a certificate: it has no subject");
    const listed = fields.find(({ tag }) => tag === 0xa3);
    const keyId = listed === undefined ? undefined : valueOf(children(first(listed)), SUBJECT_KEY_ID);
    return {
        subject: subject.raw,
        keyId: keyId === undefined ? undefined : parse(keyId).content,
        isCa: certificate.ca,
        owns: (key) => certificate.publicKey.equals(createPublicKey(key)),
    };
}

/** The usual identifier of a key: SHA-1 of its bits (RFC 5280, 4.2.1.2). */
export function keyIdentifier(info: Buffer): Buffer {
    return createHash("sha1").update(publicKeyBits(info)).digest();
}

function children(node: Node): Node[] {
    return parseAll(node.content);
}

function first(node: Node | undefined): Node {
    const child = node === undefined ? undefined : children(node)[0];
    if (child === undefined) throw new Error("malformed: a part is missing");
    return child;
}

function isNamed(node: Node, id: string): boolean {
    return children(node)[0]?.raw.equals(oid(id)) === true;
}

/** The value of an extension: its last part, an octet string. */
function valueOf(list: readonly Node[], id: string): Buffer | undefined {
    const found = list.find((item) => isNamed(item, id));
    return found === undefined ? undefined : children(found).at(-1)?.content;
}
