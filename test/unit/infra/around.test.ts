import { createCipheriv, pbkdf2Sync, randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { aroundStack } from "../../../infra/around";
import { judge } from "../../../policies";
import { CONTEXT, parse } from "../settings/base";
import { scratchFolder } from "../support/scratch";

const folder = scratchFolder("around");
const PASSPHRASE = "correct horse";

/** Encrypts as the engine does; that it can be read by the engine's own files is shown end to end. */
function encrypt(key: Buffer, text: string): string {
    const nonce = randomBytes(12);
    const cipher = createCipheriv("aes-256-gcm", key, nonce);
    const body = Buffer.concat([cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
    return `v1:${nonce.toString("base64")}:${body.toString("base64")}`;
}

function stack(name: string, config: Record<string, unknown>, secrets: Record<string, string> = {}, passphrase = PASSPHRASE): void {
    const salt = randomBytes(8);
    const key = pbkdf2Sync(passphrase, salt, 1_000_000, 32, "sha256");
    const closed = Object.entries(secrets).map(([each, value]) => [each, { secure: encrypt(key, value) }] as const);
    const content = {
        encryptionsalt: `v1:${salt.toString("base64")}:${encrypt(key, "pulumi")}`,
        config: { ...config, "quai:secrets": { ...Object.fromEntries(closed), ...(config["quai:secrets"] as object | undefined) } },
    };
    writeFileSync(join(folder, `Pulumi.${name}.yaml`), JSON.stringify(content));
}

const refused = (env: Record<string, string>) => {
    const around = aroundStack({ checkout: folder, stack: "prod", env });
    return judge(parse({ backup: { offsite: { repository: "/mnt/nas" } } }), CONTEXT.now, around).refused;
};
const SAME = (name: string) =>
    `quai:secrets.${name}: is the same as quai:secrets.${name} of Pulumi.staging.yaml (staging); give each environment a value of its own, and renew this one (rule shared-secrets)`;

describe("R36: what other environments have in common with this one", () => {
    test("the same value is found where the passphrase opens both files, and is never shown", () => {
        stack("prod", {}, { smtp: "kX8-vPz2Lq0-wN7yT", other: "one-of-its-own-1234" });
        stack("staging", { "quai:environment": "staging" }, { smtp: "kX8-vPz2Lq0-wN7yT", other: "one-of-its-own-5678" });
        expect(refused({ PULUMI_CONFIG_PASSPHRASE: PASSPHRASE })).toEqual([SAME("smtp")]);
        const around = aroundStack({ checkout: folder, stack: "prod", env: { PULUMI_CONFIG_PASSPHRASE: PASSPHRASE } });
        expect(JSON.stringify(around)).not.toContain("kX8");
        writeFileSync(join(folder, "passphrase"), `${PASSPHRASE}\n`);
        expect(refused({ PULUMI_CONFIG_PASSPHRASE_FILE: join(folder, "passphrase") })).toEqual([SAME("smtp")]);
    });

    test("fingerprints are others at each run", () => {
        const once = () =>
            aroundStack({ checkout: folder, stack: "prod", env: { PULUMI_CONFIG_PASSPHRASE: PASSPHRASE } }).fingerprints?.["smtp"];
        expect(once()).not.toEqual(once());
    });

    test("without the passphrase, or with another, only what was copied as it stands is noticed", () => {
        expect(refused({})).toEqual([]);
        expect(refused({ PULUMI_CONFIG_PASSPHRASE: "another" })).toEqual([]);
        const reference = { "quai:secrets": { smtp: { command: ["op", "read", "op://shared/smtp"] } } };
        stack("prod", reference);
        stack("staging", { "quai:environment": "staging", ...reference });
        expect(refused({})).toEqual([SAME("smtp")]);
    });

    test("everybody may call a variable by the same name", () => {
        const reference = { "quai:secrets": { smtp: { environment: "SMTP_PASSWORD" } } };
        stack("prod", reference);
        stack("staging", { "quai:environment": "staging", ...reference });
        expect(refused({})).toEqual([]);
    });

    test("a name that another environment answers to is refused", () => {
        stack("prod", {});
        stack("staging", { "quai:environment": "staging", "quai:domain": "staging.quay.eu", "quai:aliases": ["app.quay.eu"] });
        expect(refused({})).toEqual([
            "quai:domain: app.quay.eu is the name of staging (staging) already; give each environment a name of its own (rule own-host)",
        ]);
    });

    test("a stack file that can't be read hinders nobody", () => {
        writeFileSync(join(folder, "Pulumi.staging.yaml"), "config: [");
        expect(refused({})).toEqual([]);
    });
});
