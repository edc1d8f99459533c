import { volumeTool, volumeToolSeeing } from "../internal/docker/file-volume";
import { LABEL, type Role } from "../internal/labels";
import { quote, script, sh } from "../internal/shell";
import type { DockerTarget } from "../targets";
import { collectAssets, publishAssets } from "./assets-docker";
import { FIND_SERVICES } from "./known-docker";
import { ACME_FOLDER, CHECK_PORT, CONFIG_FOLDER, LISTEN_BY_ITSELF, LISTEN_FOLDER, STATUS_PORT } from "./nginx";
import type { FrontDoor } from "./ports-docker";
import type { ProxySpec } from "./spec";
import { tryConfiguration } from "./trial-docker";
import { checks, VERIFY } from "./verify";

/**
 * Writes the configuration of the very first start; one that is in use already stays, but for what it listens on if it is of an earlier quai,
 * whose proxies had ports of their own. Reads nginx.conf from standard input.
 */
export function firstConfiguration(uid: number): string {
    return script(
        "cd /files",
        'if [ -e current/nginx.conf ] && [ "$(readlink current)" != starting ]; then',
        `  if ! grep -q ${LISTEN_FOLDER}/ current/nginx.conf; then`,
        `    sed -i 's#listen 8080[^;]*;#include ${LISTEN_FOLDER}/http;#; s#listen 8443[^;]*;#include ${LISTEN_FOLDER}/https;#' current/nginx.conf`,
        `    chown ${uid}:${uid} current/nginx.conf`,
        "  fi",
        "  exit 0",
        "fi",
        "mkdir -p starting; cat > starting/nginx.conf",
        `chown -R ${uid}:${uid} . ; ln -sfn starting current`,
    );
}

export interface Switch {
    readonly volume: string;
    readonly container: string;
    readonly door: FrontDoor;
    /** Containers that hold its ports; others of the stack are no longer needed after the switch. */
    readonly holders: readonly string[];
    readonly uid: number;
    readonly version: string;
    readonly spec: ProxySpec;
    /** Volume whose certificate is served, where an ACME server gives it. @default the one that comes with the configuration */
    readonly acmeVolume?: string;
    /** Volume for files that outlive their release. @default none are kept */
    readonly assetsVolume?: string;
}

/**
 * The switch to another configuration: written beside the one in use, tested by nginx, tried by a proxy that nobody else reaches, put in
 * place by one rename, reloaded, and asked for the new release. What the trial finds wrong no client ever notices. Where the container is a
 * new one beside a former one, that is told to finish, and the front door asked once more. When a step fails, the former configuration is
 * put back, the former container serves, and the script fails.
 * Reads `name base64` lines from standard input.
 */
export function switchConfiguration(target: DockerTarget, args: Switch): string {
    const run = (container: string, program: string, ...words: readonly string[]) =>
        sh("docker", "exec", container, "/bin/sh", "-euc", program, "check", ...words);
    const exec = (program: string, ...words: readonly string[]) => run(args.container, program, ...words);
    const reload = exec(RELOAD);
    const refused = (outcome: string) => [
        ...failureLogs(args.spec, target),
        // Last, as errors are read from their end, and of long ones only the end may be shown.
        `printf '%s\\n%s\\n' "$why" ${quote(outcome)} >&2`,
        "exit 1",
    ];
    const failed = [volumeTool(target, args.volume, PUT_BACK), reload, ...refused("the former routes are in use again")];
    const { assetsVolume: assets } = args;
    return script(
        assets !== undefined && collectAssets(target, args.spec, assets, args.uid),
        `next=$(${volumeToolSeeing(
            target,
            args.acmeVolume === undefined ? [] : [{ volume: args.acmeVolume, path: ACME_FOLDER }],
            ...([args.volume, WRITE_AND_TEST, args.uid, args.acmeVolume === undefined ? "" : `${ACME_FOLDER}/served`] as const),
        )})`,
        `if ! why=$(${tryConfiguration(target, args)} 2>&1); then`,
        ...refused("nobody was led to the new release: the routes in use were not touched"),
        "fi",
        `${volumeTool(target, args.volume, PUT_IN_PLACE)} "$next"`,
        `workers=$(${exec(WORKERS)})`,
        `take() { ${reload} && ${exec(TAKEN, args.version)}; }`,
        // Once more: when a holder of a port was replaced, the proxy is just starting again.
        `if ! why=$({ { take || { sleep 6; take; }; } && ${exec(VERIFY, args.version, "127.0.0.1", String(CHECK_PORT), ...checks(args.spec))}; } 2>&1); then`,
        ...failed,
        "fi",
        `formers=$(${others(target, "proxy", [args.container])})`,
        `closed=$(${others(target, "port", args.holders)})`,
        'for each in $formers; do docker exec "$each" touch /tmp/leaving || true; done',
        // A holder goes first: its proxies accept what is in the queue of its socket until they close it.
        'if [ -n "$closed" ]; then docker stop $closed >/dev/null; fi',
        // Their own stop signal, by which the engine knows, too, that they aren't to be started again.
        'if [ -n "$formers" ]; then docker kill --signal QUIT $formers >/dev/null; fi',
        `if ! why=$(${run(args.door.container, VERIFY, args.version, args.door.address, String(args.door.port), ...checks(args.spec))} 2>&1); then`,
        'if [ -n "$closed" ]; then docker start $closed >/dev/null; fi',
        'if [ -n "$formers" ]; then docker restart --time 5 $formers >/dev/null; fi',
        ...failed,
        "fi",
        assets !== undefined && publishAssets(target, args.spec, assets),
        `${exec(DRAIN, String(args.spec.drain))} $workers`,
        waitForEnd(args.spec.drain),
    );
}

