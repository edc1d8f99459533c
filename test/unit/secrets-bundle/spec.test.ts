import { resolveSecrets } from "../../../components/secrets-bundle/spec";
import type { SecretsBundleArgs } from "../../../components/secrets-bundle";

type Args = Omit<SecretsBundleArgs, "target">;

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
            { name: "a", generated: { kind: "password", length: 32 }, version: "1", former: [] },
            { name: "b", generated: { kind: "key", bytes: 64, encoding: "base64url" }, version: "1", former: [] },
            { name: "c", generated: { kind: "rsa", bits: 4096 }, version: "1", former: [], overlap: 86400 },
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
        [
            { ...BASE, rotation: { databasePassword: ["2026-11-20", "first"] } },
            "quai:rotation.databasePassword: nothing accepts a former value of it: the one before goes at the end of the update that brings the new one; write the newest date alone",
        ],
        [
            { generate: { localAuthority: { kind: "authority" } }, rotation: { localAuthority: ["first", "2026-11-20"] } },
            "quai:rotation.localAuthority: needs no announcement, as the former one signs the new one; write the newest date first",
        ],
        [
            { ...BASE, overlap: { databasePassword: 3600 } },
            "quai:overlap.databasePassword: nothing accepts a former value of it: the one before goes at the end of the update that brings the new one; remove it",
        ],
        [
            { ...BASE, overlap: { jtw: 3600 } },
            "quai:overlap.jtw: no generated secret of this name; the stack generates: databasePassword, djangoSecretKey, sessionKey, jwt",
        ],
    ])("%j is refused", (args, message) => {
        expect(problems(args)).toEqual([message]);
    });

    test.each<Args["generate"]>([
        { a: { kind: "password", length: 32 } },
        { a: { kind: "key", bytes: 32 } },
        { a: { kind: "rsa", bits: 3072 } },
    ])("the minimum itself is accepted: %j", (generate) => expect(problems({ generate })).toEqual([]));

    const DAY = 86400;
    test.each<[string, string, number | undefined, readonly string[]]>([
        ["on the day itself", "2026-11-20T00:00:00Z", undefined, ["1"]],
        ["a day after the end of the day, wherever that was", "2026-11-22T11:59:59Z", undefined, ["1"]],
        ["later", "2026-11-22T12:00:00Z", undefined, []],
        ["later, with an overlap of two days", "2026-11-22T12:00:00Z", 2 * DAY, ["1"]],
        ["with none", "2026-11-20T00:00:00Z", 0, []],
    ])("R33: a former key counts: %s", (_when, now, overlap, former) => {
        const rotation = { jwt: ["2026-11-20", "first"] };
        const specs = resolveSecrets({
            ...BASE,
            rotation,
            now: new Date(now),
            ...(overlap === undefined ? {} : { overlap: { jwt: overlap } }),
        });
        expect(specs.find(({ name }) => name === "jwt")).toMatchObject({ version: "2026-11-20", former });
    });

    test("R33: of several former keys each has its own time", () => {
        const rotation = { jwt: ["2026-11-20.2", "2026-11-20", "2026-10-01", "first"] };
        const specs = resolveSecrets({ ...BASE, rotation, now: new Date("2026-11-21T00:00:00Z") });
        expect(specs.find(({ name }) => name === "jwt")).toMatchObject({ version: "2026-11-20.2", former: ["2026-11-20", "2026-10-01"] });
    });

    test("all problems are told at once", () => {
        const generate: Args["generate"] = { a: { kind: "password", length: 8 }, b: { kind: "rsa", bits: 1024 } };
        expect(problems({ generate, rotation: { c: "2026-11-01" } })).toHaveLength(3);
    });
});
