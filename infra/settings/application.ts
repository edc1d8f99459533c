import { z } from "zod";
import { parseCron, type Cron } from "../../components/web-stack/cron";
import { choice, leaf, positive, text, truth, whole } from "./leaf";
import { list, mapping, NAMES, section } from "./shapes";
import type { MountSettings, UserSettings } from "./types";
import * as v from "./values";

/* What may be written below quai:custom, and in stacks/*.yaml. Names that refer to others are checked in application-rules.ts. */

const MIB = 1024 ** 2;
const serviceName = () => text(NAMES.service.what, NAMES.service.pattern);
/** Text with placeholders; YAML's own numbers and booleans are taken as they're written. */
export const scalar = () =>
    leaf({
        what: "text, a number, true or false",
        read: (value) => (typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? String(value) : undefined),
        json: { type: ["string", "number", "boolean"] },
    });
const folder = { what: "the absolute path of a folder in the container, such as /app/media", pattern: /^\/[^\s:]*[^\s:/]$/ };

/** `1000` or `1000:1000`. */
function user() {
    return leaf<UserSettings>({
        what: "a user other than root as numbers, such as 1000 or 1000:1000",
        read: (value) => {
            const [, uid, gid = uid] = /^(\d{1,9})(?::(\d{1,9}))?$/.exec(String(value)) ?? [];
            return uid === undefined || Number(uid) === 0 ? undefined : { uid: Number(uid), gid: Number(gid) };
        },
        json: { type: ["integer", "string"], pattern: "^[0-9]{1,9}(:[0-9]{1,9})?$", minimum: 1 },
    });
}

/** `media` or `media:ro`. */
function mount() {
    return leaf<MountSettings>({
        what: "a key of files, with :ro where it is only read, such as media:ro",
        read: (value) => {
            const [, files, mode] = (typeof value === "string" && /^([a-z][a-z0-9-]*?)(:ro)?$/.exec(value)) || [];
            return files === undefined ? undefined : { files, readOnly: mode !== undefined };
        },
        json: { type: "string", pattern: "^[a-z][a-z0-9-]*(:ro)?$" },
    });
}

const command = () =>
    z
        .array(scalar(), { error: 'must be a list, such as ["gunicorn", "core.wsgi:application"]' })
        .min(1, { error: "must name a command, or be left out" });

const container = {
    image: serviceName().optional(),
    like: serviceName().optional(),
    command: command().optional(),
    user: user().optional(),
    env: mapping(NAMES.variable, scalar()).prefault({}),
    files: mapping(folder, mount()).prefault({}),
    memory: v.size(6 * MIB).optional(),
    cpus: positive(256).optional(),
    readOnlyRoot: truth().optional(),
    temporary: list(text(folder.what, folder.pattern)).optional(),
    after: list(serviceName()).prefault([]),
};

const service = section({
    ...container,
    kind: choice("service", "worker", "scheduler").prefault("service"),
    port: whole(1, 65535).optional(),
    health: section({
        http: text("a path such as /health", /^\/\S*$/).optional(),
        command: command().optional(),
        interval: v.duration(1, 3600).optional(),
        timeout: v.duration(1, 3600).optional(),
        retries: whole(1, 1000).optional(),
        startPeriod: v.duration(0, 3600).optional(),
    }).prefault({}),
    replicas: whole(1, 100).optional(),
    stopGrace: v.duration(1, 3600).optional(),
    logs: section({ maxSize: v.size(1024).optional(), maxFiles: whole(1, 100).optional() }).optional(),
});

const secret = section({
    kind: choice("password", "key", "rsa", "ed25519", "certificate", "given"),
    length: whole(32, 256).optional(),
    bytes: whole(32, 512).optional(),
    encoding: choice("hex", "base64", "base64url").optional(),
    bits: whole(3072, 8192).optional(),
    names: list(text("a host name or an IP address such as inventory", /^[a-z0-9](?:[a-z0-9.:-]{0,251}[a-z0-9])?$/)).optional(),
    days: whole(1, 397).optional(),
    overlap: v.duration(0).optional(),
    optional: truth().optional(),
    output: truth().optional(),
});

const route = section({
    host: serviceName().optional(),
    path: text("a path such as /api/", /^\/[A-Za-z0-9._~/-]*$/).prefault("/"),
    exact: truth().prefault(false),
    to: serviceName().optional(),
    files: serviceName().optional(),
    folder: text("a folder inside the files, such as public", /^[A-Za-z0-9._-]+(?:\/[A-Za-z0-9._-]+)*$/).optional(),
    websocket: truth().prefault(false),
    limit: serviceName().optional(),
    bodyLimit: v.size(1024).optional(),
    cache: section({ maxAge: v.duration(0, 3660 * 86400), immutable: truth().prefault(false) }).optional(),
    assets: text("a folder in the image, such as /usr/share/nginx/html/assets", /^(?:\/[A-Za-z0-9._-]+)+$/).optional(),
    deny: list(text("a file ending such as .php", /^\.[a-z0-9]+$/)).prefault([]),
});

const job = section({
    ...container,
    once: truth().prefault(false),
    cron: leaf<Cron>({
        what: "five fields of cron in quotes, such as 30 4 * * *",
        read: (value) => (typeof value === "string" ? parseCron(value) : undefined),
        json: { type: "string", pattern: "^\\s*\\S+(\\s+\\S+){4}\\s*$" },
    }).optional(),
    deadline: v.duration(1, 86_400).optional(),
});

/** A whole application. */
export const application = section({
    name: serviceName(),
    hosts: mapping(NAMES.service, text("a host name, with placeholders, such as api.${domain}", /^[a-z0-9.${}-]+$/)).prefault({}),
    databases: list(choice("postgres", "redis")).prefault([]),
    secrets: mapping(NAMES.secret, secret).prefault({}),
    files: mapping(NAMES.service, section({ user: user(), backup: truth().prefault(true), oneWriter: truth().prefault(false) })).prefault(
        {},
    ),
    services: mapping(NAMES.service, service),
    jobs: mapping(NAMES.service, job).prefault({}),
    routes: z.array(route, { error: "must be a list of routes" }).min(1, { error: "must have at least one route" }),
    limits: mapping(
        NAMES.service,
        section({
            requests: whole(1, 1_000_000),
            per: choice("second", "minute").prefault("second"),
            burst: whole(0, 1_000_000).prefault(0),
        }),
    ).prefault({}),
});
