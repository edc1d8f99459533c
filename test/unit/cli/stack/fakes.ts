import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DockerHost } from "../../../../tools/cli/stack/docker";
import type { Session } from "../../../../tools/cli/stack/session";
import { Terminal } from "../../../../tools/cli/terminal";
import type { Engine } from "../../../../tools/engine/types";
import { parse } from "../../settings/base";

/** What a stand-in for a program prints, by the beginning of its arguments. */
export type Answers = Readonly<Record<string, string>>;

/** A program that notes what it's asked, on one line each, and prints what it's told to; `!` in front of an answer is a failure. */
export function fakeProgram(folder: string, name: string, answers: Answers): { readonly path: string; readonly asked: () => string[] } {
    const bin = mkdtempSync(join(folder, `${name}-`));
    const [path, log] = [join(bin, name), join(bin, "log")];
    writeFileSync(log, "");
    const cases = Object.entries(answers).map(([beginning, text], index) => {
        const failed = text.startsWith("!");
        writeFileSync(join(bin, `answer-${index}`), failed ? text.slice(1) : text);
        return `"${beginning}"*) cat "${bin}/answer-${index}"${failed ? " >&2; exit 1" : "; exit 0"} ;;`;
    });
    const body = [
        "#!/bin/sh",
        `echo "$*" >> "${log}"`,
        `case "$*" in`,
        ...cases,
        "esac",
        `case "$*" in *import*) cat > "${bin}/input" ;; esac`,
    ];
    writeFileSync(path, `${body.join("\n")}\n`, { mode: 0o755 });
    return {
        path,
        asked: () =>
            readFileSync(log, "utf8")
                .split("\n")
                .filter((line) => line !== ""),
    };
}

/** A line of `docker ps` as the host class asks for it. */
export function container(line: {
    id: string;
    name?: string;
    state?: string;
    status?: string;
    role?: string;
    service?: string;
    release?: string;
}): string {
    const { id, name = id, state = "running", status = "Up 2 minutes (healthy)", role = "service", service = name, release = "" } = line;
    return [id, name, state, status, role, service, release].join("\t");
}

export interface FakeStack {
    readonly session: Session;
    readonly docker: () => string[];
    readonly pulumi: () => string[];
    /** What the engine was handed on its standard input. */
    readonly imported: () => string;
    /** Where the file backend keeps things. */
    readonly state: string;
}

/** Stack `dev` of the demonstration, with stand-ins for docker and the engine, and real files for its state. */
export function fakeStack(
    folder: string,
    docker: Answers,
    resources?: readonly object[],
    pulumi: Answers = {},
    pending: readonly object[] = [],
): FakeStack {
    const checkout = mkdtempSync(join(folder, "checkout-"));
    const state = join(checkout, "state", ".pulumi");
    mkdirSync(join(state, "stacks", "quai"), { recursive: true });
    if (resources !== undefined) {
        const checkpoint = { latest: { resources, ...(pending.length === 0 ? {} : { pending_operations: pending }) } };
        writeFileSync(join(state, "stacks", "quai", "dev.json"), JSON.stringify({ version: 3, checkpoint }));
    }
    const programs = { docker: fakeProgram(folder, "docker", docker), pulumi: fakeProgram(folder, "pulumi", pulumi) };
    const path = `${join(programs.docker.path, "..")}:${process.env["PATH"]}`;
    const engine: Engine = {
        source: "installed",
        pulumi: programs.pulumi.path,
        version: "3.259.0",
        languageHost: "/nowhere",
        checkout,
        home: join(checkout, "home"),
        env: { PATH: process.env["PATH"] ?? "", PULUMI_BACKEND_URL: `file://${join(checkout, "state")}` },
    };
    const session: Session = {
        checkout,
        stack: "dev",
        settings: parse({ environment: "development", tls: { mode: "local" } }, { stack: "dev" }),
        engine,
        host: new DockerHost("demo-dev", undefined, { PATH: path }),
        configFile: "none",
        dockerEnv: {},
    };
    const imported = () => readFileSync(join(programs.pulumi.path, "..", "input"), "utf8");
    return { session, docker: programs.docker.asked, pulumi: programs.pulumi.asked, imported, state };
}

/** A terminal whose lines can be read. */
export function listening(): { readonly out: Terminal; readonly said: () => string } {
    const said: string[] = [];
    const stream = { write: (text: string) => (said.push(text), true) } as unknown as NodeJS.WritableStream;
    return { out: new Terminal({ out: stream, err: stream, env: { NO_COLOR: "1" } }), said: () => said.join("") };
}

export const STACK = "pulumi:pulumi:Stack";
export const CONTAINER = "docker:index/container:Container";
export const VOLUME = "docker:index/volume:Volume";
export const COMMAND = "command:local:Command";

export function urn(type: string, name: string): string {
    return `urn:pulumi:dev::quai::${type}::${name}`;
}
