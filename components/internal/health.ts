import { quote } from "./shell";

/** When a container counts as healthy. Durations in seconds. */
export interface Health {
    /** The command, run in the container; exit status 0 means healthy. */
    readonly command: readonly string[];
    /** Time between two checks. */
    readonly interval: number;
    /** A check that takes longer has failed. */
    readonly timeout: number;
    /** This many failures in a row make it unhealthy. */
    readonly retries: number;
    /** Failures don't count for this long after the start. */
    readonly startPeriod: number;
    /** The image has /bin/sh and may write to /tmp: it's asked every 2 seconds until it is well, and every `interval` from then on. */
    readonly shell?: boolean;
}

/** Seconds between two checks until one is good. */
const SETTLING_INTERVAL = 2;
/**
 * A check costs the engine a process with its namespaces, some 50 to 100 ms of a core: every few seconds in each container that is a good
 * part of a small machine. So one that was well is left alone by waiting in the check. Docker 25 has a start interval for that; before,
 * the engine refuses it.
 */
const PATIENT = `[ ! -e /tmp/.healthy ] || sleep "$0"; "$@" || { rm -f /tmp/.healthy; exit 1; }; : >/tmp/.healthy`;

/** The docker provider's form. */
export function healthcheck(health: Health) {
    const pause = settles(health) ? health.interval - SETTLING_INTERVAL : 0;
    const waiting = pause === 0 ? [] : ["/bin/sh", "-c", PATIENT, String(pause)];
    return {
        tests: ["CMD", ...waiting, ...health.command],
        interval: goDuration(health.interval - pause),
        timeout: goDuration(health.timeout + pause),
        retries: health.retries,
        startPeriod: goDuration(health.startPeriod),
    };
}

function settles({ shell, interval }: Health): boolean {
    return shell === true && interval > SETTLING_INTERVAL;
}

/** Seconds as the docker provider reads them back (`1m30s`); any other spelling would be a difference at every update. */
export function goDuration(seconds: number): string {
    const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), seconds % 60];
    return [hours > 0 && `${hours}h`, (hours > 0 || minutes > 0) && `${minutes}m`, `${rest}s`].filter(Boolean).join("");
}

/** How long to wait for the first "healthy", in seconds: the worst case that the settings allow, and a margin for a slow start of the engine. */
export function waitTimeout(health: Health): number {
    return health.startPeriod + ((settles(health) ? SETTLING_INTERVAL : health.interval) + health.timeout) * (health.retries + 1) + 15;
}

/** Something in the container listens on a port; asks the kernel, so that the image needs nothing but a shell and grep. */
export function listening(port: number): readonly string[] {
    const hex = port.toString(16).toUpperCase().padStart(4, "0");
    return ["/bin/sh", "-c", `grep -qE ':${hex} 0+:0000 0A ' /proc/net/tcp /proc/net/tcp6 2>/dev/null`];
}

/** The container runs: for what can't be asked, such as a worker without a command that tells. */
export function running(): readonly string[] {
    return ["/bin/sh", "-c", "kill -0 1"];
}

/**
 * An HTTP probe for images that may have neither curl nor wget (R19): the first client found asks. It sends the public host name and
 * says that the request came by https, so that host filters and redirects let it pass (R20).
 */
export function httpProbe(port: number, path: string, host: string): readonly string[] {
    const url = `http://127.0.0.1:${port}${path}`;
    const python = `import http.client as h;c=h.HTTPConnection("127.0.0.1",${port},timeout=10);c.request("GET",${JSON.stringify(path)},headers={"Host":${JSON.stringify(host)},"X-Forwarded-Proto":"https"});raise SystemExit(0 if c.getresponse().status<400 else 1)`;
    const node = `require("http").get({host:"127.0.0.1",port:${port},path:${JSON.stringify(path)},headers:{host:${JSON.stringify(host)},"x-forwarded-proto":"https"}},r=>process.exit(r.statusCode<400?0:1)).on("error",()=>process.exit(1))`;
    const attempts = [
        ["curl", `curl -fsS -o /dev/null -H ${quote(`Host: ${host}`)} -H 'X-Forwarded-Proto: https' ${quote(url)}`],
        ["wget", `wget -q -O /dev/null --header=${quote(`Host: ${host}`)} --header='X-Forwarded-Proto: https' ${quote(url)}`],
        ["python3", `python3 -c ${quote(python)}`],
        ["node", `node -e ${quote(node)}`],
    ];
    const chain = attempts.map(([tool, line]) => `if command -v ${tool} >/dev/null 2>&1; then exec ${line}; fi`);
    return ["/bin/sh", "-c", [...chain, `echo "no curl, wget, python3 or node in the image: give health.command"; exit 1`].join("\n")];
}
