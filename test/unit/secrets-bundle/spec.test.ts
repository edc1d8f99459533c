import { resolveSecrets } from "../../../components/secrets-bundle/spec";
import type { SecretsBundleArgs } from "../../../components/secrets-bundle";

type Args = Pick<SecretsBundleArgs, "generate" | "given" | "rotation">;

const BASE = {
    generate: {
        databasePassword: { kind: "password", length: 32 },
        djangoSecretKey: { kind: "password", length: 50 },
        sessionKey: { kind: "key", bytes: 64 },
        jwt: { kind: "rsa", bits: 4096 },
    },
    given: { smtpPassword: { value: "x", version: "aaaaaaaa" } },
} satisfies Args;

function problems(args: Args): string[] {
    try {
        resolveSecrets(args);
        return [];
    } catch (error) {
        return error instanceof Error ? error.message.split("\n") : [];
    }
}

describe("what is generated", () => {
    test("R24, R25: defaults are the guides' figures", () => {
        const generate: Args["generate"] = { a: { kind: "password" }, b: { kind: "key" }, c: { kind: "rsa" } };
        expect(resolveSecrets({ generate })).toEqual([
            { name: "a", generated: { kind: "password", length: 32 }, version: "1" },
            { name: "b", generated: { kind: "key", bytes: 64, encoding: "base64url" }, version: "1" },
            { name: "c", generated: { kind: "rsa", bits: 4096 }, version: "1" },
        ]);
    });

    test("the date of a rotation is the version", () => {
        const specs = resolveSecrets({ ...BASE, rotation: { jwt: "2026-11-01" } });
        expect(specs.map(({ name, version }) => `${name} ${version}`)).toEqual([
            "databasePassword 1",
            "djangoSecretKey 1",
            "sessionKey 1",
            "jwt 2026-11-01",
        ]);
    });

    test("the base is fine", () => expect(problems(BASE)).toEqual([]));

    test.each<[Args, string]>([
        [{ generate: { a: { kind: "password", length: 31 } } }, "secrets.a.length: must be at least 32 characters (got 31)"],
        [{ generate: { a: { kind: "key", bytes: 31 } } }, "secrets.a.bytes: must be at least 32 (got 31)"],
        [{ generate: { a: { kind: "rsa", bits: 2048 } } }, "secrets.a.bits: must be at least 3072 (got 2048)"],
        [
            { ...BASE, rotation: { jtw: "2026-11-01" } },
            "quai:rotation.jtw: no generated secret of this name; the stack generates: databasePassword, djangoSecretKey, sessionKey, jwt",
        ],
        [
            { ...BASE, rotation: { smtpPassword: "2026-11-01" } },
            "quai:rotation.smtpPassword: no generated secret of this name (a secret that is given is rotated by giving another value); the stack generates: databasePassword, djangoSecretKey, sessionKey, jwt",
        ],
        [{ rotation: { a: "2026-11-01" } }, "quai:rotation.a: no generated secret of this name; the stack generates: none"],
        [
            { ...BASE, given: { sessionKey: { value: "x", version: "aaaaaaaa" } } },
            "quai:secrets.sessionKey: the stack generates this secret; remove it from the settings",
        ],
    ])("%j is refused", (args, message) => {
        expect(problems(args)).toEqual([message]);
    });

    test.each<Args["generate"]>([
        { a: { kind: "password", length: 32 } },
        { a: { kind: "key", bytes: 32 } },
        { a: { kind: "rsa", bits: 3072 } },
    ])("the minimum itself is accepted: %j", (generate) => expect(problems({ generate })).toEqual([]));

    test("all problems are told at once", () => {
        const generate: Args["generate"] = { a: { kind: "password", length: 8 }, b: { kind: "rsa", bits: 1024 } };
        expect(problems({ generate, rotation: { c: "2026-11-01" } })).toHaveLength(3);
    });
});
