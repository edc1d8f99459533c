import * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import { resolve } from "node:path";
import { builtImage } from "../internal/docker/built-image";
import { volumeTool } from "../internal/docker/file-volume";
import { hardened, memoryLimit, MEBIBYTE, keptData, containerOptions } from "../internal/docker/hardening";
import type { Health } from "../internal/health";
import { healthcheck, waitTimeout } from "../internal/health";
import { officialImage } from "../internal/images";
import { labelList } from "../internal/labels";
import { script } from "../internal/shell";
import type { DockerTarget } from "../targets";
import { hostCommand } from "../targets/host-command";
import type { TlsProxy } from ".";
import type { TlsMode } from "./args";
import { ACME_FOLDER } from "./nginx";
import type { ProxySpec } from "./spec";

const NAME = "certificates";
const CONTEXT = resolve(__dirname, "image");

/** What the proxy shares with the service that gets its certificate. */
export interface AcmeFiles {
    /** Volume with the certificate that is served and the answers to the ACME server's challenges. */
    readonly volume: string;
    /** A certificate can be served, if only a temporary one. Undefined while the stack is stopped. */
    readonly ready: pulumi.Resource | undefined;
    readonly state: docker.Volume;
}

/** The volumes, and a temporary certificate in them: the first start never waits for the ACME server (R64). */
export function acmeFiles(self: TlsProxy, target: DockerTarget, uid: number): AcmeFiles {
    const volume = (part: string, protect: boolean) =>
        new docker.Volume(
            `${NAME}-${part}`,
            { name: target.name(NAME, part), labels: labelList(target.stack, { role: "volume", service: NAME }) },
            { parent: self, provider: target.provider, ...keptData(protect) },
        );
    // The account's key and everything obtained so far: an ACME server gives only so many certificates a week.
    const state = volume("state", target.protect);
    const live = volume("live", false);
    const names = { state: target.name(NAME, "state"), live: target.name(NAME, "live") };
    if (!target.running) {
        return { volume: names.live, ready: undefined, state };
    }
    const ready = hostCommand(
        target,
        `${NAME}-temporary`,
        {
            create: script(
                volumeTool(target, names.state, 'chown "$1:$1" /files; chmod 0700 /files', uid),
                volumeTool(target, names.live, TEMPORARY, uid),
            ),
            fills: [names.state, names.live],
        },
        { parent: self, dependsOn: [state, live, target.toolboxImage()] },
    );
    return { volume: names.live, ready: ready.resource, state };
}

const TEMPORARY = script(
    "umask 077; cd /files; mkdir -p challenges",
    "if [ ! -e served/key.pem ]; then",
    "  mkdir -p temporary",
    "  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 90 -subj '/CN=temporary certificate' \\",
    "    -keyout temporary/key.pem -out temporary/certificate.pem 2>/dev/null",
    "  ln -sfn temporary served",
    "fi",
    'chown -R "$1:$1" .',
);

/** Gets the certificate, renews it, and puts it where the proxy looks; started when the proxy can answer the challenges. */
export function acmeService(
    self: TlsProxy,
    spec: ProxySpec,
    target: DockerTarget,
    parts: {
        readonly tls: Extract<TlsMode, { mode: "acme" }>;
        readonly files: AcmeFiles;
        readonly uid: number;
        readonly after: pulumi.Resource;
    },
): void {
    const { tls, files, uid } = parts;
    const image = builtImage(target, NAME, {
        context: CONTEXT,
        args: { BASE: target.reference(officialImage("debian")) },
        setting: "quai:tls",
        parent: self,
        dependsOn: [target.image(officialImage("debian"))],
    });
    const health: Health = {
        command: ["quai-certificates", "health"],
        interval: 30,
        timeout: 10,
        retries: 4,
        startPeriod: 30,
        shell: true,
    };
    const mount = (source: string, path: string) => ({ type: "volume", source, target: path });
    new docker.Container(
        NAME,
        {
            name: target.name(NAME),
            image: image.imageId,
            envs: [
                `ACME_EMAIL=${tls.email}`,
                `ACME_NAMES=${spec.names.join(" ")}`,
                `ACME_SERVER=${tls.server}`,
                ...(tls.authority === undefined ? [] : [`ACME_AUTHORITY=${tls.authority}`]),
            ].sort(),
            // As the proxy, which reads what it writes.
            user: `${uid}:${uid}`,
            readOnly: true,
            ...hardened(target.logs),
            ...memoryLimit(192 * MEBIBYTE),
            networksAdvanced: target.networks === undefined ? [] : [{ name: target.networks.app.name }],
            mounts: [mount(target.name(NAME, "state"), "/state"), mount(files.volume, "/live")],
            tmpfs: { "/tmp": "rw,noexec,nosuid,size=64m" },
            healthcheck: healthcheck(health),
            wait: true,
            waitTimeout: waitTimeout(health),
            labels: labelList(target.stack, { role: "certificates", service: NAME }),
        },
        containerOptions(self, target, [parts.after]),
    );
}

/** Where nginx, given the shared volume, finds certificate and key. */
export const SERVED = `${ACME_FOLDER}/served`;

/**
 * A part of what the proxy's container begins with: tells the process that becomes nginx of a new certificate. A reload, so that no connection
 * is lost (R65). In the proxy's own container, because nobody else may signal it, and because it lives and ends with it.
 */
export const RELOAD_FOR_CERTIFICATE = script(
    `served() { readlink ${SERVED} || true; }`,
    "known=$(served)",
    "(",
    "  while sleep 15; do",
    '    if [ "$(served)" != "$known" ]; then known=$(served); kill -HUP $$; fi',
    "  done",
    ") &",
);
