import { isIP } from "node:net";
import { FIRST } from "../../components/secrets-bundle/versions";
import { leaf, checkedText, Refusal, text } from "./leaf";
import { DURATION_PATTERN, formatDuration, formatSize, parseDuration, parseSize, SIZE_PATTERN } from "./units";

const HOST_LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
const HOST = new RegExp(`^${HOST_LABEL}(?:\\.${HOST_LABEL})*$`);
const REFERENCE =
    /^(?:[A-Za-z0-9.-]+(?::\d{1,5})?\/)?[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$/;
const HOST_KEY = /^(?:ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(?:256|384|521)) [A-Za-z0-9+/]{40,}={0,3}$/;
const RESTIC = /^(?:(?:s3|sftp|rest|b2|azure|gs):\S+|\/\S*)$/;

/** A host name such as app.example.com. */
export function hostName() {
    const what = "a host name in lower case";
    return leaf({
        what,
        read: (value) => {
            if (typeof value !== "string") return undefined;
            const scheme = /^[a-z][a-z0-9+.-]*:\/\//i.exec(value)?.[0];
            if (scheme) throw new Refusal(`must be a host name, without ${scheme}`);
            if (value.includes("*")) throw new Refusal("must be a host name, without * (list each name under quai:aliases)");
            if (/^[^/]+\//.test(value)) throw new Refusal("must be a host name, without a path");
            if (/^[^:]+:\d+$/.test(value)) throw new Refusal("must be a host name, without a port (ports are set by quai:ports)");
            if (isIP(value) !== 0) throw new Refusal("must be a host name, not an IP address");
            return HOST.test(value) && value.length <= 253 ? value : undefined;
        },
        json: { type: "string", pattern: HOST.source, maxLength: 253 },
    });
}

/** Seconds, written as a duration, within bounds in seconds. */
export function duration(min = 1, max = 366 * 86400) {
    return leaf({
        what: "a duration such as 30s, 5m or 26h",
        read: (value) => {
            if (typeof value === "number") throw new Refusal("must be a duration with its unit, such as 30s, 5m or 26h");
            if (typeof value !== "string") return undefined;
            const seconds = attempt(() => parseDuration(value));
            if (seconds === undefined) return undefined;
            if (seconds < min || seconds > max)
                throw new Refusal(`must be a duration from ${formatDuration(min)} to ${formatDuration(max)}`);
            return seconds;
        },
        json: { type: "string", pattern: DURATION_PATTERN },
    });
}

/** Bytes, written as a size, at least so many. */
export function size(min = 1) {
    return leaf({
        what: "a size such as 512m or 1g",
        read: (value) => {
            if (typeof value === "number") throw new Refusal("must be a size with its unit, such as 512m or 1g");
            if (typeof value !== "string") return undefined;
            const bytes = attempt(() => parseSize(value));
            if (bytes !== undefined && bytes < min) throw new Refusal(`must be a size of at least ${formatSize(min)}`);
            return bytes;
        },
        json: { type: "string", pattern: SIZE_PATTERN },
    });
}

/** An image reference: registry/name:tag@digest. */
export function imageReference(what = "an image reference such as registry.example.com/name:tag@sha256:…") {
    return checkedText(what, REFERENCE, (value) => value);
}

/** An image reference for a place where `https://` is the usual slip. */
export function imageOrBuild() {
    const what = "an image reference such as registry.example.com/name:tag@sha256:…, or a mapping with build: <folder>";
    return leaf({
        what,
        read: (value) => {
            if (typeof value !== "string") return undefined;
            if (/^https?:\/\//.test(value)) throw new Refusal("must be an image reference, without https://");
            return REFERENCE.test(value) ? value : undefined;
        },
        json: { type: "string", pattern: REFERENCE.source },
    });
}

/** Prefix of a registry mirror. */
export function mirrorPrefix() {
    const what = "the prefix of a mirror such as mirror.example.com/dockerhub, without https:// and without / at the end, or a mapping";
    return text(what, /^[A-Za-z0-9.-]+(?::\d{1,5})?(?:\/[a-z0-9._-]+)*$/);
}

/** An IPv4 or IPv6 address. */
export function ipAddress() {
    return leaf({
        what: "an IP address such as 127.0.0.1",
        read: (value) => (typeof value === "string" && isIP(value) !== 0 ? value : undefined),
        json: { type: "string", anyOf: [{ pattern: "^[0-9]{1,3}(\\.[0-9]{1,3}){3}$" }, { pattern: "^[0-9a-fA-F:.]*:[0-9a-fA-F:.]*$" }] },
    });
}

/** An address, or a network of them. */
export function network() {
    return leaf({
        what: "an IP address or a network such as 10.0.0.0/16, and not everybody",
        read: (value) => {
            const [, address = "", bits] = (typeof value === "string" && /^([^/]+)(?:\/(\d{1,3}))?$/.exec(value)) || [];
            const family = isIP(address);
            const most = family === 4 ? 32 : 128;
            return family !== 0 && (bits === undefined || (Number(bits) > 0 && Number(bits) <= most)) ? String(value) : undefined;
        },
        json: { type: "string", pattern: "^[0-9a-fA-F:.]+(/[1-9][0-9]{0,2})?$" },
    });
}

/** A machine to reach over SSH. */
export function sshHost() {
    return checkedText("an address such as ssh://deploy@203.0.113.7 or ssh://deploy@host:2222", /^ssh:\/\/\S+$/, (value) => {
        if (/^ssh:\/\/[^@/]*:[^@/]*@/.test(value))
            throw new Refusal("must not carry a password: log in with a key (identityFile, or the SSH agent)");
        if (!value.includes("@")) throw new Refusal("must name the user to log in as, such as ssh://deploy@203.0.113.7");
        return attempt(() => parseSshHost(value)) && value;
    });
}

/** Parts of an `ssh://user@host[:port]` address. */
export interface SshHost {
    readonly user: string;
    /** Host name or IP address, an IPv6 one without its brackets. */
    readonly host: string;
    readonly port: number;
}

/** Takes `ssh://user@host[:port]` apart; the port is 22 unless given. @throws RangeError when it isn't such an address */
export function parseSshHost(address: string): SshHost {
    const match = /^ssh:\/\/([A-Za-z_][A-Za-z0-9._-]*)@(?:\[([0-9a-fA-F:]+)\]|([A-Za-z0-9.-]+))(?::(\d{1,5}))?\/?$/.exec(address);
    const port = Number(match?.[4] ?? 22);
    if (!match || port < 1 || port > 65535) throw new RangeError(`not an SSH address: ${address}`);
    return { user: match[1] ?? "", host: match[2] ?? match[3] ?? "", port };
}

/** The public key of an SSH server. */
export function hostKey() {
    return checkedText("one line of ssh-keyscan without the host, such as ssh-ed25519 AAAA…", /^\S/, (value) => {
        // ssh-keyscan begins its lines with the host, which people copy along.
        if (/^\S+ (?:ssh|ecdsa)-/.test(value))
            throw new Refusal("must be a key alone, without the host before it, such as ssh-ed25519 AAAA…");
        return HOST_KEY.test(value) ? value : undefined;
    });
}

/** A day, also as the engine hands over (and writes back) a date without quotes. */
const DAY = /^\d{4}-\d{2}-\d{2}(?:T00:00:00Z| 00:00:00 \+0000 UTC)?$/;

/** A calendar day that exists. */
export function day() {
    return checkedText("a date, written YYYY-MM-DD", DAY, existing);
}

function existing(value: string): string {
    const date = value.slice(0, 10);
    const time = Date.parse(`${date}T00:00:00Z`);
    const exists = !Number.isNaN(time) && new Date(time).toISOString().startsWith(date);
    if (!exists) throw new Refusal("must be a day that exists, written YYYY-MM-DD");
    return date;
}

/** The day of a renewal, with its number where it isn't the first of that day; `first` is the value from before any. */
export function renewal() {
    const pattern = new RegExp(`^first$|${DAY.source}|^\\d{4}-\\d{2}-\\d{2}\\.(?:[2-9]|[1-9]\\d)$`);
    return checkedText("a date, written YYYY-MM-DD", pattern, (value) =>
        value === FIRST ? value : existing(value) + (/\.\d+$/.exec(value)?.[0] ?? ""),
    );
}

/** A time zone that this Node.js knows. */
export function timeZone() {
    return checkedText(
        "a time zone such as Europe/Paris or UTC",
        /^[A-Za-z][A-Za-z0-9_+/-]*$/,
        (value) => attempt(() => new Intl.DateTimeFormat("en", { timeZone: value }).resolvedOptions().timeZone) && value,
    );
}

/** Where a copy of the backups goes. */
export function resticRepository() {
    const what = "a restic repository (s3:, sftp:, rest:, b2:, azure:, gs:) or the absolute path of a mounted disk";
    return checkedText(what, /^[^\s]+$/, (value) => {
        if (/:\/\/[^/@]*:[^/@]*@/.test(value)) {
            throw new Refusal(
                "must not carry a password: put it into quai:secrets and name it under environment (RESTIC_REST_PASSWORD and the like)",
            );
        }
        if (/^https?:\/\//.test(value))
            throw new Refusal(`must begin with the kind of repository: s3:${originOf(value)} or rest:${originOf(value)}`);
        return RESTIC.test(value) ? value : undefined;
    });
}

/** An address that begins with https:// and holds no credentials. */
export function httpsUrl(what: string) {
    return checkedText(what, /^https:\/\/[^\s/@]+(?:\/\S*)?$/, (value) => (URL.canParse(value) ? value : undefined));
}

function originOf(url: string): string {
    return `${/^https?:\/\/[^/]*/.exec(url)?.[0] ?? ""}/…`;
}

/** The result, or undefined where the function throws. */
function attempt<T>(compute: () => T): T | undefined {
    try {
        return compute();
    } catch {
        return undefined;
    }
}
