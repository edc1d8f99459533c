import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseDocument } from "yaml";
import { SetupError } from "../engine/types";

type Fields = Record<string, unknown>;

/** Keys whose value in a later file takes the place of the former one, though it's a list. */
const REPLACED = ["command", "entrypoint", "test"];
/** Keys that are written as a list of `KEY=value` or as a map. */
const PAIRS = ["environment", "labels", "args", "annotations", "sysctls", "extra_hosts"];

/** A YAML file as plain values, with its anchors and merge keys followed. @throws SetupError where it can't be read or isn't YAML */
export function readYaml(path: string): Fields {
    const document = parseDocument(readText(path), { merge: true });
    const [broken] = document.errors;
    if (broken !== undefined) throw new SetupError(`${path}: ${broken.message}`, 2);
    // Large files of one hand use an anchor for each service; the limit is against files of strangers.
    const content: unknown = document.toJS({ maxAliasCount: -1 });
    if (!isFields(content) || !isFields(content["services"])) throw new SetupError(`${path}: has no services: it isn't a compose file`, 2);
    return content;
}

export function readText(path: string): string {
    try {
        return readFileSync(path, "utf8");
    } catch {
        throw new SetupError(`${path}: can't be read; give the path of a compose file`, 2);
    }
}

/** Several files as one, the later ones over the former, and services with what they extend, as compose does both. */
export function readMerged(paths: readonly string[]): Fields {
    const [first = "", ...rest] = paths;
    const merged = rest.reduce<Fields>((whole, path) => mergedFields(whole, readYaml(path)), readYaml(first));
    const services = merged["services"] as Fields;
    return {
        ...merged,
        services: Object.fromEntries(Object.keys(services).map((name) => [name, extended(services, name, dirname(first))])),
    };
}

function extended(services: Fields, name: string, folder: string, seen: readonly string[] = []): unknown {
    const service = services[name];
    if (!isFields(service) || service["extends"] === undefined) return service;
    const { extends: from, ...own } = service;
    const { service: of, file } = isFields(from) ? from : { service: from, file: undefined };
    const base = String(of);
    const path = typeof file === "string" ? join(folder, file) : undefined;
    const key = `${path ?? ""} ${base}`;
    if (seen.includes(key)) throw new SetupError(`services.${name}.extends: leads back to itself (${base})`, 2);
    if (path !== undefined && !existsSync(path)) throw new SetupError(`services.${name}.extends: ${path} isn't there`, 2);
    const others = path === undefined ? services : (readYaml(path)["services"] as Fields);
    if (others[base] === undefined) throw new SetupError(`services.${name}.extends: there is no service ${base}`, 2);
    return mergedFields(extended(others, base, path === undefined ? folder : dirname(path), [...seen, key]) as Fields, own);
}

function mergedFields(former: Fields, later: Fields): Fields {
    const keys = new Set([...Object.keys(former), ...Object.keys(later)]);
    return Object.fromEntries(
        [...keys].map((key) => [key, key in later ? (key in former ? merged(key, former[key], later[key]) : later[key]) : former[key]]),
    );
}

function merged(key: string, former: unknown, later: unknown): unknown {
    if (REPLACED.includes(key)) return later;
    const [a, b] = [former, later].map((value) => shaped(key, value));
    if (isFields(a) && isFields(b)) return mergedFields(a, b);
    if (!Array.isArray(a) || !Array.isArray(b)) return later ?? former;
    if (key !== "volumes") return [...new Set([...(a as unknown[]), ...(b as unknown[])])];
    // One volume for each folder of the container: the later one.
    const targets = b.map(targetOf);
    return [...(a as unknown[]).filter((each) => !targets.includes(targetOf(each))), ...(b as unknown[])];
}

/** The long form of what may be written shortly, so that two of them can be merged. */
function shaped(key: string, value: unknown): unknown {
    if (PAIRS.includes(key) && Array.isArray(value)) {
        return Object.fromEntries(
            value.map(String).map((line) => {
                const at = line.indexOf("=");
                return at < 0 ? [line, null] : [line.slice(0, at), line.slice(at + 1)];
            }),
        );
    }
    if (key === "build" && typeof value === "string") return { context: value };
    if (key === "depends_on" && Array.isArray(value)) {
        return Object.fromEntries(value.map((name) => [String(name), { condition: "service_started" }]));
    }
    return ["env_file", "tmpfs"].includes(key) && typeof value === "string" ? [value] : value;
}

function targetOf(volume: unknown): unknown {
    if (typeof volume !== "string") return isFields(volume) ? volume["target"] : undefined;
    const [first, second] = volume.split(":");
    return second ?? first;
}

function isFields(value: unknown): value is Fields {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}
