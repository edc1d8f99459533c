import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import type { CallContext, Properties, ResourceHandler, ResourceIdentity } from "../../../../tools/offline/plugins/kit/types";
import { plugin } from "../../../../tools/offline/plugins/docker";
import { EngineClient } from "../../../../tools/offline/plugins/docker/engine/client";
import { tarOf } from "../../../../tools/offline/plugins/docker/tar";

/** Begins the names of all that a test file makes, so that it can be removed whatever happens. */
export const PREFIX = `quaitest-docker-${process.pid}-${randomBytes(2).toString("hex")}`;
export const BASE_IMAGE = `${PREFIX}/base:1`;

export const engine = new EngineClient({ kind: "unix", socket: "/var/run/docker.sock", address: "unix:///var/run/docker.sock" });

export const CONTAINER = "docker:index/container:Container";
export const NETWORK = "docker:index/network:Network";
export const VOLUME = "docker:index/volume:Volume";
export const IMAGE = "docker:index/remoteImage:RemoteImage";
export const TAG = "docker:index/tag:Tag";

let counter = 0;
export const unique = (kind: string): string => `${PREFIX}-${kind}-${(counter += 1)}`;

export interface Log {
    readonly severity: string;
    readonly text: string;
    readonly ephemeral: boolean;
}

export interface TestContext extends CallContext {
    readonly logs: Log[];
    readonly controller: AbortController;
}

export function identity(type: string, name = "thing"): ResourceIdentity {
    return { type, name, urn: `urn:pulumi:test::test::${type}::${name}` };
}

/** A call's context: what is logged is kept, and the test may cancel. */
export function context(config: Properties = { host: "unix:///var/run/docker.sock" }, type = CONTAINER): TestContext {
    const controller = new AbortController();
    const logs: Log[] = [];
    const log = (severity: string, text: string, ephemeral = false) => void logs.push({ severity, text, ephemeral });
    return { config, resource: identity(type), log, signal: controller.signal, logs, controller };
}

export function handler(type: string): ResourceHandler {
    const found = plugin.resources[type];
    if (found === undefined) throw new Error(`no handler for ${type}`);
    return found;
}

/** A handler with everything optional made sure of, for one context. */
export function calls(type: string, given: TestContext = context()) {
    const of = handler(type);
    const must = <T>(part: T | undefined, name: string): T => {
        if (part === undefined) throw new Error(`${type} has no ${name}`);
        return part;
    };
    return {
        context: given,
        normalize: (inputs: Properties, previous?: Properties) => of.normalize?.(inputs, previous, identity(type)) ?? inputs,
        check: (inputs: Properties) => (of.check?.(inputs) ?? []).map(({ property, reason }) => `${property}: ${reason}`),
        diff: (state: Properties, inputs: Properties) => must(of.diff?.bind(of), "diff")("id", {}, state, inputs),
        create: (inputs: Properties) => of.create(of.normalize?.(inputs, undefined, identity(type)) ?? inputs, given),
        read: (id: string, inputs?: Properties, outputs?: Properties) => must(of.read?.bind(of), "read")(id, inputs, outputs, given),
        update: (id: string, state: Properties, inputs: Properties) => must(of.update?.bind(of), "update")(id, {}, state, inputs, given),
        delete: (id: string, outputs: Properties) => of.delete(id, {}, outputs, given),
    };
}

const APPLETS = "sh ls cat echo sleep true false wget httpd nc id env kill trap test tail head date mkdir touch chmod stat mount seq".split(
    " ",
);

/** A small image without a registry or a network: busybox alone (Debian package busybox-static). */
export async function makeBaseImage(name = BASE_IMAGE): Promise<void> {
    const busybox = ["/usr/bin/busybox", "/bin/busybox"].find((path) => existsSync(path));
    if (busybox === undefined) throw new Error("the tests need a static busybox: apt-get install -y busybox-static");
    const applets = APPLETS.map((applet) => ({
        name: `bin/${applet}`,
        mode: 0o755,
        content: Buffer.from(`#!/bin/busybox sh\nexec /bin/busybox ${applet} "$@"\n`),
    }));
    const archive = tarOf([
        { name: "bin/busybox", mode: 0o755, content: readFileSync(busybox) },
        ...applets.filter((applet) => applet.name !== "bin/sh"),
        { name: "bin/sh", mode: 0o755, content: readFileSync(busybox) },
        { name: "etc/passwd", mode: 0o644, content: Buffer.from("root:x:0:0:root:/root:/bin/sh\n") },
        { name: "tmp/.keep", mode: 0o644, content: Buffer.alloc(0) },
    ]);
    const [repo, tag] = name.split(":");
    await engine.send("POST", "/images/create", {
        query: { fromSrc: "-", repo, tag, changes: ["ENV FROM_IMAGE=yes", "LABEL from=image"] },
        body: archive,
        headers: { "Content-Type": "application/x-tar" },
    });
}

interface Named {
    readonly Id: string;
    readonly Name?: string;
    readonly Names?: readonly string[];
}

/** Removes every container, network, volume and image whose name begins with the prefix. */
export async function cleanUp(): Promise<void> {
    const containers = await engine.json<Named[]>("GET", "/containers/json", { query: { all: true } });
    for (const { Id } of containers.filter((container) => container.Names?.some((name) => name.startsWith(`/${PREFIX}`)))) {
        await engine.send("DELETE", `/containers/${Id}`, { query: { force: true, v: true } });
    }
    const networks = await engine.json<Named[]>("GET", "/networks");
    for (const { Id } of networks.filter(({ Name }) => Name?.startsWith(PREFIX))) await engine.send("DELETE", `/networks/${Id}`);
    const volumes = await engine.json<{ Volumes: Named[] | null }>("GET", "/volumes");
    for (const { Name } of (volumes.Volumes ?? []).filter((volume) => volume.Name?.startsWith(PREFIX))) {
        await engine.send("DELETE", `/volumes/${Name}`, { query: { force: true } });
    }
    const images = await engine.json<{ RepoTags: string[] | null }[]>("GET", "/images/json");
    const tags = images.flatMap((image) => image.RepoTags ?? []).filter((tag) => tag.includes(PREFIX));
    for (const tag of tags) await engine.send("DELETE", `/images/${tag}`, { query: { force: true } });
}

/** The engine's own view of an object. */
export async function inspect<T>(kind: "containers" | "networks" | "volumes" | "images", id: string): Promise<T> {
    return engine.json<T>("GET", `/${kind}/${id}${kind === "containers" || kind === "images" ? "/json" : ""}`);
}

/** Runs a command in a container and answers what it prints. */
export async function exec(container: string, ...command: string[]): Promise<string> {
    const { Id } = await engine.json<Named>("POST", `/containers/${container}/exec`, {
        json: { Cmd: command, AttachStdout: true, AttachStderr: true, Tty: true },
    });
    const response = await engine.stream("POST", `/exec/${Id}/start`, { json: { Detach: false, Tty: true } });
    let output = "";
    for await (const chunk of response.setEncoding("utf8") as AsyncIterable<string>) output += chunk;
    return output.trim();
}

/** The value, which must be there. */
export function present<T>(value: T | undefined | null): T {
    if (value === undefined || value === null) throw new Error("expected a value");
    return value;
}

// Jest's matchers are of type `any`; these may stand inside an object.
export const anyNumber: unknown = expect.any(Number);
export const matching = (pattern: RegExp | string): unknown => expect.stringMatching(pattern);
export const containing = (entries: readonly unknown[]): unknown => expect.arrayContaining([...entries]);
