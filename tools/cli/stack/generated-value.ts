import { isKeyFrom } from "../../../components/secrets-bundle/key";
import { isRecord } from "../report/values";

/**
 * The value of a generated secret in a state with its secrets decrypted, as whoever uses it reads it: keys are derived from what the state
 * generates. @returns undefined if it isn't there
 */
export function generatedIn(exported: unknown, name: string, urn: string | undefined): string | undefined {
    const deployment = isRecord(exported) && isRecord(exported["deployment"]) ? exported["deployment"]["resources"] : [];
    const resources = (Array.isArray(deployment) ? (deployment as unknown[]) : []).filter(isRecord);
    const made = resources.find((each) => each["urn"] === urn);
    const outputs = isRecord(made?.["outputs"]) ? made["outputs"] : {};
    const files = resources
        .filter(({ dependencies }) => Array.isArray(dependencies) && dependencies.includes(urn))
        .flatMap(({ inputs }) => (isRecord(inputs) ? filesIn(plain(inputs["stdin"]) ?? "") : []));
    const seed = plain(outputs["result"]);
    const names = [name, `${name}Private`];
    const byName = files.filter((file) => names.includes(file.name));
    // One that services read as a variable stands under the variable's name (components/web-stack/container-docker.ts).
    const derived = seed === undefined ? [] : files.filter(({ text }) => isKeyFrom(seed, text));
    return [...byName, ...derived][0]?.text ?? plain(outputs["privateKeyPemPkcs8"]) ?? seed;
}

/** The files that a step writes: `name mode base64` (components/internal/docker/file-volume.ts). */
function filesIn(step: string): { readonly name: string; readonly text: string }[] {
    return [...step.matchAll(/^(\S+) 0\d{3} ([A-Za-z0-9+/]+=*)$/gm)].map(([, name = "", data = ""]) => ({
        name,
        text: Buffer.from(data, "base64").toString("utf8"),
    }));
}

/** What the state holds encrypted: `{ …, plaintext: "<JSON>" }`. */
function plain(value: unknown): string | undefined {
    if (!isRecord(value) || typeof value["plaintext"] !== "string") return undefined;
    const text: unknown = JSON.parse(value["plaintext"]);
    return typeof text === "string" ? text : undefined;
}
