import { createHash, createPublicKey, generateKeyPair, type KeyObject } from "node:crypto";
import { promisify } from "node:util";
import { compareInputs } from "../kit/diff";
import type { CheckFailure, Properties, ResourceHandler } from "../kit/types";
import { CURVES, publicKeyInfo, type Curve } from "./keys";
import { opensshPrivate, opensshPublic } from "./openssh";

const generate = promisify(generateKeyPair);
const ALGORITHMS = ["RSA", "ECDSA", "ED25519"];
const LEAST_RSA_BITS = 1024;

/** A private key, kept in the state. Every change makes a new one. */
export const privateKey: ResourceHandler = {
    check(inputs) {
        const failures: CheckFailure[] = [];
        const { algorithm, ecdsaCurve, rsaBits } = inputs;
        if (typeof algorithm === "string" && !ALGORITHMS.includes(algorithm)) {
            failures.push({ property: "algorithm", reason: `must be one of ${ALGORITHMS.join(", ")} (got ${JSON.stringify(algorithm)})` });
        }
        if (typeof ecdsaCurve === "string" && !(ecdsaCurve in CURVES)) {
            failures.push({
                property: "ecdsaCurve",
                reason: `must be one of ${Object.keys(CURVES).join(", ")} (got ${JSON.stringify(ecdsaCurve)})`,
            });
        }
        if (typeof rsaBits === "number" && rsaBits < LEAST_RSA_BITS) {
            failures.push({ property: "rsaBits", reason: `must be at least ${LEAST_RSA_BITS} (got ${rsaBits})` });
        }
        return failures;
    },
    diff(_id, previousInputs, _previousOutputs, inputs) {
        const { changed } = compareInputs({}, settings(previousInputs), settings(inputs));
        return { changed, replaces: changed };
    },
    previewCreate: settings,
    async create(inputs) {
        const chosen = settings(inputs);
        const key = await generateKey(chosen);
        const id = createHash("sha1").update(publicKeyInfo(key)).digest("hex");
        return { id, outputs: { ...chosen, ...keyForms(key) } };
    },
    async delete() {
        // The key lives in the state alone.
    },
};

function settings(inputs: Properties): Properties {
    return { ecdsaCurve: "P224", rsaBits: 2048, ...inputs };
}

async function generateKey(inputs: Properties): Promise<KeyObject> {
    switch (inputs["algorithm"]) {
        case "RSA":
            return (await generate("rsa", { modulusLength: Number(inputs["rsaBits"]) })).privateKey;
        case "ECDSA":
            return (await generate("ec", { namedCurve: CURVES[curveOf(inputs)] })).privateKey;
        default:
            return (await generate("ed25519")).privateKey;
    }
}

function curveOf(inputs: Properties): Curve {
    const curve = inputs["ecdsaCurve"];
    return curve === "P256" || curve === "P384" || curve === "P521" ? curve : "P224";
}

function keyForms(key: KeyObject): Properties {
    const pkcs8 = key.export({ type: "pkcs8", format: "pem" });
    const own = { rsa: "pkcs1", ec: "sec1" } as const;
    const type = key.asymmetricKeyType === "rsa" ? own.rsa : key.asymmetricKeyType === "ec" ? own.ec : undefined;
    const openssh = opensshPublic(key);
    return {
        privateKeyPem: type === undefined ? pkcs8 : key.export({ type, format: "pem" }),
        privateKeyPemPkcs8: pkcs8,
        privateKeyOpenssh: opensshPrivate(key) ?? "",
        publicKeyPem: createPublicKey(key).export({ type: "spki", format: "pem" }),
        publicKeyOpenssh: openssh?.line ?? "",
        publicKeyFingerprintMd5: openssh?.md5 ?? "",
        publicKeyFingerprintSha256: openssh?.sha256 ?? "",
    };
}
