import { dayOf, isNewer, signedWith, versionsOf } from "../../components/secrets-bundle/versions";
import { addressProblems, applicationProblems, variableProblems, writerProblems } from "./application-rules";
import { awsTarget } from "./aws-rules";
import type { Context } from "./context";
import { setCommand } from "./giving";
import { nearest } from "./leaf";
import { type Path, type Problem } from "./problems";
import type { Parsed } from "./schema";
import type { GivenSettings } from "./types";

/*
 * Rules that span several settings. Each looks only at what could be read, so that they still speak up when something else is wrong.
 */

type Some = Partial<Parsed>;
type Rule = (settings: Some, context: Context) => Problem[];

const missing = (path: Path, message: string): Problem => ({ path, message, show: false });
const wrong = (path: Path, message: string): Problem => ({ path, message, show: true });

const stackName: Rule = (_settings, { stack }) =>
    /^[a-z](?:[a-z0-9-]{0,38}[a-z0-9])?$/.test(stack)
        ? []
        : [
              missing(
                  [],
                  `the name must be lower-case letters, digits and hyphens, at most 40, as it becomes part of every name (got "${stack}")`,
              ),
          ];

const knownApplication: Rule = ({ application }, { applications }) => {
    if (application === undefined || applications === undefined || applications.includes(application)) return [];
    const near = nearest(application, applications);
    const hint = near !== undefined ? `did you mean ${near}?` : `known: ${applications.join(", ")}`;
    return [wrong(["application"], `there is no such application; ${hint}`)];
};

const described: Rule = (settings, { stack }) => {
    const { application, custom, hosts = {} } = settings;
    // A description that was written but couldn't be read is no key of `settings` at all.
    if (custom === undefined) {
        return application === "custom" && "custom" in settings
            ? [missing(["custom"], "is required with quai:application: custom: services and routes (see docs/custom.md)")]
            : [];
    }
    const known = Object.keys(custom.hosts);
    const strays = Object.keys(hosts).filter((name) => !known.includes(name));
    const { secrets = {}, services = {}, images = {} } = settings;
    const stored = settings.target?.kind === "aws" ? Object.keys(settings.target.stored) : [];
    const needed = Object.entries(custom.secrets).filter(
        ([name, { kind, optional }]) => kind === "given" && optional !== true && !(name in secrets) && !stored.includes(name),
    );
    return [
        ...applicationProblems(custom),
        ...Object.entries(services).flatMap(([name, { env }]) => variableProblems(custom, env, ["services", name, "env"])),
        ...Object.entries(images).flatMap(([name, image]) =>
            typeof image === "string" ? [] : addressProblems(custom, image.args, ["images", name, "args"]),
        ),
        ...needed.map(([name]) => missing(["secrets", name], `is required: set it with \`${setCommand(name, stack)}\``)),
        ...writerProblems(custom, services, settings.target?.kind === "aws" ? settings.target.scaleTo : {}),
        ...strays.map((name) => wrong(["hosts", name], `${custom.name} has no such host; known: ${known.join(", ") || "none"}`)),
    ];
};

const encryptedElsewhere: Rule = (_settings, { secretKeys = [] }) =>
    secretKeys
        .filter((key) => key !== "secrets")
        .map((key) =>
            missing([key], "must not be encrypted: put the secret part into quai:secrets, and keep the rest readable in reviews"),
        );

const secretsEncrypted: Rule = ({ secrets = {} }, { secretKeys, stack }) =>
    secretKeys !== undefined && !secretKeys.includes("secrets") && Object.values(secrets).some(holdsText)
        ? [
              missing(
                  ["secrets"],
                  `is written in clear: set each entry anew with \`${setCommand("<name>", stack)}\`, and renew what was in Git`,
              ),
          ]
        : [];

const holdsText = (given: string | GivenSettings) =>
    [given, ...(typeof given === "string" ? [] : [given.value, given.former])].some((each) => typeof each === "string");

/** Each secret from outside comes from one place. */
const sourcesPlain: Rule = ({ secrets = {} }) =>
    Object.entries(secrets).flatMap(([name, given]) =>
        typeof given === "string"
            ? []
            : [
                  ...sourceProblems(["secrets", name], given, ["value", "environment", "command"]),
                  ...(typeof given.former === "object"
                      ? sourceProblems(["secrets", name, "former"], given.former, ["environment", "command"])
                      : []),
              ],
    );

function sourceProblems(path: Path, given: GivenSettings, ways: readonly ("value" | "environment" | "command")[]): Problem[] {
    const used = ways.filter((way) => given[way] !== undefined);
    const stray = given.timeout !== undefined && given.command === undefined;
    return [
        ...(used.length === 1 ? [] : [missing(path, `must have one of ${ways.join(", ")} (got ${used.join(" and ") || "none"})`)]),
        ...(stray ? [missing([...path, "timeout"], "has no use without command; remove it")] : []),
    ];
}

