/** Whether the engine (not this machine) reaches the registry of an image. */
import { spawn } from "node:child_process";
import { formatReference, parseReference } from "../../../components/internal/images";
import { Docker, type DockerOptions } from "./docker";

export interface RegistryOptions {
    /** Milliseconds to wait for the answer; none in time counts as no. @default 8000 */
    readonly timeoutMs?: number;
    /** @default the command line's own choice */
    readonly docker?: DockerOptions;
}

/** One answer of the engine's HTTP interface. */
export interface EngineAnswer {
    readonly status: number;
    readonly body: string;
}

/** The status and the body of a raw HTTP answer; undefined where it isn't one. */
export function readAnswer(raw: string): EngineAnswer | undefined {
    const status = /^HTTP\/1\.[01] (\d{3})/.exec(raw)?.[1];
    const head = raw.indexOf("\r\n\r\n");
    return status === undefined || head < 0 ? undefined : { status: Number(status), body: raw.slice(head + 4) };
}

/**
 * Whether a registry stands behind the engine's answer. A refusal (login wanted, no such image, too many requests) comes from one too;
 * what's left is the engine's own report that it found or reached none.
 */
export function comesFromRegistry(answer: EngineAnswer): boolean {
    if ([200, 401, 403, 404].includes(answer.status)) return true;
    return /toomanyrequests|unauthorized|denied: |manifest unknown|no basic auth credentials/i.test(answer.body);
}

/**
 * Asks the engine's own interface through the command line's connection, so that it works alike over a socket, TLS and ssh, and
 * without touching the client's network. Nothing is pulled.
 */
function askEngine(path: string, docker: Docker, timeoutMs: number): Promise<EngineAnswer | undefined> {
    return new Promise((resolve) => {
        const child = spawn(docker.command, ["system", "dial-stdio"], { env: docker.env, stdio: ["pipe", "pipe", "ignore"] });
        let raw = "";
        const finish = (answer: EngineAnswer | undefined): void => {
            clearTimeout(timer);
            child.kill();
            resolve(answer);
        };
        const timer = setTimeout(() => finish(undefined), timeoutMs);
        child.on("error", () => finish(undefined));
        child.stdin.on("error", () => undefined);
        child.stdout.setEncoding("utf8").on("data", (chunk: string) => (raw += chunk));
        child.stdout.on("end", () => finish(readAnswer(raw)));
        // The input stays open: closing it would look like a client that has left.
        child.stdin.write(`GET ${path} HTTP/1.0\r\nHost: docker\r\n\r\n`);
    });
}

/**
 * True where the engine gets an answer from the registry of `reference`, even if it's a refusal: then pulling, or the registry's own message, is
 * the way on. False where there's no such host, no connection, or no answer in time.
 */
export async function registryAnswers(reference: string, options: RegistryOptions = {}): Promise<boolean> {
    const name = formatReference(parseReference(reference));
    const answer = await askEngine(`/distribution/${name}/json`, new Docker(options.docker), options.timeoutMs ?? 8000);
    return answer !== undefined && comesFromRegistry(answer);
}
