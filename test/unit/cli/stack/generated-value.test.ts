import { keyFrom } from "../../../../components/secrets-bundle/key";
import { generatedIn } from "../../../../tools/cli/stack/generated-value";

const URN = "urn:pulumi:dev::quai::quai:index:SecretsBundle$random:index/randomPassword:RandomPassword::jwtSecret-1";
const SEED = "x3Yq9wLmT0bVnR5kZc7sJ2dF8hG4pA6u";
const secret = (value: string) => ({ plaintext: JSON.stringify(value) });
const file = (name: string, text: string) => `${name} 0400 ${Buffer.from(text).toString("base64")}`;

const state = (...files: string[]) => ({
    deployment: {
        resources: [
            { urn: URN, outputs: { result: secret(SEED) } },
            { urn: "other", dependencies: [URN], inputs: { stdin: secret(["program", ...files].join("\n")) } },
        ],
    },
});

describe("the value of a generated secret, as its users read it", () => {
    test.each(["hex", "base64", "base64url"] as const)("a key that is given as a variable, in %s", (encoding) => {
        const key = keyFrom(SEED, 64).toString(encoding);
        expect(generatedIn(state(file("env.OTHER", "no"), file("env.JWT_SECRET", key)), "jwtSecret", URN)).toBe(key);
    });

    test("a file of its name comes first, what was generated last", () => {
        expect(generatedIn(state(file("jwtSecret", "as it is")), "jwtSecret", URN)).toBe("as it is");
        expect(generatedIn(state(file("env.URL", "postgres://somewhere")), "jwtSecret", URN)).toBe(SEED);
        expect(generatedIn(state(), "jwtSecret", "another")).toBeUndefined();
    });
});
