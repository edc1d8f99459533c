import type { Compose } from "./compose";
import type { Notes } from "./notes";
import { camel } from "./words";

const IGNORED = new Set([
    ...[
        "image",
        "build",
        "command",
        "entrypoint",
        "environment",
        "env_file",
        "volumes",
        "tmpfs",
        "ports",
        "expose",
        "labels",
        "depends_on",
        "healthcheck",
    ],
    ...[
        "restart",
        "user",
        "read_only",
        "profiles",
        "deploy",
        "mem_limit",
        "cpus",
        "stop_grace_period",
        "logging",
        "secrets",
        "container_name",
        "hostname",
    ],
    ...[
        "networks",
        "links",
        "stdin_open",
        "tty",
        "init",
        "pull_policy",
        "platform",
        "working_dir",
        "mem_reservation",
        "security_opt",
        "cap_drop",
        "memswap_limit",
    ],
]);
const WHY: Readonly<Record<string, string>> = {
    privileged: "no container here has more rights than it needs",
    cap_add: "containers have no capabilities",
    devices: "containers see no devices",
    network_mode: "each stack has its own two networks",
    extra_hosts: "give the name to DNS",
    sysctls: "set it on the host",
    ulimits: "the engine's defaults apply",
    pid: "containers see their own processes only",
    configs: "put the file into the image",
};

/** Keys of services that mean nothing here, published ports, and secrets in files. */
export function unwritten(compose: Compose, own: readonly string[], notes: Notes): void {
    for (const name of own) {
        const service = compose.services[name];
        if (service === undefined) continue;
        for (const key of Object.keys(service).filter(
            (each) => !IGNORED.has(each) && !each.startsWith("x-") && service[each] !== undefined,
        )) {
            notes.left.push(`${name}: ${key}: ${WHY[key] ?? "has no counterpart"}`);
        }
        const named = Object.values(compose.variables[name] ?? {});
        for (const secret of service.secrets.filter((each) => !named.includes(`/run/secrets/${each}`)))
            notes.check.push(`${name}: no variable names the file /run/secrets/${secret}: write one, as \${file:secrets.${camel(secret)}}`);
        if (service.env_file.some((each) => compose.missing.includes(each)))
            notes.check.push(`${name}: its env file isn't there: add its variables to env`);
    }
}
