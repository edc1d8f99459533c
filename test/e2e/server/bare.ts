import "./area";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { debian, ubuntu } from "../../../tools/offline/images/aptSources";
import { importBase } from "../../../tools/offline/images/base";
import { Docker } from "../../../tools/offline/images/docker";
import { imageCacheFolder } from "../../../tools/offline/images";
import { withLock } from "../../../tools/offline/images/lock";
import { base, type BaseRecipe } from "../../../tools/offline/images/recipes";
import { ask, type Answer } from "../support/ask";
import { checkout, quai, removeObjects, type StackConfig } from "../support/checkout";
import { equivalent } from "../support/images";
import { buildMachineImage, hostKeyOf, inside, removeMachine, startMachine } from "./machine";
import { key } from "./stack";

/** Bare machines of other systems, one at a time, each with one page on it. */
export interface System {
    readonly title: string;
    /** As in its os-release. */
    readonly id: "debian" | "ubuntu";
    readonly root: BaseRecipe;
    /** What this distribution's installer leaves, besides. */
    readonly also: readonly string[];
}

const UBUNTU = ["systemd-timesyncd", "ufw", "unattended-upgrades"];
export const SYSTEMS: readonly System[] = [
    { title: "Debian 13", id: "debian", root: base("trixie", debian), also: ["systemd-timesyncd"] },
    { title: "Ubuntu 22.04", id: "ubuntu", root: base("jammy", ubuntu), also: UBUNTU },
    { title: "Ubuntu 24.04", id: "ubuntu", root: base("noble", ubuntu), also: [...UBUNTU, "systemd-resolved"] },
];

export const MACHINE = "quai-server-bare";
export const STACK = "bare";
export const SSH = 19026;
export const HTTP = 19086;
export const HTTPS = 19446;
const HOST = "bare.localhost";
export const SWAP_BYTES = 64 * 1024 ** 2;

/** The root file system's image, from the cache or made now. */
export async function rootImage(root: BaseRecipe): Promise<string> {
    const docker = new Docker();
    const cache = imageCacheFolder();
    const silent = () => undefined;
    await withLock(join(cache, "build.lock"), silent, async () => {
        if (!(await docker.present([root.tag])).has(root.tag)) await importBase(root, docker, cache, silent);
    });
    return root.tag;
}

export async function startBare({ root, also }: System): Promise<void> {
    const image = `${MACHINE}:${root.suite}`;
    buildMachineImage(await rootImage(root), image, also);
    startMachine(MACHINE, key(), { ssh: SSH, ports: [HTTP, HTTPS], image });
}

/** The machine is gone, and so is what this side knew of it. */
export async function endBare(): Promise<void> {
    await quai("down", STACK, "--yes", "--delete-data");
    removeMachine(MACHINE);
    removeObjects(STACK);
}

/** One service, from the demonstration's page: what a machine takes to build, run and serve something. */
export async function settings(packages: "distribution" | "official", host: StackConfig = {}): Promise<void> {
    const config = {
        "quai:application": "custom",
        "quai:environment": "development",
        "quai:domain": HOST,
        "quai:ports": { http: HTTP, https: HTTPS, address: "0.0.0.0" },
        "quai:backup": false,
        "quai:images": { page: { build: "examples/demo/web", args: { BASE: await equivalent("nginx") } } },
        "quai:custom": {
            name: STACK,
            services: { page: { port: 8080, user: "101:101", health: { http: "/health" }, memory: "128m" } },
            routes: [{ path: "/", to: "page" }],
        },
        "quai:target": { kind: "docker", host: `ssh://deploy@127.0.0.1:${SSH}`, hostKey: hostKeyOf(MACHINE), identityFile: key() },
        "quai:host": {
            hostname: "bare-1",
            docker: { packages, dns: ["9.9.9.9"] },
            minimum: { cpus: 1, memory: "1g", disk: "10g" },
            rootLogin: false,
            swap: "64m",
            fail2ban: true,
            ...host,
        },
    };
    writeFileSync(join(checkout(), `Pulumi.${STACK}.yaml`), JSON.stringify({ config }, null, 2));
}

export const up = () => quai("up", STACK, "--yes");

/** A request from this side of the machine, over TLS that is checked. */
export function page(path = "/"): Promise<Answer> {
    const ca = readFileSync(join(checkout(), ".quai", STACK, "ca.crt"), "utf8");
    return ask(path, { port: HTTPS, servername: HOST, ca, headers: { Host: `${HOST}:${HTTPS}` } });
}

export const installed = (...names: readonly string[]) =>
    inside(
        MACHINE,
        `dpkg-query -W -f '\${db:Status-Status} \${Package}\\n' ${names.join(" ")} 2>/dev/null | sed -n 's/^installed //p' | sort`,
    )
        .split("\n")
        .filter((name) => name !== "");