const sshConnection: Rule = ({ target }) => {
    if (target?.kind !== "docker") return [];
    const { host, hostKey, identityFile } = target;
    if (host === undefined) {
        const stray = Object.entries({ hostKey, identityFile }).filter(([, value]) => value !== undefined);
        return stray.map(([name]) => wrong(["target", name], "has no use without quai:target.host; add that or remove this"));
    }
    if (hostKey !== undefined) return [];
    const machine = host.replace(/^ssh:\/\/[^@]*@/, "").replace(/\/$/, "");
    const [, name = machine, port] = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(machine) ?? [];
    const scan = `ssh-keyscan -t ed25519 ${port === undefined ? "" : `-p ${port} `}${name.replace(/[[\]]/g, "")}`;
    return [
        missing(["target", "hostKey"], `is required with quai:target.host: \`${scan}\` prints it; compare it on the machine's console`),
    ];
};

const hostPrepared: Rule = ({ target, host }) => {
    if (host === undefined || target === undefined) return [];
    const address = target.kind === "docker" ? target.host : undefined;
    if (address === undefined) {
        return [missing(["host"], "has no use without quai:target.host: only another machine is prepared; add that or remove this")];
    }
    return /^ssh:\/\/root@/.test(address)
        ? [
              wrong(
                  ["target", "host"],
                  "must name a user of its own with quai:host, such as ssh://deploy@…: it's made there, and until then quai:host.firstUser logs in",
              ),
          ]
        : [];
};

const domainGiven: Rule = (settings) => {
    const { domain, environment } = settings;
    // A domain that was written but couldn't be read is no key of `settings` at all.
    if (environment === undefined || environment === "development" || domain !== undefined || !("domain" in settings)) return [];
    return [missing(["domain"], `is required in ${environment}: a host name such as app.example.com`)];
};

const aliasesDiffer: Rule = ({ domain, aliases = [] }) =>
    aliases.flatMap((alias, i) => (alias === domain ? [wrong(["aliases", i], "is the main name already (quai:domain); remove it")] : []));

const tlsParts: Rule = ({ tls, environment, target }) => {
    if (tls === undefined || (tls.mode === undefined && environment === undefined)) return [];
    const mode = tls.mode ?? (environment === "development" && target?.kind !== "aws" ? "local" : "acme");
    const found: Problem[] = [];
    if (mode === "local" && target?.kind === "aws") {
        found.push(wrong(["tls", "mode"], "must be acme or files on AWS: a certificate authority of our own is for a Docker host"));
    }
    if (mode === "acme" && tls.email === undefined && target?.kind !== "aws") {
        found.push(missing(["tls", "email"], "is required with mode acme: the address that is warned before the certificate ends"));
    }
    for (const name of ["certificate", "key"] as const) {
        if (mode === "files" && tls[name] === undefined)
            found.push(missing(["tls", name], "is required with mode files: the path of a PEM file"));
        if (mode !== "files" && tls[name] !== undefined) {
            found.push(wrong(["tls", name], `has no use with mode ${mode}; remove it, or set quai:tls.mode: files`));
        }
    }
    for (const name of ["email", "authority"] as const) {
        if (mode !== "acme" && tls[name] !== undefined) {
            found.push(wrong(["tls", name], `has no use with mode ${mode}; remove it, or set quai:tls.mode: acme`));
        }
    }
    return found;
};

/** Endings that no public authority vouches for (RFC 2606, 6761, 6762, 8375, and the custom of private networks). */
const PRIVATE = /(^|\.)(localhost|local|internal|intranet|private|corp|home|lan|test|example|invalid|onion|home\.arpa)$/;

