import { createHash } from "node:crypto";
import { compareInputs } from "../kit/diff";
import type { CheckFailure, Properties, ResourceHandler } from "../kit/types";
import { certificateHandler, extensionsFor, hasSubjectKeyId, newSerial, validity, validityOutputs } from "./certificate";
import { algorithmOf, publicKeyInfo, readPrivateKey } from "./keys";
import { alternativeNames, checkNames, subjectName } from "./subject";
import { issue, keyIdentifier, readAuthority, readRequest, request } from "./x509";

/** A certificate signed with its own key. */
export const selfSignedCert: ResourceHandler = certificateHandler(
    { setAuthorityKeyId: false },
    (inputs) => {
        const key = readPrivateKey(String(inputs["privateKeyPem"]));
        const [publicKey, name, times, serial] = [publicKeyInfo(key), subjectName(inputs), validity(inputs), newSerial()];
        const authorityKeyId = inputs["setAuthorityKeyId"] === true ? keyIdentifier(publicKey) : undefined;
        const wanted = extensionsFor(inputs, { publicKey, name, alternativeNames: alternativeNames(inputs) }, authorityKeyId);
        const certPem = issue({ serial, issuer: name, subject: name, ...times, publicKey, extensions: wanted }, key);
        return { serial, certPem, keyAlgorithm: algorithmOf(key), ...validityOutputs(times) };
    },
    (inputs) => [
        ...checkNames(inputs),
        ...checkText(inputs, "privateKeyPem", (text) => algorithmOf(readPrivateKey(text))),
        ...checkAuthority(inputs),
    ],
);

/** A certificate for a request, signed with the key of an authority. */
export const locallySignedCert: ResourceHandler = certificateHandler(
    {},
    (inputs, context) => {
        const asked = readRequest(String(inputs["certRequestPem"]));
        const key = readPrivateKey(String(inputs["caPrivateKeyPem"]));
        const authority = readAuthority(String(inputs["caCertPem"]));
        if (!authority.owns(key)) throw new Error("caPrivateKeyPem: is not the key of the certificate in caCertPem");
        if (!authority.isCa)
            context.log("warning", "caCertPem: is not the certificate of an authority; what it signs may not pass verification");
        const [times, serial] = [validity(inputs), newSerial()];
        const wanted = extensionsFor(
            inputs,
            { publicKey: asked.publicKey, name: asked.subject, alternativeNames: asked.alternativeNames },
            authority.keyId,
        );
        const certPem = issue({ serial, issuer: authority.subject, ...asked, ...times, extensions: wanted }, key);
        return { serial, certPem, caKeyAlgorithm: algorithmOf(key), ...validityOutputs(times) };
    },
    (inputs) => [
        ...checkText(inputs, "certRequestPem", readRequest),
        ...checkText(inputs, "caCertPem", readAuthority),
        ...checkText(inputs, "caPrivateKeyPem", (text) => algorithmOf(readPrivateKey(text))),
    ],
);

/** A request for a certificate: a name and a public key, signed with the private one. */
export const certRequest: ResourceHandler = {
    check: (inputs) => [...checkNames(inputs), ...checkText(inputs, "privateKeyPem", (text) => algorithmOf(readPrivateKey(text)))],
    diff(_id, previousInputs, _previousOutputs, inputs) {
        const { changed } = compareInputs({}, previousInputs, inputs);
        return { changed, replaces: changed };
    },
    async create(inputs) {
        const key = readPrivateKey(String(inputs["privateKeyPem"]));
        const made = request(subjectName(inputs), alternativeNames(inputs), key);
        const id = createHash("sha1").update(made.content).digest("hex");
        return { id, outputs: { ...inputs, certRequestPem: made.text, keyAlgorithm: algorithmOf(key) } };
    },
    async delete() {
        // The request lives in the state alone.
    },
};

function checkText(inputs: Properties, property: string, read: (text: string) => unknown): CheckFailure[] {
    const value = inputs[property];
    if (typeof value !== "string") return [];
    try {
        read(value);
        return [];
    } catch (error) {
        return [{ property, reason: error instanceof Error ? error.message : String(error) }];
    }
}

function checkAuthority(inputs: Properties): CheckFailure[] {
    const failures: CheckFailure[] = [];
    const subject = inputs["subject"];
    const nameless = subject === undefined || (typeof subject === "object" && subject !== null && Object.keys(subject).length === 0);
    if (inputs["isCaCertificate"] === true && nameless)
        failures.push({ property: "subject", reason: "an authority needs a name: give at least commonName" });
    if (inputs["setAuthorityKeyId"] === true && !hasSubjectKeyId(inputs)) {
        failures.push({
            property: "setAuthorityKeyId",
            reason: "needs setSubjectKeyId or isCaCertificate as well: there is no identifier to refer to",
        });
    }
    return failures;
}
