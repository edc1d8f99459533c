import type { SecretRef } from "../../../components/secrets-bundle";
import { SecretsBundle } from "../../../components/secrets-bundle";
import { postgresSecrets } from "../../../components/postgres-with-backup";
import { DockerTarget } from "../../../components/targets";
import type { DockerTargetArgs } from "../../../components/targets/docker-target";
import type { Registered } from "./mocks";

export const MIB = 1024 * 1024;

/** The target of stack demo-dev on this machine, with changes. Only inside `record`. */
export function dockerTarget(change: Partial<DockerTargetArgs> = {}): DockerTarget {
    return new DockerTarget("host", { stack: "demo-dev", logs: { maxSize: 50 * MIB, maxFiles: 5 }, ...change });
}

/** The secrets that databases want. */
export function secretsFor(target: DockerTarget, rotation: Readonly<Record<string, string>> = {}): SecretsBundle {
    return new SecretsBundle("secrets", {
        target,
        generate: { ...postgresSecrets, redisPassword: { kind: "password" }, sessionKey: { kind: "key" } },
        given: { offsiteKey: { value: "offsite-key-from-outside-0123456789", version: "aaaaaaaa" } },
        rotation,
    });
}

export function secretNamed(bundle: SecretsBundle, name: string, version?: string): SecretRef {
    const secret = bundle.get(name);
    return version === undefined ? secret : { ...secret, version };
}

/** What a host command really does: its script, and the data on its standard input, taken apart. */
export function commandOf(resource: Registered): { script: string; data: string } {
    const stdin = resource.inputs["stdin"];
    if (typeof stdin !== "string") throw new Error(`${resource.name} has no standard input`);
    const [program = "", ...data] = stdin.split("\n");
    return { script: Buffer.from(program, "base64").toString("utf8"), data: data.join("\n") };
}

/** Files in the form `name [mode] base64` per line. */
export function filesIn(data: string): Record<string, string> {
    const lines = data.split("\n").filter((line) => line !== "");
    return Object.fromEntries(
        lines.map((line) => {
            const words = line.split(" ");
            return [words[0] ?? "", Buffer.from(words.at(-1) ?? "", "base64").toString("utf8")];
        }),
    );
}

/** Secret values that stand in inputs which anybody can read: must be none (R27). */
export function leaks(resources: readonly Registered[], values: Iterable<string>): string[] {
    const wanted = [...values];
    return resources.flatMap((resource) => {
        const plain = JSON.stringify(withoutPaths(resource.inputs, resource.secrets, ""));
        const found = wanted.filter(
            (value) => plain.includes(JSON.stringify(value).slice(1, -1)) || plain.includes(Buffer.from(value).toString("base64")),
        );
        return found.map(() => `${resource.type} ${resource.name}`);
    });
}

function withoutPaths(value: unknown, paths: readonly string[], path: string): unknown {
    if (paths.includes(path)) return "[secret]";
    if (Array.isArray(value)) return value.map((item, index) => withoutPaths(item, paths, `${path}[${index}]`));
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(
        Object.entries(value).map(([key, member]) => [key, withoutPaths(member, paths, path === "" ? key : `${path}.${key}`)]),
    );
}