/** Ids of the stack's other containers of a role that run. */
function others(target: DockerTarget, role: Role, names: readonly string[]): string {
    const filters = [`label=${LABEL.stack}=${target.stack}`, `label=${LABEL.role}=${role}`].flatMap((filter) => ["--filter", filter]);
    const own = names.map((name) => `/ ${name.replaceAll(".", "\\.")}$/d`).join("; ");
    return `${sh("docker", "ps", ...filters, "--format", "{{.ID}} {{.Names}}")} | sed ${quote(`${own}; s/ .*//`)}`;
}

/** The former proxies finish what they have; at the latest after the drain time they may still have WebSockets, which their services close. */
function waitForEnd(drain: number): string {
    return script(
        `deadline=$(($(date +%s) + ${drain}))`,
        'while [ -n "$formers" ] && [ -n "$(docker ps --quiet --no-trunc | grep -F "$formers" || true)" ]; do',
        '  if [ "$(date +%s)" -ge "$deadline" ]; then break; fi; sleep 0.5',
        "done",
    );
}

/** By nginx's own hands: `docker kill` would note that somebody stopped the container, and not start it after a reboot of the host. */
const RELOAD = script(FIND_SERVICES, 'kill -HUP "$(cat /tmp/nginx.pid)"');

// The tool runs the same image as the proxy, so its nginx judges the configuration as the proxy's will; only the paths are moved.
// Prints the folder's name.
const WRITE_AND_TEST = script(
    "umask 077; cd /files",
    "next=next-$(date +%s)-$$; mkdir $next",
    `while read -r name data; do printf %s "$data" | base64 -d > "$next/$name"; done`,
    'chown -R "$1:$1" $next',
    'if [ -n "$2" ]; then for name in certificate.pem key.pem; do ln -s "$2/$name" $next/$name; done; fi',
    LISTEN_BY_ITSELF,
    "if ! nginx -q -t -p /files/$next/ -c nginx.conf 2>/tmp/test.log; then",
    "  sed 's#/files/[^/]*/##' /tmp/test.log >&2; rm -rf $next",
    "  echo 'nginx refused the new configuration; the one in use was not touched' >&2; exit 1",
    "fi",
    "former=$(readlink current || true)",
    'for old in next-*; do if [ $old != $next ] && [ $old != "$former" ]; then rm -rf $old; fi; done',
    "echo $next",
);

/** Word: the folder. */
const PUT_IN_PLACE = script(
    "cd /files; former=$(readlink current || true)",
    'if [ -n "$former" ]; then ln -sfn "$former" former; fi',
    'ln -sfn "$1" switching; mv -T switching current',
);

const PUT_BACK = script(
    "cd /files",
    'if [ -e former/nginx.conf ]; then ln -sfn "$(readlink former)" switching; mv -T switching current; fi',
);

/** Word: the version that must be in use. Waits up to 15 s. */
const TAKEN = script(
    `deadline=$(($(date +%s) + 15))`,
    `until [ "$(curl -s --max-time 3 http://127.0.0.1:${STATUS_PORT}/version)" = "$1" ]; do`,
    `  if [ "$(date +%s)" -ge "$deadline" ]; then echo "the proxy did not take the new configuration within 15 s" >&2; exit 1; fi; sleep 0.2`,
    `done`,
);

/** The workers that serve before the switch, each as a file of /proc. The brackets keep the search from finding itself. */
const WORKERS = "grep -ls 'nginx: [w]orker process' /proc/[0-9]*/cmdline || true";

/**
 * Words: the drain time in seconds, then the former workers. Waits until these have finished: until then they send requests to the former
 * release, whose containers are removed next. Their title doesn't tell: for a moment they and the new workers are both just workers.
 */
const DRAIN = script(
    `deadline=$(($(date +%s) + $1)); shift`,
    `while [ $# -gt 0 ] && grep -qs 'nginx: [w]orker process' "$@"; do`,
    `  if [ "$(date +%s)" -ge "$deadline" ]; then break; fi; sleep 0.2`,
    `done`,
);

/** What an operator wants to see first: the last lines of the services that did not answer. */
function failureLogs(spec: ProxySpec, target: DockerTarget): string[] {
    const services = new Map(
        spec.routes.flatMap(({ backend }) => (backend.kind === "service" ? [[backend.name, backend.release] as const] : [])),
    );
    return [...services].map(([service, release]) => {
        const name = target.name(service, release);
        return `echo ${quote(`last lines of ${name}:`)} >&2; docker logs --tail 20 ${quote(name)} >&2 2>&1 || true`;
    });
}

export const CURRENT = `${CONFIG_FOLDER}/current`;
