import { secretAges } from "../../../../tools/cli/stack/secret-ages";
import { secretRows } from "../../../../tools/cli/stack/secret-list";
import { parse } from "../../settings/base";

const bundle = (type: string, name: string) => `urn:pulumi:prod::quai::quai:index:SecretsBundle$${type}::${name}`;
const password = (name: string) => bundle("random:index/randomPassword:RandomPassword", name);
const step = (name: string, ...dependencies: string[]) => ({
    urn: `urn:pulumi:prod::quai::quai:index:WebStack$command:local:Command::${name}`,
    type: "command:local:Command",
    dependencies,
});
const made = (urn: string, created: string) => ({ urn, type: /\$(.*)::/.exec(urn)?.[1] ?? "", created });

const state = {
    pending: 0,
    text: "",
    resources: [
        {
            urn: "urn:pulumi:prod::quai::pulumi:pulumi:Stack::quai-prod",
            type: "pulumi:pulumi:Stack",
            outputs: { secrets: [{ name: "databasePassword", rotatedOn: "2026-11-01" }, { name: "jwt" }] },
        },
        made(password("databasePassword-1"), "2026-01-01T00:00:00Z"),
        made(password("databasePassword-2026-11-01"), "2026-11-01T10:00:00Z"),
        made(bundle("tls:index/privateKey:PrivateKey", "jwt-1"), "2025-12-01T00:00:00Z"),
        made(bundle("quai:index:GivenValue", "smtpPassword-0badc0de"), "2026-11-10T10:00:00Z"),
        made(bundle("quai:index:GivenValue", "smtpPassword-12345678"), "2026-11-15T10:00:00Z"),
        step("api-secrets-799bba71", password("databasePassword-2026-11-01"), bundle("tls:index/privateKey:PrivateKey", "jwt-1")),
        step("postgres-login-demo_web_20261101", password("databasePassword-2026-11-01")),
        step("worker-secrets-5215e515", password("databasePassword-1")),
    ],
};

test("R32: a list of secrets has names, kinds, ages and users, and nothing of a value", () => {
    const settings = parse({
        secrets: { smtpPassword: "hunter2-kX8-vPz2Lq0", backupKey: "hunter3-kX8-vPz2Lq0", keyId: "hunter4" },
        backup: {
            offsite: {
                repository: "s3:https://s3.quay.eu/b",
                environment: { AWS_ACCESS_KEY_ID: "keyId", AWS_SECRET_ACCESS_KEY: "backupKey" },
            },
        },
    });
    const rows = secretRows({ settings }, state, new Date("2026-11-20T12:00:00Z"));
    expect(rows).toEqual([
        { name: "backupKey", kind: "given", rotatedOn: null, ageDays: null, limitDays: 90, users: ["backup"] },
        { name: "databasePassword", kind: "generated", rotatedOn: "2026-11-01", ageDays: 19, limitDays: 90, users: ["api", "postgres"] },
        { name: "jwt", kind: "key pair", rotatedOn: "2025-12-01", ageDays: 354, limitDays: 365, users: ["api"] },
        { name: "keyId", kind: "given", rotatedOn: null, ageDays: null, limitDays: null, users: ["backup"] },
        { name: "smtpPassword", kind: "given", rotatedOn: "2026-11-15", ageDays: 5, limitDays: 90, users: [] },
    ]);
    expect(JSON.stringify(rows)).not.toContain("hunter");
});

test("R32: the stack's own authority is as old as its first key, and may be a year old, as certificates may", () => {
    const outputs = { secrets: [{ name: "localAuthority" }, { name: "inner" }] };
    const key = "tls:index/privateKey:PrivateKey";
    const proxy = { urn: `urn:pulumi:prod::quai::quai:index:TlsProxy$${key}::proxy-ca-key`, type: key, created: "2026-01-02T00:00:00Z" };
    const aged = secretAges(outputs, { ...state, resources: [proxy, made(bundle(key, "inner-1"), "2026-03-01T00:00:00Z")] });
    expect(aged).toEqual([
        { name: "localAuthority", kind: "signing", rotatedOn: "2026-01-02" },
        { name: "inner", kind: "signing", rotatedOn: "2026-03-01" },
    ]);
});
