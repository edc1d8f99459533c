import { type Context, parseSettings, type Settings, SettingsError } from "../../../infra/settings";

export type Raw = Record<string, unknown>;

const DIGEST = `@sha256:${"0".repeat(63)}1`;
/** The images that the demonstration would build. */
export const PINNED = { api: `registry.quay.eu/demo-api:1${DIGEST}`, web: `registry.quay.eu/demo-web:1${DIGEST}` };

/** A stack file with nothing wrong in it. */
export const BASE: Raw = {
    application: "demo",
    environment: "production",
    target: { kind: "docker", host: "ssh://deploy@192.168.7.9", hostKey: `ssh-ed25519 ${"A".repeat(68)}` },
    domain: "app.quay.eu",
    tls: { mode: "acme", email: "ops@quay.eu" },
    images: PINNED,
    secrets: { smtpPassword: "hunter2-kX8-vPz2Lq0" },
};

export const CONTEXT: Context = { stack: "prod", applications: ["demo", "viatique"], now: new Date("2026-11-20T12:00:00Z") };

/** BASE with some keys changed; undefined removes one. */
export function changed(change: Raw): Raw {
    return Object.fromEntries(Object.entries({ ...BASE, ...change }).filter(([, value]) => value !== undefined));
}

export function parse(change: Raw = {}, context: Partial<Context> = {}): Settings {
    return parseSettings(changed(change), { ...CONTEXT, ...context });
}

/** The problems of BASE with a change. */
export function problems(change: Raw, context: Partial<Context> = {}): readonly string[] {
    return problemsOfRaw(changed(change), context);
}

export function problemsOfRaw(raw: Raw, context: Partial<Context> = {}): readonly string[] {
    try {
        parseSettings(raw, { ...CONTEXT, ...context });
    } catch (error) {
        if (error instanceof SettingsError) return error.problems;
        throw error;
    }
    return [];
}
