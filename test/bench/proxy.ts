/**
 * Throughput over TLS of the proxy with everything on, against a bare nginx with the configuration that a guide gives, in turn in one run:
 *
 *     node -r ./tools/engine/typescript.cjs test/bench/proxy.ts [rounds] [seconds]
 *
 * Both run the same nginx image, with the same certificate, before the same service; wrk asks from a container on their network. Limits
 * are on, and so high that they never bite. Needs Docker and openssl.
 */
import { readFileSync } from "node:fs";
import { officialImage } from "../../components/internal/images";
import { FIND_SERVICES } from "../../components/tls-proxy/known-docker";
import { CONFIG_FOLDER, LISTEN_BY_ITSELF, nginxConfig } from "../../components/tls-proxy/nginx";
import { resolveProxy } from "../../components/tls-proxy/spec";
import { imagesFor } from "../../tools/offline/images";
import { guideConfig, serviceConfig } from "./guide-nginx";
import { certificate, conditions, inTurn, median, range, run, table } from "./measure";

const NAME = "quai-bench";
const HTTPS_PORT = 8443;
const NEVER = { requests: 1_000_000, per: "second" } as const;
const CONNECTIONS = 50;
/** The first is what the others are compared with. */
const TITLES: Readonly<Record<string, string>> = {
    guide: "bare nginx, the guide's configuration, a connection to the service for each request",
    kept: "the same, connections to the service kept: the default since nginx 1.29.7",
    ours: "quai's proxy, all limits and headers on",
};

/** The configuration that the demonstration's proxy has, with limits that never bite. */
function ours(): string {
    const service = { name: "service", release: "bench", address: "service", port: 8080, healthPath: "/health", ready: [] };
    const spec = resolveProxy({
        domain: "ours",
        ports: { http: 80, https: 443, address: "0.0.0.0" },
        routes: [
            { path: "/api/", to: service, limit: { name: "api", rate: NEVER, burst: 10_000 } },
            { path: "/api/token", exact: true, to: service, limit: { name: "login", rate: NEVER, burst: 10_000 } },
            { path: "/assets/", to: service, cache: { seconds: 31536000, immutable: true } },
            { path: "/", to: service },
        ],
    });
    return nginxConfig(spec, "bench");
}

/** A container with files in a volume of its own, known by its name on the network. */
function start(image: string, name: string, files: Readonly<Record<string, string>>): void {
    const object = `${NAME}-${name}`;
    run("docker", ["volume", "create", object]);
    for (const [file, content] of Object.entries(files)) {
        const write = ["-c", 'cat > "$0" && chmod 0444 "$0"', `/files/${file}`];
        run("docker", ["run", "--rm", "-i", "--user", "0:0", "-v", `${object}:/files`, "--entrypoint", "/bin/sh", image, ...write], {
            input: content,
        });
    }
    run("docker", [
        ...["run", "--detach", "--name", object, "--network", NAME, "--network-alias", name, "--user", "101:101", "--read-only"],
        ...["--tmpfs", "/tmp", "-v", `${object}:${CONFIG_FOLDER}/current:ro`, "--log-opt", "max-size=50m", "--log-opt", "max-file=2"],
        ...[
            "--entrypoint",
            "/bin/sh",
            image,
            "-euc",
            `${LISTEN_BY_ITSELF}\n${FIND_SERVICES}\nexec nginx "$@"`,
            "nginx",
            "-p",
            `${CONFIG_FOLDER}/current/`,
            "-c",
            "nginx.conf",
            "-g",
            "daemon off;",
        ],
    ]);
}

function removeAll(): void {
    for (const name of [...Object.keys(TITLES), "service"]) {
        for (const words of [
            ["rm", "--force"],
            ["volume", "rm", "--force"],
        ]) {
            try {
                run("docker", [...words, `${NAME}-${name}`]);
            } catch {
                // It was never made.
            }
        }
    }
    for (const words of [
        ["network", "rm", NAME],
        ["image", "rm", `${NAME}-wrk`],
    ]) {
        try {
            run("docker", words);
        } catch {
            // The same.
        }
    }
}

interface Load {
    readonly perSecond: number;
    /** Processor time that the proxy itself used, in microseconds for each request: unlike throughput, hardly disturbed by other work. */
    readonly cost: number;
    readonly p99: string;
}

