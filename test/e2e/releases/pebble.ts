import "./area";
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { checkout, docker, HOST, HTTP, STACK, STACK_ID } from "../support/checkout";
import { equivalent } from "../support/images";

/*
 * Let's Encrypt's own test server, from the distribution's package. It is a container that sleeps, so that the server in it can be down;
 * it joins the stack's network once that is there, and finds the proxy by the host name that it is to vouch for.
 */

const NAME = `${STACK_ID}-acme`;
export const ACME_SERVER = "https://acme-server:14000/dir";

const CONFIG = {
    pebble: {
        listenAddress: "0.0.0.0:14000",
        managementListenAddress: "127.0.0.1:15000",
        certificate: "/pebble/server.pem",
        privateKey: "/pebble/server.key",
        httpPort: HTTP,
        tlsPort: 5001,
    },
};

const DOCKERFILE = (base: string) => `FROM ${base}
RUN apt-get update && apt-get install -y --no-install-recommends pebble openssl curl
RUN mkdir /pebble && cd /pebble && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=acme-server \\
    -addext subjectAltName=DNS:acme-server -addext extendedKeyUsage=serverAuth -keyout server.key -out server.pem
RUN printf '%s' '${JSON.stringify(CONFIG)}' > /pebble/config.json
ENV PEBBLE_VA_NOSLEEP=1 PEBBLE_WFE_NONCEREJECT=0
CMD ["sleep", "infinity"]
`;

/** The container, with the authority of its own address where the settings look for it. The server in it doesn't run yet. */
export async function startPebble(): Promise<void> {
    const base = await equivalent("debian");
    execFileSync("docker", ["build", "--network", "host", "--quiet", "--tag", NAME, "-"], {
        input: DOCKERFILE(base),
        stdio: "pipe",
    });
    docker("run", "--detach", "--name", NAME, "--init", NAME);
    const file = join(checkout(), ".quai", "pebble.pem");
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, docker("exec", NAME, "cat", "/pebble/server.pem"));
}

export function stopPebble(): void {
    for (const words of [
        ["rm", "--force", NAME],
        ["image", "rm", NAME],
    ]) {
        try {
            docker(...words);
        } catch {
            // It was never there.
        }
    }
}

function isConnected(): boolean {
    return docker("inspect", "--format", "{{json .NetworkSettings.Networks}}", NAME).includes(`${STACK_ID}-app`);
}

/** The server answers from now on, and its root is what the tests' clients trust. */
export function wakePebble(): void {
    // The host, as a container sees it: the proxy's ports are its own.
    const address = docker("network", "inspect", "--format", "{{(index .IPAM.Config 0).Gateway}}", `${STACK_ID}-app`).trim();
    if (!isConnected()) docker("network", "connect", "--alias", "acme-server", `${STACK_ID}-app`, NAME);
    docker("exec", NAME, "sh", "-c", `printf '127.0.0.1 localhost\\n%s %s\\n' ${address} ${HOST} > /etc/hosts`);
    // One process throughout: it forgets accounts and authority when it ends.
    if (!docker("exec", NAME, "sh", "-c", "pidof pebble || true").trim())
        docker("exec", "--detach", NAME, "pebble", "-config", "/pebble/config.json");
    docker("exec", NAME, "sh", "-c", "until curl -fsk -o /dev/null https://localhost:15000/roots/0; do sleep 0.2; done");
    const root = docker("exec", NAME, "curl", "-fsk", "https://localhost:15000/roots/0");
    mkdirSync(join(checkout(), ".quai", STACK), { recursive: true });
    writeFileSync(join(checkout(), ".quai", STACK, "ca.crt"), root);
}

export function putPebbleToSleep(): void {
    docker("network", "disconnect", `${STACK_ID}-app`, NAME);
}
