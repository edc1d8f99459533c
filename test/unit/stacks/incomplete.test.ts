import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { mustKeepRules } from "../../../tools/cli/stack/keep-rules";
import { SetupError } from "../../../tools/engine/types";
import { scratchFolder } from "../support/scratch";
import { PINNED } from "../settings/base";
import { type Config, stackFile } from "./program";

const scratch = scratchFolder("incomplete");
const encrypted = { secure: "v1:0:0" };

/** Pulumi.prod.yaml with names of its own in place of the placeholders, and its secrets: nothing is missing. */
const COMPLETE: Config = {
    ...stackFile("prod"),
    "quai:target": { kind: "docker", host: "ssh://deploy@192.168.7.9", hostKey: `ssh-ed25519 ${"A".repeat(68)}` },
    "quai:domain": "app.quay.eu",
    "quai:aliases": ["www.app.quay.eu"],
    "quai:tls": { mode: "acme", email: "ops@quay.eu" },
    "quai:images": PINNED,
    "quai:registries": { "registry.quay.eu": { username: "deploy", passwordSecret: "registryPassword" } },
    "quai:backup": {
        ...(stackFile("prod")["quai:backup"] as object),
        offsite: { repository: "s3:https://s3.quay.eu/demo", environment: { AWS_SECRET_ACCESS_KEY: "backupKey" } },
    },
    "quai:secrets": { registryPassword: encrypted, backupKey: encrypted },
};

/** All that `./quai up prod` says against a stack file, before anything is asked, installed or touched. */
function refusals(config: Config): readonly string[] {
    writeFileSync(join(scratch, "Pulumi.prod.yaml"), JSON.stringify({ config }));
    try {
        mustKeepRules(scratch, "prod");
        return [];
    } catch (error) {
        if (!(error instanceof SetupError)) throw error;
        expect(error.exitCode).toBe(2);
        return error.message.split("\n").filter((line) => line.startsWith("quai:"));
    }
}

function without(config: Config, path: readonly string[]): Config {
    const [key = "", ...rest] = path;
    const { [key]: value, ...others } = config;
    return rest.length === 0 ? others : { ...others, [key]: without(value as Config, rest) };
}

const pinned = (name: string) =>
    `quai:images.${name}: is built during the deployment, from examples/demo/${name}; push the image to a registry and write its digest too, name:tag@sha256:… (\`docker buildx imagetools inspect\` prints it) (rule pinned-images)`;
const secret = (path: string, there: string) =>
    `${path}: names no entry of quai:secrets (there: ${there}); add it with \`./quai secrets set <name> --stack prod\` (value not shown)`;
const MISSING: readonly (readonly [path: readonly string[], ...messages: string[]])[] = [
    [["quai:application"], "quai:application: is required: custom, or the name of a file of stacks/ without its ending"],
    [["quai:environment"], "quai:environment: is required: development, staging or production"],
    [
        ["quai:target", "hostKey"],
        "quai:target.hostKey: is required with quai:target.host: `ssh-keyscan -t ed25519 192.168.7.9` prints it; compare it on the machine's console",
    ],
    [["quai:domain"], "quai:domain: is required in production: a host name such as app.example.com"],
    [["quai:tls", "email"], "quai:tls.email: is required with mode acme: the address that is warned before the certificate ends"],
    [["quai:images", "web"], pinned("web")],
    [["quai:images"], pinned("api"), pinned("web")],
    [
        ["quai:backup", "offsite"],
        'quai:backup.offsite: there is no copy off the host; name a restic repository elsewhere, such as "s3:https://…" or "sftp:user@host:/backups" (rule backup-offsite)',
    ],
    [["quai:secrets", "backupKey"], secret("quai:backup.offsite.environment.AWS_SECRET_ACCESS_KEY", "registryPassword")],
    [["quai:secrets", "registryPassword"], secret('quai:registries["registry.quay.eu"].passwordSecret', "backupKey")],
];

describe("R37: what production doesn't start without", () => {
    test("complete, it is refused for nothing", () => {
        expect(refusals(COMPLETE)).toEqual([]);
    });

    test.each(MISSING.map(([path, ...messages]) => ({ path, messages })))("$path is missing", ({ path, messages }) => {
        expect(refusals(without(COMPLETE, path))).toEqual(messages);
    });

    test("all of them at once, in one message", () => {
        const parts = MISSING.filter(
            ([path]) => path[0] !== "quai:application" && path[0] !== "quai:environment" && path[0] !== "quai:secrets",
        );
        const found = refusals(
            parts.reduce((config, [path]) => (path.join() === "quai:images,web" ? config : without(config, path)), COMPLETE),
        );
        expect([...found].sort()).toEqual([...new Set(parts.flatMap(([, ...messages]) => messages))].sort());
    });

    test("the file as it stands names every placeholder and every secret that isn't there", () => {
        expect(refusals(stackFile("prod")).map((line) => line.split(": ")[0])).toEqual([
            'quai:registries["registry.example.com"].passwordSecret',
            "quai:backup.offsite.environment.AWS_ACCESS_KEY_ID",
            "quai:backup.offsite.environment.AWS_SECRET_ACCESS_KEY",
            ...["quai:target.host", "quai:domain", "quai:aliases[0]", "quai:tls.email", "quai:images.api", "quai:images.web"],
            'quai:registries["registry.example.com"]',
            "quai:backup.offsite.repository",
        ]);
    });
});