const TICKS_PER_SECOND = 100;

/** Seconds of processor time that nginx and its workers have used so far. */
function processorTime(name: string): number {
    const master = run("docker", ["inspect", "--format", "{{.State.Pid}}", `${NAME}-${name}`]).trim();
    const workers = readFileSync(`/proc/${master}/task/${master}/children`, "utf8").trim().split(" ");
    const ticks = [master, ...workers].map((pid) => {
        // After the name, which may hold spaces: the 12th and 13th field are user and system time.
        const fields = (readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1) ?? "").split(" ");
        return Number(fields[11]) + Number(fields[12]);
    });
    return ticks.reduce((sum, value) => sum + value, 0) / TICKS_PER_SECOND;
}

/** @throws Error when an answer wasn't 2xx: a refusal is quick and would look like speed */
function load(host: string, duration: number): Load {
    const before = processorTime(host);
    const address = `https://${host}:${HTTPS_PORT}/api/thing`;
    const said = run("docker", [
        "run",
        "--rm",
        "--network",
        NAME,
        `${NAME}-wrk`,
        "-t2",
        `-c${CONNECTIONS}`,
        `-d${duration}s`,
        "--latency",
        address,
    ]);
    const used = processorTime(host) - before;
    if (/Non-2xx|Socket errors/.test(said)) throw new Error(`${host} refused some:\n${said}`);
    const requests = Number(/(\d+) requests in/.exec(said)?.[1]);
    const perSecond = Number(/Requests\/sec:\s+([\d.]+)/.exec(said)?.[1]);
    return { perSecond, cost: (used / requests) * 1e6, p99: /99%\s+(\S+)/.exec(said)?.[1] ?? "" };
}

async function main(rounds: number, duration: number): Promise<void> {
    const before = conditions();
    const official = { nginx: officialImage("nginx"), debian: officialImage("debian") };
    const { imageMirror } = await imagesFor(Object.values(official).map((reference) => ({ reference })));
    const image = (reference: string) => imageMirror[reference] ?? reference;
    const loads: Record<string, Load[]> = Object.fromEntries(Object.keys(TITLES).map((name) => [name, []]));
    removeAll();
    try {
        run("docker", ["build", "--network", "host", "--tag", `${NAME}-wrk`, "-"], {
            input: `FROM ${image(official.debian)}\nRUN apt-get update && apt-get install -y --no-install-recommends wrk\nENTRYPOINT ["wrk"]\n`,
        });
        run("docker", ["network", "create", NAME]);
        const { pem, key } = certificate("ours");
        const tls = { "certificate.pem": pem, "key.pem": key };
        start(image(official.nginx), "service", { "nginx.conf": serviceConfig() });
        start(image(official.nginx), "guide", { "nginx.conf": guideConfig("guide", HTTPS_PORT, "1.0"), ...tls });
        start(image(official.nginx), "kept", { "nginx.conf": guideConfig("kept", HTTPS_PORT, "1.1"), ...tls });
        start(image(official.nginx), "ours", { "nginx.conf": ours(), ...tls });
        const measured = (host: string) => () => {
            const found = load(host, duration);
            loads[host]?.push(found);
            return found.perSecond;
        };
        const found = inTurn(Object.fromEntries(Object.keys(TITLES).map((name) => [name, measured(name)])), rounds);
        const cost = (name: string) => median((loads[name] ?? []).slice(1).map((each) => each.cost));
        const rows = Object.entries(found).map(([name, values]) => [
            TITLES[name] ?? name,
            median(values).toFixed(0),
            range(values, 0),
            (median(values) / median(found["guide"] ?? [])).toFixed(2),
            cost(name).toFixed(0),
            (loads[name] ?? [])
                .slice(1)
                .map(({ p99 }) => p99)
                .join(", "),
        ]);
        console.log(`${before}\nnginx: ${image(official.nginx)}, ${CONNECTIONS} connections, ${duration} s a round`);
        console.log(
            table(["what", "requests/s, median", "from … to", "ratio", "processor time of nginx, µs per request", "99th percentile"], rows),
        );
    } finally {
        removeAll();
    }
}

const [rounds = "5", duration = "10"] = process.argv.slice(2);
main(Number(rounds), Number(duration)).catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
});
