import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { deploy } from "../../../infra/deploy";
import { checkoutRoot } from "../../../tools/engine/versions";
import { CONTAINER, record, type Recording, type Registered } from "../support/mocks";

export type Config = Readonly<Record<string, unknown>>;

/** The settings of a stack file of this project, as they stand there. */
export function stackFile(stack: string): Config {
    return (parse(readFileSync(join(checkoutRoot, `Pulumi.${stack}.yaml`), "utf8")) as { config: Config }).config;
}

/** The whole program on mocks. Structures reach it as JSON, as Pulumi hands them over. */
export function program(
    stack: string,
    config: Config,
    secrets: Readonly<Record<string, unknown>> = {},
): Promise<Recording<ReturnType<typeof deploy>>> {
    const all = { ...config, ...(Object.keys(secrets).length === 0 ? {} : { "quai:secrets": secrets }) };
    const texts = Object.entries(all)
        .filter(([, value]) => value !== undefined)
        .map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]);
    return record(deploy, { stack, config: Object.fromEntries(texts) as Record<string, string>, secretKeys: ["quai:secrets"] });
}

/** `Type name` of each resource, releases and content hashes left open. */
export function outline(recording: Recording<unknown>): string[] {
    return recording.resources
        .map(({ type, name }) => `${type.split(":").at(-1)} ${name.replace(/-[0-9a-f]{8}(?=$|-\d$)/, "-<hash>")}`)
        .sort();
}

/** The containers of a service. */
export const container = (resources: readonly Registered[], service: string) =>
    resources.filter(({ type, inputs }) => {
        const labels = (inputs["labels"] ?? []) as { label: string; value: string }[];
        return type === CONTAINER && labels.some(({ label, value }) => label === "io.quai.service" && value === service);
    });
