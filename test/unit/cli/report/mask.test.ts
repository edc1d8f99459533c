import { masksOf } from "../../../../tools/cli/report/mask";

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
