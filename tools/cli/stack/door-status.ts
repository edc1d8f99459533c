import { X509Certificate } from "node:crypto";
import { CONFIG_FOLDER, MAINTENANCE_FILE } from "../../../components/tls-proxy/nginx";
import { WARN_DAYS } from "../../../components/tls-proxy/own-certificate";
import { type HostContainer, logsShow } from "./docker";
import type { HostSession, Session } from "./session";

export interface CertificateStatus {
    /** Its end, ISO 8601. */
    readonly until: string;
    /** Whole days until then. */
    readonly days: number;
    readonly names: readonly string[];
    readonly issuer: string;
}

export interface DiskStatus {
    readonly usedPercent: number;
    readonly freeBytes: number;
}

interface DoorStatus {
    readonly certificate: CertificateStatus | null;
    readonly disk: DiskStatus | null;
    readonly problems: readonly string[];
}

const DAY = 86_400_000;
/** Guide 003 asks for a warning from here on. */
const DISK_PERCENT = 80;
/** Short of this much nothing is wrong on a large disk, however full it is. */
const DISK_FREE = 20 * 1024 ** 3;
const MARK = "maintenance";
const LOOK = [
    "/bin/sh",
    "-c",
    `df -Pk ${CONFIG_FOLDER} | tail -n 1; if [ -f ${CONFIG_FOLDER}/${MAINTENANCE_FILE} ]; then echo ${MARK}; fi; cat ${CONFIG_FOLDER}/current/certificate.pem`,
];

/** What the proxy's container can tell: the certificate that it shows, and the room on the disk that its volumes are on. */
export async function doorStatus(session: Session, containers: readonly HostContainer[]): Promise<DoorStatus> {
    const proxy = containers.find(({ role, state }) => role === "proxy" && state === "running");
    if (proxy === undefined) {
        return { certificate: null, disk: null, problems: [] };
    }
    const [room = "", ...pem] = await output(session, proxy.id, LOOK);
    const closed =
        pem[0] === MARK || session.settings.maintenance ? [`in maintenance, everything is answered 503: ${howToServe(session)}`] : [];
    const certificate = certificateIn(pem.join("\n"));
    const disk = diskIn(room);
    const acme = containers.find(({ role, state }) => role === "certificates" && state === "running");
    const ofCertificate = acme === undefined ? endProblems(certificate) : await acmeProblems(session, acme);
    return { certificate, disk, problems: [...closed, ...ofCertificate, ...diskProblems(disk)] };
}

/** What ends the maintenance: the setting holds, whatever the command says. */
export function howToServe({ stack, settings }: Pick<HostSession, "stack" | "settings">): string {
    return settings.maintenance
        ? `set quai:maintenance: false in Pulumi.${stack}.yaml, then ./quai up ${stack}`
        : `./quai maintenance off --stack ${stack}`;
}

async function output(session: Session, container: string, command: readonly string[]): Promise<string[]> {
    const lines: string[] = [];
    await session.host.exec(container, command, (line, stream) => {
        if (stream === "stdout") lines.push(line);
    });
    return lines;
}

function certificateIn(pem: string): CertificateStatus | null {
    try {
        const certificate = new X509Certificate(pem);
        const until = new Date(certificate.validTo);
        return {
            until: until.toISOString(),
            days: Math.floor((until.getTime() - Date.now()) / DAY),
            names: (certificate.subjectAltName ?? "").split(", ").flatMap((name) => /^DNS:(.*)/.exec(name)?.[1] ?? []),
            issuer: certificate.issuer.split("\n").join(", "),
        };
    } catch {
        return null;
    }
}

/** `/dev/sda1 41152736 9876543 29152640 26% /etc/quai`, in KiB. */
function diskIn(line: string): DiskStatus | null {
    const [, used, free] = /(\d+) +(\d+) +\d+% /.exec(line) ?? [];
    return used === undefined || free === undefined
        ? null
        : { usedPercent: Math.ceil((100 * Number(used)) / (Number(used) + Number(free))), freeBytes: Number(free) * 1024 };
}

function endProblems(certificate: CertificateStatus | null): string[] {
    if (certificate === null || certificate.days >= WARN_DAYS) {
        return [];
    }
    return [
        `the certificate ends in ${certificate.days} days, on ${certificate.until.slice(0, 10)}: docs/operations.md says how to renew it`,
    ];
}

/** The service that gets the certificate knows best how it stands with it. */
async function acmeProblems(session: Session, { id, service }: HostContainer): Promise<readonly string[]> {
    try {
        return (JSON.parse((await output(session, id, ["quai-certificates", "status"])).join("\n")) as { problems: string[] }).problems;
    } catch {
        return [`the certificate service doesn't say how it is: ${logsShow(session.stack, service)}`];
    }
}

function diskProblems(disk: DiskStatus | null): string[] {
    return disk !== null && disk.usedPercent > DISK_PERCENT && disk.freeBytes < DISK_FREE
        ? [`the disk is ${disk.usedPercent} % full: docs/operations.md says what can go`]
        : [];
}
