import * as pulumi from "@pulumi/pulumi";
import type { SecretsBundleArgs } from "../../../components/secrets-bundle";
import { derivedSecret, SecretsBundle } from "../../../components/secrets-bundle";
import { record, valueOf } from "../support/mocks";
import { dockerTarget } from "../support/target";

const PASSWORD = "random:index/randomPassword:RandomPassword";
const KEY = "tls:index/privateKey:PrivateKey";

const GENERATE: SecretsBundleArgs["generate"] = {
    database: { kind: "password" },
    django: { kind: "password", length: 50 },
    session: { kind: "key" },
    hexadecimal: { kind: "key", bytes: 32, encoding: "hex" },
    plain64: { kind: "key", bytes: 32, encoding: "base64" },
    jwt: { kind: "rsa" },
};

function bundle(change: Partial<SecretsBundleArgs> = {}) {
    return record(() => new SecretsBundle("secrets", { target: dockerTarget(), generate: GENERATE, ...change }));
}

function former(bundle: SecretsBundle, name: string) {
    const found = bundle.former(name);
    if (found === undefined) throw new Error(`${name}: no former value`);
    return found;
}

const made = ["database-1", "django-1", "hexadecimal-1", "plain64-1", "session-1", "jwt-1"];

describe("a bundle of secrets", () => {
    test("R24, R25: one generator each, with the asked strength, by explicit providers", async () => {
        const { list, get, of } = await bundle();
        expect(list().filter((each) => /^(random|tls):/.test(each))).toEqual([
            `${PASSWORD} database-1`,
            `${PASSWORD} django-1`,
            `${PASSWORD} hexadecimal-1`,
            `${PASSWORD} plain64-1`,
            `${PASSWORD} session-1`,
            `${KEY} jwt-1`,
        ]);
        expect(get(PASSWORD, "database-1").inputs).toMatchObject({ length: 32, special: false });
        expect(get(PASSWORD, "django-1").inputs).toMatchObject({ length: 50, special: false });
        expect(get(KEY, "jwt-1").inputs).toEqual({ algorithm: "RSA", rsaBits: 4096 });
        for (const resource of [...of(PASSWORD)]) expect(resource).toMatchObject({ provider: "host-random", parent: "secrets" });
        expect(of(KEY)[0]).toMatchObject({ provider: "host-tls", parent: "secrets" });
    });

    test("R24: values are one line, long enough, and secret", async () => {
        const { result } = await bundle();
        const value = (name: string) => valueOf(result.get(name).value);
        expect(await value("database")).toMatch(/^[A-Za-z0-9]{32}$/);
        expect(await value("django")).toMatch(/^[A-Za-z0-9]{50}$/);
        expect(await value("session")).toMatch(/^[A-Za-z0-9_-]{86}$/);
        expect(await value("hexadecimal")).toMatch(/^[0-9a-f]{64}$/);
        expect(await value("plain64")).toMatch(/^[A-Za-z0-9+/]{43}=$/);
        for (const name of ["database", "session", "hexadecimal", "plain64", "jwtPrivate", "jwtPublic"]) {
            expect(await pulumi.isSecret(result.get(name).value)).toBe(true);
        }
    });

    test.each([
        ["session-1", 64],
        ["hexadecimal-1", 32],
        ["plain64-1", 32],
    ])("R24: %s has the randomness of its %d bytes, and comes from a generator that keeps none of it in the open", async (name, bytes) => {
        const { get } = await bundle();
        const { inputs } = get(PASSWORD, name);
        expect(inputs).toMatchObject({ special: false });
        expect((inputs["length"] as number) * Math.log2(62)).toBeGreaterThanOrEqual(bytes * 8);
    });

    test("a key is another one for another seed, and the same for the same", async () => {
        const values = async (change: Partial<SecretsBundleArgs>) => valueOf((await bundle(change)).result.get("session").value);
        expect(await values({})).toBe(await values({}));
        expect(await values({ rotation: { session: "2026-11-01" } })).not.toBe(await values({}));
    });

    test("R25: a key pair is two secrets, PKCS#8 and public", async () => {
        const { result } = await bundle();
        expect(await valueOf(result.get("jwtPrivate").value)).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
        expect(await valueOf(result.get("jwtPublic").value)).toMatch(/^-----BEGIN PUBLIC KEY-----\n/);
    });

    test("R32, R34: a rotation date makes another generator beside the first, and nothing else", async () => {
        const { list, result } = await bundle({ rotation: { database: "2026-11-01" } });
        const names = list(PASSWORD, KEY).map((each) => each.split(" ")[1]);
        expect(names.sort()).toEqual(["database-2026-11-01", ...made.slice(1)].sort());
        expect(result.get("database").version).toBe("2026-11-01");
        expect(result.get("django").version).toBe("1");
        expect(result.ages).toEqual([
            { name: "database", rotatedOn: "2026-11-01", versions: ["2026-11-01"] },
            ...["django", "session", "hexadecimal", "plain64"].map((name) => ({ name, versions: ["1"] })),
            { name: "jwt", versions: ["1"], overlap: 86400 },
        ]);
    });

    test("R33: while the overlap lasts, the former public key is there, and the former private key is nobody's", async () => {
        const rotated = { rotation: { jwt: ["2026-11-20", "first"] }, now: new Date("2026-11-21T10:00:00Z") };
        const { result, list } = await bundle(rotated);
        expect(list(KEY).map((each) => each.split(" ")[1])).toEqual(["jwt-1", "jwt-2026-11-20"]);
        const first = (await bundle()).result.get("jwtPublic");
        expect(result.former("jwtPublic")).toMatchObject({ name: "jwtPublicFormer", version: "1" });
        expect(await valueOf(former(result, "jwtPublic").value)).toBe(await valueOf(first.value));
        expect(await valueOf(result.get("jwtPublic").value)).not.toBe(await valueOf(first.value));
        expect(await pulumi.isSecret(former(result, "jwtPublic").value)).toBe(true);
        expect(result.former("jwtPrivate")).toBeUndefined();
        expect(result.former("database")).toBeUndefined();
    });

    test("R33: after the overlap the former key is gone from the state, too", async () => {
        const { result, list } = await bundle({ rotation: { jwt: ["2026-11-20", "first"] }, now: new Date("2026-11-22T12:00:00Z") });
        expect(result.former("jwtPublic")).toBeUndefined();
        expect(list(KEY)).toEqual([`${KEY} jwt-2026-11-20`]);
    });

    test("several former values of a key, the newest first, with commas between; Ed25519 pairs", async () => {
        const generate: SecretsBundleArgs["generate"] = { django: { kind: "password", overlap: 14 * 86400 }, signing: { kind: "ed25519" } };
        const rotation = { django: ["2026-11-20.2", "2026-11-20", "first"], signing: ["2026-11-20", "2026-11-19"] };
        const { result, get } = await bundle({ generate, rotation, now: new Date("2026-11-20T10:00:00Z") });
        const before = async (version: string) =>
            valueOf((await bundle({ generate, rotation: { django: version } })).result.get("django").value);
        expect(await valueOf(former(result, "django").value)).toBe(`${await before("2026-11-20")},${await before("first")}`);
        expect(result.former("django")?.version).toBe("2026-11-20+1");
        expect(get(KEY, "signing-2026-11-20").inputs).toEqual({ algorithm: "ED25519" });
        expect(result.former("signingPublic")?.version).toBe("2026-11-19");
    });

    test("R26: a given secret is handed on, secret, with its fingerprint", async () => {
        const { result } = await bundle({ given: { smtp: { value: "from-outside", version: "3fa9c1d2" } } });
        const smtp = result.get("smtp");
        expect(smtp).toMatchObject({ name: "smtp", version: "3fa9c1d2" });
        expect(await valueOf(smtp.value)).toBe("from-outside");
        expect(await pulumi.isSecret(smtp.value)).toBe(true);
    });

    test("a secret that isn't there: the message says how to set it", async () => {
        const { result } = await bundle();
        expect(() => result.get("smtp")).toThrow(
            "secrets.smtp: no such secret; set it with: pulumi config set --secret --path quai:secrets.smtp",
        );
    });

    test("a second registration is equal to the first", async () => {
        const [first, second] = [await bundle(), await bundle()];
        expect(second.resources).toEqual(first.resources);
    });
});

test("R30: a secret made of others is secret, and is another version when one of them is", async () => {
    const { result } = await bundle({ rotation: { django: "2026-11-01" } });
    const url = derivedSecret("url", [result.get("database"), result.get("django")], ([a, b]) => `${a}:${b}`);
    expect(url.version).toBe("1+2026-11-01");
    expect(await valueOf(url.value)).toMatch(/^[a-z0-9]{32}:[a-z0-9]{50}$/);
    expect(await pulumi.isSecret(url.value)).toBe(true);
});
