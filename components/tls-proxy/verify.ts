import { script } from "../internal/shell";
import type { ProxySpec } from "./spec";

/**
 * Shell for a container with curl: asks every service for its health, by its public name over TLS, until the new release answers.
 * Words: the version in use, an address, a port, then `host path release` for each service. Waits up to 15 s.
 */
export const VERIFY = script(
    `deadline=$(($(date +%s) + 15)); version=$1; address=$2; port=$3; shift 3`,
    `for check in "$@"; do`,
    `  set -- $check`,
    `  while :; do`,
    `    answer=$(curl -sk --max-time 5 -o /dev/null -D - -H "X-Quai-Check: $version" --resolve "$1:$port:$address" "https://$1:$port$2" | tr -d '\\r' || true)`,
    `    status=$(printf '%s\\n' "$answer" | sed -n '1s/^[^ ]* \\([0-9]*\\).*/\\1/p')`,
    `    release=$(printf '%s\\n' "$answer" | sed -n 's/^[Xx]-[Qq]uai-[Rr]elease: //p')`,
    `    case "$status" in 2??|3??) if [ "$release" = "$3" ]; then break; fi ;; esac`,
    `    if [ "$(date +%s)" -ge "$deadline" ]; then`,
    `      echo "https://$1$2 must be answered by release $3 (got status \${status:-none}, release \${release:-none})" >&2; exit 1`,
    `    fi`,
    `    sleep 0.5`,
    `  done`,
    `done`,
);

/** One per service that is asked by HTTP for its health, through the name and path that the public uses. */
export function checks(spec: ProxySpec): string[] {
    return spec.routes
        .filter((route) => route.exact && route.limit?.name === "health" && route.backend.kind === "service")
        .map((route) => `${route.host ?? spec.domain} ${route.path} ${route.backend.kind === "service" ? route.backend.release : ""}`);
}
