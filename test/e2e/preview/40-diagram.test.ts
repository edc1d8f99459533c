import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { checkout, quai, STACK, writeSettings } from "../support/checkout";
import { BASE } from "./changes";
import { drawn, kept, PICTURES, pictureFile } from "./pictures";

/** QUAI_GOLDEN=write draws them anew, to be looked at before they are committed. */
const write = process.env["QUAI_GOLDEN"] === "write";

describe("R106: pictures of stacks", () => {
    test.each(Object.keys(PICTURES))("docs/pictures/%s.svg is what ./quai diagram draws", async (name) => {
        const text = await drawn(name, "--svg");
        if (write) writeFileSync(pictureFile(name), text);
        expect(text).toBe(kept(name));
    });

    test("as Mermaid, twice the same", async () => {
        const text = await drawn("demo");
        expect(text.split("\n")[0]).toBe("flowchart TB");
        expect(await drawn("demo")).toBe(text);
    });
});

describe("R106: the pull request of a fork", () => {
    test("no secret, no state, no host: settings are checked, a plan is made, and the report says what it doesn't know", async () => {
        const config = {
            "quai:application": "demo",
            "quai:environment": "staging",
            "quai:domain": "demo.acme.net",
            "quai:tls": { mode: "acme", email: "ops@acme.net" },
            "quai:target": { kind: "docker", host: "ssh://deploy@203.0.113.7", hostKey: `ssh-ed25519 ${"A".repeat(68)}` },
            "quai:images": PICTURES["aws"]?.["quai:images"],
            "quai:backup": {
                offsite: {
                    repository: "s3:https://s3.eu-west-3.amazonaws.com/b/demo",
                    environment: { AWS_SECRET_ACCESS_KEY: "backupKey" },
                },
            },
            "quai:secrets": { backupKey: { secure: "v1:abcdefgh:ijklmnop" } },
        };
        const file = join(checkout(), "Pulumi.fork.yaml");
        // The salt is that of a passphrase which isn't known here.
        writeFileSync(file, JSON.stringify({ encryptionsalt: "v1:AAAAAAAAAAA=:v1:AAAAAAAAAAAAAAAA:AAAA", config }));
        const { code, stdout, text } = await quai("preview", "fork", "--fork", "--markdown");
        expect([code, code === 2 ? "" : text]).toEqual([2, ""]);
        expect(stdout).toMatch(
            /^🔵 \*\*Settings and program are in order \(a plan of \d+ resources\)\. What is deployed was not looked at/,
        );
        expect(stdout).toContain("- Planned against an empty state: no secret, no state and no host was within reach.");
        expect(stdout).toContain(
            "- Something else stood in for encrypted settings, and for secrets from elsewhere: `quai:secrets.backupKey`.",
        );
        expect(stdout).not.toMatch(/encrypted-value-that|v1:abcdefgh|203\.0\.113\.7: /);
    });

    test("wrong settings are told there, too, and a plan can't be kept", async () => {
        writeFileSync(
            join(checkout(), "Pulumi.fork.yaml"),
            JSON.stringify({ config: { "quai:application": "demo", "quai:environment": "test" } }),
        );
        const refused = await quai("preview", "fork", "--fork", "--markdown");
        expect([refused.code, refused.stdout.split("\n")[0]]).toEqual([1, expect.stringMatching(/^⛔ \*\*Blocked: /)]);
        expect((await quai("preview", "fork", "--fork", "--save", "plan.json")).code).toBe(2);
    });

    test("the stack's own state isn't touched", async () => {
        writeSettings(BASE);
        await quai("preview", STACK, "--fork");
        expect((await quai("preview", STACK)).code).toBe(0);
    });
});
