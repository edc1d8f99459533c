import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { hostOf } from "../../../infra/host";
import { run } from "../../engine/process";
import { onHost } from "../stack/ssh-host";
import type { Session } from "../stack/session";
import type { Finding } from "./findings";
import { byText } from "./findings";
import { openings } from "./firewall";
import type { Seen } from "./observe";

/** What belongs on a machine: ports with their protocol, units, files. */
export interface Belongs {
    readonly ports: readonly string[];
    /** Names of units, paths of files. */
    readonly things: readonly string[];
    /** Whether somebody else looks after the firewall's rules. */
    readonly firewall: boolean;
}

/** Addresses by lease, and the time. */
const USUAL = ["68/udp", "546/udp", "123/udp", "323/udp"];

/**
 * What is on the host's system and nobody declared: ports that others can reach, rules that let them in, units and cron files of no package.
 * A development stack on this machine is somebody's desk: there it's only looked at where `quai:target.belongs` is given.
 */
export async function machineFindings(session: Session, seen: Seen): Promise<{ findings: readonly Finding[]; notes: readonly string[] }> {
    const { settings, ssh } = session;
    const { target, environment, ports, host } = settings;
    if (target.kind !== "docker") return { findings: [], notes: [] };
    if (ssh === undefined && environment === "development" && target.belongs === undefined) return { findings: [], notes: [] };
    const program = readFileSync(join(__dirname, "machine.sh"), "utf8");
    const looked =
        ssh === undefined ? await run("/bin/sh", ["-s"], { env: process.env, input: program }) : await onHost(ssh, "/bin/sh -s", program);
    const named = target.belongs ?? [];
    const firewall = hostOf(settings) === undefined || host?.firewall === false ? undefined : host?.firewall;
    const published = seen.containers.flatMap((container) => container.ports.map((each) => /:(\d+)->\d+\/(\w+)$/.exec(each)));
    return undeclaredOn(looked.stdout, {
        ports: [
            ...USUAL,
            // A machine behind a forwarded port listens on another.
            "22/tcp",
            `${ssh?.port ?? 22}/tcp`,
            ...[ports.http, ports.https].map((port) => `${port}/tcp`),
            ...published.flatMap((match) => (match === null ? [] : [`${match[1] ?? ""}/${match[2] ?? ""}`])),
            ...(firewall?.open ?? []),
            ...named,
        ],
        things: named,
        firewall: firewall !== undefined,
    });
}

/** Pure. @param text what machine.sh printed */
export function undeclaredOn(text: string, belongs: Belongs): { findings: readonly Finding[]; notes: readonly string[] } {
    const lines = text.split("\n").flatMap((line): [string, string][] => {
        const at = line.indexOf("\t");
        return at < 0 ? [] : [[line.slice(0, at), line.slice(at + 1)]];
    });
    const of = (kind: string) => lines.flatMap(([each, thing]) => (each === kind ? [thing] : []));
    const packaged = new Set(of("packaged"));
    const found = [
        ...of("port").flatMap((line) => portFinding(line, belongs)),
        ...of("file")
            .filter((path) => !packaged.has(path) && !OURS.test(basename(path)))
            .flatMap((path) => fileFinding(path, belongs)),
        ...(belongs.firewall ? [] : openings(of("rule"), of("nft"), belongs.ports)),
    ];
    const findings = [...new Map(found.map((finding) => [finding.what, finding])).values()].sort(byText);
    return { findings, notes: of("note").map((note) => `the machine was looked at ${note}`) };
}

/** Made by quai, by snapd, or empty by a package's own hand. */
const OURS = /^(?:quai|snap\.|snap-|\.placeholder$)/;

function undeclared(what: string, name: string, how: string): Finding {
    return {
        kind: "undeclared",
        what,
        repair: { kind: "hand", how: `${how}, or name it in quai:target.belongs: ${JSON.stringify(name)}` },
    };
}

/** `tcp LISTEN 0 128 0.0.0.0:22 0.0.0.0:* users:(("sshd",pid=1,fd=3))` */
function portFinding(line: string, { ports }: Belongs): Finding[] {
    const [protocol = "", , , , address = "", , users = ""] = line.split(/\s+/);
    const [, where = "", port = ""] = /^(.*):(\d+)$/.exec(address) ?? [];
    const name = `${port}/${protocol}`;
    const inside = /^(?:127\.|\[::1\]|\[::ffff:127\.)/.test(where);
    const program = /\(\("([^"]+)"/.exec(users)?.[1];
    if (port === "" || inside || ports.includes(name) || program === "docker-proxy") return [];
    return [
        undeclared(`port ${name} is open on ${where}${program === undefined ? "" : `, by ${program}`}`, name, "stop what listens there"),
    ];
}

function fileFinding(path: string, { things }: Belongs): Finding[] {
    const unit = /^\/etc\/systemd\/system\/(?:.*\/)?([^/]+\.(?:service|timer|socket|path|mount))$/.exec(path)?.[1];
    if (things.includes(path) || (unit !== undefined && things.includes(unit))) return [];
    if (unit !== undefined) return [undeclared(`unit ${unit} is of no package`, unit, `systemctl disable --now ${unit}; rm ${path}`)];
    return path.startsWith("/etc/systemd/") ? [] : [undeclared(`file ${path} is of no package`, path, "remove it")];
}
