import * as pulumi from "@pulumi/pulumi";
import { readFileSync } from "node:fs";
import { createHash } from "node:crypto";
import type { Generated, SecretRef, SecretsBundle } from "../components/secrets-bundle";
import { AUTHORITY } from "../components/secrets-bundle/versions";
import type { TlsMode } from "../components/tls-proxy";
import { judgeCertificate } from "../components/tls-proxy/own-certificate";
import type { ImageSource, ServiceArgs } from "../components/web-stack";
import type { Settings } from "../infra/settings";

/** The images of an application: what the settings name, or else its own. Production refuses to build (policy `pinned-images`). */
export function imageSources(settings: Settings, own: Readonly<Record<string, ImageSource>>): Record<string, ImageSource> {
    return Object.fromEntries(Object.entries(own).map(([name, otherwise]) => [name, imageSource(settings, name, otherwise)]));
}

function imageSource(settings: Settings, name: string, otherwise: ImageSource): ImageSource {
    const image = settings.images[name];
    if (image === undefined) {
        return otherwise;
    }
    return typeof image === "string"
        ? { reference: image }
        : { ...image, args: { ...("build" in otherwise ? otherwise.args : {}), ...image.args } };
}

/** A service as the application describes it, with what the settings say of it. */
export function withSettings(settings: Settings, name: string, service: ServiceArgs): ServiceArgs {
    const wanted = settings.services[name];
    if (wanted === undefined) {
        return service;
    }
    const given = Object.fromEntries(
        Object.entries({
            replicas: wanted.replicas,
            cpus: wanted.cpus,
            memory: wanted.memory,
            command: wanted.command,
            stopGrace: wanted.stopGrace,
        }).filter(([, value]) => value !== undefined),
    );
    const health = Object.fromEntries(Object.entries(wanted.health ?? {}).filter(([, value]) => value !== undefined));
    return {
        ...service,
        ...given,
        env: { ...service.env, ...wanted.env },
        health: { ...service.health, ...health },
        logs: wanted.logs === undefined ? service.logs : { ...settings.logs, ...service.logs, ...wanted.logs },
    };
}

/** Secrets as files, each named in the variable that the application reads: `{ DATABASE_URL_FILE: url }`; those that there are. */
export function secretFiles(secrets: Readonly<Record<string, SecretRef | undefined>>): Pick<ServiceArgs, "secrets" | "env"> {
    const given = Object.entries(secrets).flatMap(([variable, secret]) => (secret === undefined ? [] : [{ variable, secret }]));
    return {
        secrets: Object.fromEntries(given.map(({ secret }) => [secret.name, secret])),
        env: Object.fromEntries(given.map(({ variable, secret }) => [variable, `/run/secrets/${secret.name}`])),
    };
}

/** The authority of what the stack signs itself: certificates of the application's own, the database's, and with mode local the proxy's. */
export function authoritySecret(
    { target, tls }: Settings,
    has: { readonly database: boolean; readonly certificates: boolean },
): Readonly<Record<string, Generated>> {
    const used = has.certificates || (target.kind === "docker" && (has.database || tls.mode === "local"));
    return used ? { [AUTHORITY]: { kind: "authority" } } : {};
}

export function signedLocally(tls: TlsMode, { authority }: SecretsBundle): TlsMode {
    return tls.mode === "local" ? { ...tls, authority } : tls;
}

/** Where the certificate comes from. @throws Error when a file can't be read, or the mode isn't to be had on the target. */
export function tlsMode(settings: Settings, names: readonly string[] = [settings.domain, ...settings.aliases]): TlsMode {
    const { tls } = settings;
    switch (tls.mode) {
        case "local":
            return { mode: "local" };
        case "files": {
            const [certificate, key] = readSettings({ certificate: tls.certificate, key: tls.key }) as [string, string];
            const { problems, warnings } = judgeCertificate({ certificate, key }, names);
            if (problems.length > 0) {
                throw new Error(problems.join("\n"));
            }
            for (const warning of warnings) {
                void pulumi.log.warn(warning);
            }
            return { mode: "files", certificate, key, version: createHash("sha256").update(certificate).digest("hex").slice(0, 8) };
        }
        case "acme":
            return {
                mode: "acme",
                email: tls.email ?? "",
                server: tls.server,
                authority: tls.authority === undefined ? undefined : readSettings({ authority: tls.authority })[0],
            };
    }
}

/** The files' texts, in their order. @throws Error that lists every file that can't be read */
function readSettings(paths: Readonly<Record<string, string | undefined>>): string[] {
    const problems: string[] = [];
    const texts = Object.entries(paths).map(([name, path]) => {
        try {
            return readFileSync(path ?? "", "utf8");
        } catch {
            problems.push(`quai:tls.${name}: can't be read (got ${JSON.stringify(path)}); give the path of a PEM file`);
            return "";
        }
    });
    if (problems.length > 0) {
        throw new Error(problems.join("\n"));
    }
    return texts;
}
