import { createHash, randomBytes, type KeyObject } from "node:crypto";
import { algorithmOf } from "./keys";
import { pem } from "./der";

/** Padding of an unencrypted private key goes up to whole blocks of this size. */
const BLOCK = 8;

interface OpensshKey {
    readonly type: string;
    readonly publicParts: readonly Buffer[];
    readonly privateParts: readonly Buffer[];
}

export interface OpensshPublic {
    /** A line for authorized_keys, with its line break. */
    readonly line: string;
    /** `aa:bb:…` */
    readonly md5: string;
    /** `SHA256:…` */
    readonly sha256: string;
}

/** OpenSSH's forms of a key; undefined for P-224, which OpenSSH doesn't know. */
export function opensshPublic(key: KeyObject): OpensshPublic | undefined {
    const parts = partsOf(key);
    if (parts === undefined) return undefined;
    const blob = publicBlob(parts);
    const md5 = createHash("md5").update(blob).digest("hex").match(/../g) ?? [];
    const sha256 = createHash("sha256").update(blob).digest("base64").replace(/=+$/, "");
    return { line: `${parts.type} ${blob.toString("base64")}\n`, md5: md5.join(":"), sha256: `SHA256:${sha256}` };
}

export function opensshPrivate(key: KeyObject): string | undefined {
    const parts = partsOf(key);
    if (parts === undefined) return undefined;
    const check = randomBytes(4);
    const block = Buffer.concat([check, check, field(parts.type), ...parts.privateParts, field("")]);
    const padding = Buffer.from(Array.from({ length: (BLOCK - (block.length % BLOCK)) % BLOCK }, (_, index) => index + 1));
    const head = [Buffer.from("openssh-key-v1\0"), field("none"), field("none"), field(""), Buffer.from([0, 0, 0, 1])];
    return pem("OPENSSH PRIVATE KEY", Buffer.concat([...head, field(publicBlob(parts)), field(Buffer.concat([block, padding]))]));
}

function publicBlob(parts: OpensshKey): Buffer {
    return Buffer.concat([field(parts.type), ...parts.publicParts]);
}

function partsOf(key: KeyObject): OpensshKey | undefined {
    const curve = key.asymmetricKeyDetails?.namedCurve;
    if (curve === "secp224r1") return undefined;
    const jwk = key.export({ format: "jwk" });
    const part = (name: "n" | "e" | "d" | "p" | "q" | "qi" | "x" | "y"): Buffer => Buffer.from(jwk[name] ?? "", "base64url");
    switch (algorithmOf(key)) {
        case "RSA": {
            const [n, e] = [number(part("n")), number(part("e"))];
            const secret =
                key.type === "private" ? [n, e, number(part("d")), number(part("qi")), number(part("p")), number(part("q"))] : [];
            return { type: "ssh-rsa", publicParts: [e, n], privateParts: secret };
        }
        case "ED25519": {
            const point = field(part("x"));
            return { type: "ssh-ed25519", publicParts: [point], privateParts: [point, field(Buffer.concat([part("d"), part("x")]))] };
        }
        case "ECDSA": {
            const name = `nistp${String(jwk.crv).slice(2)}`;
            const parts = [field(name), field(Buffer.concat([Buffer.from([4]), part("x"), part("y")]))];
            return { type: `ecdsa-sha2-${name}`, publicParts: parts, privateParts: [...parts, number(part("d"))] };
        }
    }
}

function field(content: string | Buffer): Buffer {
    const bytes = Buffer.from(content);
    const size = Buffer.alloc(4);
    size.writeUInt32BE(bytes.length);
    return Buffer.concat([size, bytes]);
}

/** A non-negative number: no leading zeros, but one where the first bit would read as a sign. */
function number(bytes: Buffer): Buffer {
    let start = 0;
    while (start < bytes.length - 1 && bytes[start] === 0) start++;
    const magnitude = bytes.subarray(start);
    return field(((magnitude[0] ?? 0) & 0x80) === 0 ? magnitude : Buffer.concat([Buffer.from([0]), magnitude]));
}
