import { labelArguments } from "../internal/labels";
import { script, sh } from "../internal/shell";
import type { DockerTarget } from "../targets";
import { ACME_FOLDER, CHECK_PORT, LISTEN_BY_ITSELF } from "./nginx";
import type { ProxySpec } from "./spec";
import { checks, VERIFY } from "./verify";

export interface Trial {
    /** Of the configurations. */
    readonly volume: string;
    /** Volume whose certificate is served, where an ACME server gives it. @default the one that comes with the configuration */
    readonly acmeVolume?: string;
    readonly uid: number;
    readonly version: string;
    readonly spec: ProxySpec;
}

/**
 * Proves a release before anybody is led to it: another nginx, with the new configuration and in the proxy's network, is asked for every
 * service as the public will ask. Nobody else reaches it. The shell's variable `next` names the configuration's folder in its volume.
 */
export function tryConfiguration(target: DockerTarget, { volume, acmeVolume, uid, version, spec }: Trial): string {
    const run = sh(
        ...["docker", "run", "--rm", "--network", target.name("app"), "--user", `${uid}:${uid}`, "--read-only", "--tmpfs", "/tmp"],
        ...["--cap-drop", "ALL", "--security-opt", "no-new-privileges:true", ...labelArguments(target.stack, { role: "tool" })],
        ...(acmeVolume === undefined ? [] : ["--volume", `${acmeVolume}:${ACME_FOLDER}:ro`]),
        ...["--volume", `${volume}:/files:ro`, "--entrypoint", "/bin/sh", target.toolbox, "-euc", TRIAL, "trial"],
    );
    return `${run} "$next" ${sh(version, "127.0.0.1", CHECK_PORT, ...checks(spec))}`;
}

// What is wrong with a container that is healthy to itself is in nginx's log; the client sees no more than 502.
const TRIAL = script(
    "folder=$1; shift",
    LISTEN_BY_ITSELF,
    `nginx -p "/files/$folder/" -c nginx.conf -g 'daemon off;' >/tmp/trial.log 2>&1 &`,
    "trap 'kill $! 2>/dev/null || :' EXIT",
    `if ! (\n${VERIFY}\n); then`,
    "  kill -0 $! 2>/dev/null || cat /tmp/trial.log >&2",
    `  said=$(sed -n 's/^[^*]*\\*[0-9]* \\(.*\\), client: .*, upstream: "\\([^"]*\\)".*/\\1 (\\2)/p' /tmp/trial.log | tail -n 1)`,
    '  if [ -n "$said" ]; then echo "the proxy says: $said" >&2; fi',
    `  case "$said" in *"Connection refused"*) echo "its own health check passes, so look at what it listens on: it must be all addresses (0.0.0.0), not 127.0.0.1" >&2 ;; esac`,
    "  exit 1",
    "fi",
);
