import * as fc from "fast-check";
import { ENCODINGS, SECRETS } from "./secrets";

/** Events of previews that no engine made: every operation, deep and hostile values, secrets anywhere. */

const TYPES = [
    "docker:index/container:Container",
    "docker:index/volume:Volume",
    "docker:index/remoteImage:RemoteImage",
    "docker:index/network:Network",
    "command:local:Command",
    "random:index/randomPassword:RandomPassword",
    "tls:index/locallySignedCert:LocallySignedCert",
];
const COMPONENTS = ["WebStack", "TlsProxy", "PostgresWithBackup", "Redis", "Files", "SecretsBundle"];
const OPS = ["create", "update", "replace", "delete", "same", "create-replacement", "delete-replaced"];
const ROLES = ["service", "worker", "scheduler", "proxy", "postgres", "redis", "backup"];

/** Texts with what breaks markup, terminals and comments in them. */
const hostile = fc.constantFrom(
    "```",
    "`",
    "</details>",
    "<script>",
    "@everyone",
    "#1",
    "| x |",
    "\u0000",
    "\u001b[2J",
    "\n\n# Safe",
    "-->",
    "💥",
    "￿",
    "# Safe",
    "1. x",
    "www.example.org a@example.org https://example.org GH-1",
    "[x](javascript:1) ![x](https://example.org/x.png)",
    "<!-- quai preview demo-x -->",
    "\u202etxet\u2066",
    "\n```\n</details>\n\n### Blocked\n",
);

/** A secret, written in one way or another, within a text. */
const secretive = fc
    .tuple(
        fc.string({ maxLength: 8 }),
        fc.constantFrom(...SECRETS),
        fc.constantFrom(...Object.values(ENCODINGS)),
        fc.constantFrom("", " ", '"', "="),
    )
    .map(([before, secret, encoded, sign]) => `${before} ${sign}${encoded(secret)}${sign} end`);

export const text = fc.oneof(
    { weight: 6, arbitrary: fc.string({ maxLength: 40 }) },
    { weight: 2, arbitrary: fc.tuple(fc.string({ maxLength: 8 }), hostile, fc.string({ maxLength: 8 })).map((parts) => parts.join("")) },
    { weight: 3, arbitrary: secretive },
    { weight: 1, arbitrary: fc.integer({ min: 500, max: 4_000 }).map((length) => "long ".repeat(length / 5)) },
);

const plainName = fc.constantFrom(
    "api",
    "api-3fa9c1d2",
    "api-81d0e2aa",
    "postgres",
    "postgres-data",
    "postgres-socket",
    "uploads",
    "backup",
    "proxy",
    "jwt-1",
    "x".repeat(300),
);
/** Names are ours mostly; nothing keeps a secret or markup out of them. */
const name = fc.oneof({ weight: 12, arbitrary: plainName }, { weight: 1, arbitrary: text.map((each) => each.replaceAll("::", ":")) });

function state() {
    const label = (key: string, value: string) => ({ label: `io.quai.${key}`, value });
    return fc.record({
        id: fc.string({ maxLength: 12 }),
        protect: fc.boolean(),
        parent: fc.constantFrom(...COMPONENTS).map((each) => `urn:pulumi:x::quai::quai:index:${each}::${each.toLowerCase()}`),
        inputs: fc
            .tuple(
                fc.dictionary(
                    fc.constantFrom("memory", "envs", "image", "mounts", "ports", "name", "command", "stdin", "dnsNames"),
                    fc.jsonValue({ maxDepth: 3 }),
                ),
                fc.record({
                    name: text,
                    image: text,
                    envs: fc.array(text, { maxLength: 6 }),
                    labels: fc
                        .tuple(
                            fc.constantFrom(...ROLES),
                            fc.constantFrom("api", "web", "postgres"),
                            fc.constantFrom("3fa9c1d2", "81d0e2aa"),
                        )
                        .map(([role, service, release]) => [label("role", role), label("service", service), label("release", release)]),
                    mounts: fc.array(fc.record({ source: text, target: text, readOnly: fc.boolean() }), { maxLength: 3 }),
                }),
            )
            .map(([loose, strict]) => ({ ...loose, ...strict })),
        outputs: fc.dictionary(fc.constantFrom("imageId", "routes", "certificate", "name"), fc.oneof(text, fc.jsonValue({ maxDepth: 2 }))),
    });
}

function step() {
    return fc
        .record({
            op: fc.constantFrom(...OPS),
            type: fc.constantFrom(...TYPES),
            component: fc.constantFrom(...COMPONENTS),
            name,
            number: fc.nat(400),
            old: state(),
            new: state(),
            keys: fc.array(fc.constantFrom("image", "envs", "ports[0].external"), { maxLength: 3 }),
        })
        .map(({ component, number, ...rest }) => ({
            resourcePreEvent: {
                metadata: {
                    ...rest,
                    urn: `urn:pulumi:x::quai::quai:index:${component}$${rest.type}::${rest.name}${number > 40 ? `-${number}` : ""}`,
                },
            },
        }));
}

/** Lines as the engine prints them. @param most how many resources */
export function events(most: number): fc.Arbitrary<string[]> {
    const settings = fc.dictionary(
        fc.constantFrom("domain", "postgres", "services", "ports"),
        fc.oneof(text, fc.jsonValue({ maxDepth: 3 })),
    );
    const outputs = fc.record({ running: fc.boolean(), urls: fc.array(text, { maxLength: 3 }), settings });
    const stack = fc.tuple(outputs, outputs).map(([old, next]) => ({
        resOutputsEvent: {
            metadata: {
                op: "same",
                urn: "urn:pulumi:x::quai::pulumi:pulumi:Stack::quai-x",
                type: "pulumi:pulumi:Stack",
                old: { outputs: old },
                new: { outputs: next },
            },
        },
    }));
    const diagnostic = fc
        .tuple(fc.constantFrom("error", "warning", "info"), text)
        .map(([severity, message]) => ({ diagnosticEvent: { severity, message } }));
    return fc
        .tuple(fc.array(step(), { maxLength: most }), stack, fc.array(diagnostic, { maxLength: 2 }))
        .map(([steps, end, diagnostics]) =>
            [...steps, ...diagnostics, end, { summaryEvent: { result: "succeeded" } }].map((event) => JSON.stringify(event)),
        );
}
