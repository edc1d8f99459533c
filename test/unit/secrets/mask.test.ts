import { masksOf } from "../../../infra/secrets/mask";

const secret = 'Zq7"back\\slash/and more';
const escaped = (text: string) => JSON.stringify(text).slice(1, -1);

test.each([
    ["as it is", secret],
    ["in a URL", encodeURIComponent(secret)],
    ["in base64", Buffer.from(secret).toString("base64").replace(/=+$/, "")],
    ["in JSON", escaped(secret)],
    ["in JSON within JSON", escaped(escaped(secret))],
])("R106: a known secret is masked, %s", (_, written) => {
    const { known } = masksOf([secret]);
    expect(known(`before ${written} after`)).toBe("before [secret] after");
});

test("R27: what is said of a setting isn't taken for its value; a value that is named so is masked", () => {
    const { all } = masksOf([]);
    for (const said of [
        "quai:secrets.smtpPassword: variable SMTP is not set: set it where you deploy",
        "quai:secrets.smtpPassword: command op read x ended with 1",
        "quai:secrets.api_key.former: variable OLD is empty",
    ]) {
        expect(all(said)).toBe(said);
    }
    expect(all("smtpPassword: hunter2222")).toBe("smtpPassword: [secret]");
    expect(all("quai:tls: x, smtp.password=hunter2222")).toBe("quai:tls: x, smtp.password=[secret]");
});

test("R106: logins in addresses and named values, whatever stands before them", () => {
    const { all } = masksOf([]);
    expect(all("DATABASE=1postgresql+asyncpg://shop:hunter22@db/shop")).toBe("DATABASE=1postgresql+asyncpg://shop:[secret]@db/shop");
    expect(all(`${"x".repeat(200)}https://me:hunter22@example.com`)).toBe(`${"x".repeat(200)}https://me:[secret]@example.com`);
    expect(all(`${"my-".repeat(50)}password=hunter2222`)).toBe(`${"my-".repeat(50)}password=[secret]`);
    expect(all("--admin-password-once hunter2222")).toBe("--admin-password-once [secret]");
});

/* Where a pattern took the square of the length, these would take far longer than the five seconds after which jest gives up. */
test.each(["a", "a.", "a-", "-", "aB3", "password", "eyJ", "://", "a:b@", "quai:a", " ", "_key"])(
    "200,000 characters of %j take no time",
    (part) => {
        const text = part.repeat(200_000 / part.length);
        expect(masksOf(["Zq7-known-secret"]).all(`${text}Zq7-known-secret`)).toMatch(/\[secret\]$/);
    },
);
