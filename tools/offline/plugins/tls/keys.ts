import { createPrivateKey, createPublicKey, sign, type KeyObject } from "node:crypto";
import { oid, parseAll, parse, sequence, der } from "./der";

export type Algorithm = "RSA" | "ECDSA" | "ED25519";
export type Curve = "P224" | "P256" | "P384" | "P521";

/** The names of curves as OpenSSL has them. */
export const CURVES: Readonly<Record<Curve, string>> = { P224: "secp224r1", P256: "prime256v1", P384: "secp384r1", P521: "secp521r1" };

/** @throws Error that tells what is wrong with the text, without showing it. */
export function readPrivateKey(pemText: string): KeyObject {
    try {
        return createPrivateKey(pemText);
    } catch {
        throw new Error("must be a private key in PEM, not encrypted (PKCS#1, SEC 1 or PKCS#8)");
    }
}

export function algorithmOf(key: KeyObject): Algorithm {
    switch (key.asymmetricKeyType) {
        case "rsa":
            return "RSA";
        case "ec":
            return "ECDSA";
        case "ed25519":
            return "ED25519";
        default:
            throw new Error(`must be an RSA, ECDSA or ED25519 key (got ${key.asymmetricKeyType ?? "another kind"})`);
    }
}

/** The public half, as certificates hold it (SubjectPublicKeyInfo). */
export function publicKeyInfo(key: KeyObject): Buffer {
    return (key.type === "private" ? createPublicKey(key) : key).export({ type: "spki", format: "der" });
}

/** The bits of a public key without the name of its algorithm: what key identifiers are made from. */
export function publicKeyBits(info: Buffer): Buffer {
    const bits = parseAll(parse(info).content)[1];
    if (bits === undefined) throw new Error("malformed public key");
    return bits.content.subarray(1);
}

/** The name of the signature that `signed` makes with this key. */
export function signatureAlgorithm(key: KeyObject): Buffer {
    const name = algorithmOf(key);
    if (name === "ED25519") return sequence(oid("1.3.101.112"));
    if (name === "RSA") return sequence(oid("1.2.840.113549.1.1.11"), der(0x05));
    const byHash = { sha256: "1.2.840.10045.4.3.2", sha384: "1.2.840.10045.4.3.3", sha512: "1.2.840.10045.4.3.4" };
    return sequence(oid(byHash[hashFor(key)]));
}

export function signed(content: Buffer, key: KeyObject): Buffer {
    return sign(algorithmOf(key) === "ED25519" ? null : hashFor(key), content, key);
}

/** A hash as strong as the key. */
function hashFor(key: KeyObject): "sha256" | "sha384" | "sha512" {
    const curve = key.asymmetricKeyDetails?.namedCurve;
    if (curve === CURVES.P384) return "sha384";
    return curve === CURVES.P521 ? "sha512" : "sha256";
}
