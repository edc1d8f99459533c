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

    test("R33: a key that signs next is told to whoever verifies, and its private half to nobody; after that they change places", async () => {
        const now = new Date("2026-11-20T10:00:00Z");
        const announced = await bundle({ rotation: { jwt: ["first", "2026-11-20"] }, now });
        const signs = await bundle({ rotation: { jwt: ["2026-11-20", "first"] }, now });
        const values = async ({ result }: typeof signs) => ({
            present: await valueOf(result.get("jwtPublic").value),
            other: await valueOf(former(result, "jwtPublic").value),
        });
        const [before, after] = [await values(announced), await values(signs)];
        expect(before).toEqual({ present: after.other, other: after.present });
        expect(before.present).toBe(await valueOf((await bundle()).result.get("jwtPublic").value));
        expect(announced.result.former("jwtPrivate")).toBeUndefined();
        // However short the overlap: it is of former ones.
        const short = await bundle({ rotation: { jwt: ["first", "2026-11-20"] }, overlap: { jwt: 0 }, now });
        expect(short.result.former("jwtPublic")).toBeDefined();
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
        const { result, list } = await bundle({ given: { smtp: { value: "from-outside", version: "3fa9c1d2" } } });
        // What the engine notes the date of.
        expect(list()).toContain("quai:index:GivenValue smtp-3fa9c1d2");
        const smtp = result.get("smtp");
        expect(smtp).toMatchObject({ name: "smtp", version: "3fa9c1d2" });
        expect(await valueOf(smtp.value)).toBe("from-outside");
        expect(await pulumi.isSecret(smtp.value)).toBe(true);
    });

    test("R26: the former value of a given secret, with its own fingerprint, for as long as it is given", async () => {
        const smtp = { value: "now", version: "3fa9c1d2", former: { value: "before", version: "81d0e2aa" } };
        const { result } = await bundle({ given: { smtp } });
        expect(former(result, "smtp")).toMatchObject({ name: "smtpFormer", version: "81d0e2aa" });
        expect(await valueOf(former(result, "smtp").value)).toBe("before");
        expect(await pulumi.isSecret(former(result, "smtp").value)).toBe(true);
    });

    test("a secret that isn't there: the message says how to set it", async () => {
        const { result } = await bundle();
        expect(() => result.get("smtp")).toThrow(/^secrets\.smtp: no such secret; set it with: \.\/quai secrets set smtp --stack \w+$/);
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

describe("certificates of the stack's own authority", () => {
    const REQUEST = "tls:index/certRequest:CertRequest";
    const CERTIFICATE = "tls:index/locallySignedCert:LocallySignedCert";
    const generate: SecretsBundleArgs["generate"] = {
        localAuthority: { kind: "authority" },
        inner: { kind: "certificate", names: ["inner", "10.0.0.7"], days: 90 },
        other: { kind: "certificate", names: ["other"] },
    };

    test("a certificate is three secrets, for servers and clients, by one authority", async () => {
        const { result, get, list } = await bundle({ generate });
        expect(get(REQUEST, "inner-1-request").inputs).toMatchObject({
            subject: { commonName: "inner" },
            dnsNames: ["inner"],
            ipAddresses: ["10.0.0.7"],
        });
        expect(get(CERTIFICATE, "inner-1-certificate").inputs).toMatchObject({
            validityPeriodHours: 90 * 24,
            earlyRenewalHours: 0,
            allowedUses: ["digital_signature", "key_encipherment", "server_auth", "client_auth"],
        });
        expect(get(CERTIFICATE, "other-1-certificate").inputs).toMatchObject({ validityPeriodHours: 397 * 24 });
        expect(list("tls:index/selfSignedCert:SelfSignedCert")).toHaveLength(1);
        const parts = ["innerCertificate", "innerKey", "innerAuthority"].map((name) => result.get(name));
        expect(parts.map(({ name, version }) => [name, version])).toEqual([
            ["innerCertificate", "1+1"],
            ["innerKey", "1"],
            ["innerAuthority", "1"],
        ]);
        expect(await pulumi.isSecret(result.get("innerKey").value)).toBe(true);
        expect(result.ages.map(({ name }) => name)).toEqual(["localAuthority", "inner", "other"]);
    });

    test("R34: a date renews one of them, and nothing else", async () => {
        const before = new Set((await bundle({ generate })).list());
        const { list, result } = await bundle({ generate, rotation: { inner: "2026-11-26" } });
        expect(list().filter((each) => !before.has(each))).toEqual([
            `${REQUEST} inner-2026-11-26-request`,
            `${CERTIFICATE} inner-2026-11-26-certificate`,
            `${KEY} inner-2026-11-26`,
        ]);
        expect(result.get("innerCertificate").version).toBe("2026-11-26+1");
        expect(result.get("otherCertificate").version).toBe("1+1");
    });

    test("R34: a renewed authority signs all of them anew; the keys stay; the former one is trusted for 30 days", async () => {
        const rotation = { localAuthority: ["2026-11-26", "first"] };
        const { result } = await bundle({ generate, rotation, now: new Date("2026-12-20T00:00:00Z") });
        expect(result.authority).toEqual({ present: "2026-11-26", former: ["1"] });
        expect(["innerCertificate", "innerKey", "innerAuthority"].map((name) => result.get(name).version)).toEqual([
            "1+2026-11-26+1",
            "1",
            "2026-11-26+1",
        ]);
        expect((await valueOf(result.get("innerAuthority").value)).match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
        const after = await bundle({ generate, rotation, now: new Date("2026-12-29T00:00:00Z") });
        expect(after.result.authority).toEqual({ present: "2026-11-26", former: [] });
        expect((await valueOf(after.result.get("innerAuthority").value)).match(/BEGIN CERTIFICATE/g)).toHaveLength(1);
    });
});