const publicNames: Rule = ({ tls, domain, aliases = [], target }) => {
    // An ACME server of one's own may well vouch for private names.
    if (tls?.mode !== "acme" || !/\.letsencrypt\.org\//.test(tls.server) || target?.kind === "aws") return [];
    const names: [Path, string | undefined][] = [
        [["domain"], domain],
        ...aliases.map((alias, i): [Path, string] => [["aliases", i], alias]),
    ];
    return names.flatMap(([path, name]) =>
        name !== undefined && (!name.includes(".") || PRIVATE.test(name))
            ? [wrong(path, "must be a public name for Let's Encrypt (quai:tls.mode: acme); use mode local or files for a private one")]
            : [],
    );
};

const portsDiffer: Rule = ({ ports, environment }) => {
    if (ports === undefined) return [];
    const development = environment === "development";
    const http = ports.http ?? (development ? 8080 : 80);
    const https = ports.https ?? (development ? 8443 : 443);
    if (http !== https) return [];
    return [
        wrong(
            ["ports", ports.https === undefined ? "http" : "https"],
            `must differ from the ${ports.https === undefined ? "https" : "http"} port`,
        ),
    ];
};

const secretsExist: Rule = ({ secrets, registries = {}, backup }, { stack }) => {
    if (secrets === undefined) return [];
    const offsite = (backup && backup.offsite?.environment) ?? {};
    const uses: [Path, string][] = [
        ...Object.entries(registries).map(([host, login]): [Path, string] => [
            ["registries", host, "passwordSecret"],
            login.passwordSecret,
        ]),
        ...Object.entries(offsite || {}).map(([name, secret]): [Path, string] => [["backup", "offsite", "environment", name], secret]),
    ];
    const known = Object.keys(secrets);
    const list = known.length > 0 ? known.join(", ") : "none yet";
    return uses
        .filter(([, secret]) => !known.includes(secret))
        .map(([path]) => wrong(path, `names no entry of quai:secrets (there: ${list}); add it with \`${setCommand("<name>", stack)}\``));
};

/** For tools on the machine itself; elsewhere the database stays where nobody reaches it (R15, R40). */
const databaseLocal: Rule = ({ postgres, environment, ports, target }) => {
    const { localPort } = postgres ?? {};
    if (localPort === undefined || environment === undefined) return [];
    if (target?.kind === "aws") return [wrong(["postgres", "localPort"], "has no use on AWS; remove it")];
    if (environment !== "development")
        return [wrong(["postgres", "localPort"], `is for development alone; remove it in ${environment}, and use \`docker exec\` there`)];
    return localPort === (ports?.http ?? 8080) || localPort === (ports?.https ?? 8443)
        ? [wrong(["postgres", "localPort"], "must differ from the proxy's ports (quai:ports)")]
        : [];
};

const buffersFit: Rule = ({ postgres }) =>
    postgres?.sharedBuffers !== undefined && postgres.sharedBuffers > postgres.memory / 2
        ? [
              wrong(
                  ["postgres", "sharedBuffers"],
                  "must be at most half of quai:postgres.memory; the rest is for connections and the file cache",
              ),
          ]
        : [];

const keepSomething: Rule = ({ backup }) =>
    backup && Object.values(backup.keep).every((count) => count === 0)
        ? [wrong(["backup", "keep"], "must keep at least one backup: set daily, weekly, monthly or days above 0, or quai:backup: false")]
        : [];

const preloadable: Rule = ({ proxy }) => {
    if (!proxy?.hsts.preload) return [];
    const found: Problem[] = [];
    if (proxy.hsts.maxAge < 31536000)
        found.push(wrong(["proxy", "hsts", "maxAge"], "must be 31536000 (a year) or more with preload: true"));
    if (!proxy.hsts.includeSubdomains) found.push(wrong(["proxy", "hsts", "includeSubdomains"], "must be true with preload: true"));
    return found;
};

const balancersTrusted: Rule = ({ proxy, target }) =>
    target?.kind === "aws" && proxy !== undefined && proxy.trusted.length > 0
        ? [wrong(["proxy", "trusted"], "has no use on AWS, where the load balancer is quai's own; remove it")]
        : [];

const DAY = 86_400_000;

const datesPossible: Rule = ({ rotation = {}, waive = {}, retired = {} }, { now = new Date() }) => {
    // Somewhere on Earth the day is already the next one: 14 hours ahead of UTC at most.
    const future = (date: string): boolean => Date.parse(date) > now.getTime() + 14 * 3_600_000;
    const rotated = Object.entries(rotation).filter(([, renewals]) => versionsOf(renewals).some((version) => future(dayOf(version) ?? "")));
    const mixed = Object.entries(rotation).flatMap(([name, renewals]) => {
        const versions = signedWith(versionsOf(renewals));
        return versions.some((version, index) => index > 0 && !isNewer(versions[index - 1] ?? "", version)) ? [name] : [];
    });
    const waived = Object.entries(waive).filter(([, { until }]) => Date.parse(until) > now.getTime() + 367 * DAY);
    const left = Object.entries(retired).filter(([, until]) => Date.parse(until) > now.getTime() + 15 * DAY);
    return [
        ...left.map(([name]) => wrong(["retired", name], "must be within 14 days from now: it's a door that shouldn't stay open")),
        ...rotated.map(([name]) =>
            wrong(["rotation", name], "must not be in the future: it's the day on which the secret was renewed; write today's"),
        ),
        ...mixed.map((name) =>
            wrong(["rotation", name], "must name each renewal once, the newest first, and first (the value from before any) at the end"),
        ),
        ...waived.map(([rule]) => wrong(["waive", rule, "until"], "must be within a year from now: nothing is waived for ever")),
    ];
};

const RULES: readonly Rule[] = [
    ...[
        stackName,
        knownApplication,
        described,
        encryptedElsewhere,
        secretsEncrypted,
        sourcesPlain,
        sshConnection,
        awsTarget,
        hostPrepared,
        domainGiven,
        aliasesDiffer,
        tlsParts,
        publicNames,
    ],
    ...[portsDiffer, balancersTrusted, secretsExist, databaseLocal, buffersFit, keepSomething, preloadable, datesPossible],
];

/** What is wrong between settings that are each right by themselves. */
export function acrossSettings(settings: Some, context: Context): Problem[] {
    return RULES.flatMap((rule) => rule(settings, context));
}
