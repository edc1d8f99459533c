import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { generateKeyPairSync } from "node:crypto";
import { committed } from "../../../../tools/cli/check/committed";
import { checkFile } from "../../../../tools/cli/check/stack";
import { stackSettings } from "../../../../tools/cli/stack/session";
import { scratchFolder } from "../../support/scratch";

const folder = scratchFolder("check");
const git = (...words: string[]) => execFileSync("git", words, { cwd: folder, stdio: "pipe" });
const key = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString();

function put(path: string, text: string): void {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
}

describe("R31: what a commit must not hold", () => {
    test("outside of a repository nobody looks", async () => {
        expect(await committed("/")).toBeUndefined();
    });

    test("a clean one passes: examples, words about keys, public keys, SQL that isn't a dump", async () => {
        git("init", "--quiet");
        put(".env.example", "SECRET_KEY=");
        put("docs/keys.md", "A key begins with -----BEGIN PRIVATE KEY----- and a dump with: database dump");
        put("db/migrations/1.sql", "CREATE TABLE a (b int);");
        put("node_modules/x/key.pem", key);
        put(".gitignore", "node_modules/");
        git("add", ".");
        expect(await committed(folder)).toEqual({ files: 4, strays: [] });
    });

    test.each([
        ["a.zkkey.json", "{}", "is a user's private key"],
        ["deep/.env", "A=1", "is a file of environment variables"],
        [".env.production", "A=1", "is a file of environment variables"],
        ["prod.env", "A=1", "is a file of environment variables"],
        ["backup.sql.gz", "x", "is a dump of a database"],
        ["x.dump", "x", "is a dump of a database"],
        ["old.sql", "--\n-- PostgreSQL database dump\n--\n", "is a dump of a database"],
        ["tls/server.pem", "x", "is a key or certificate"],
        ["id_ed25519", "x", "is an SSH key"],
        ["notes.txt", `The key:\n${key}`, "holds a private key"],
    ])("%s is found, once it is added", async (path, text, why) => {
        put(path, text);
        expect((await committed(folder))?.strays).toEqual([]);
        git("add", "--force", path);
        expect((await committed(folder))?.strays).toEqual([{ path, why }]);
        git("rm", "--quiet", "--cached", path);
    });
});

describe("a stack file, as far as it tells by itself", () => {
    const write = (config: object) =>
        writeFileSync(join(folder, "Pulumi.x.yaml"), JSON.stringify({ config: { "quai:application": "demo", ...config } }));

    test("in order", () => {
        write({ "quai:environment": "development" });
        const well = { stack: "x", environment: "development", problems: [], warned: [], waived: [], resources: null };
        expect(checkFile(folder, "x")).toEqual(well);
    });

    test("wrong settings, broken rules and secrets in clear are listed together, none by its value", () => {
        write({
            "quai:environment": "production",
            "quai:domain": "shop.quay.eu",
            "quai:tls": { mode: "local" },
            "quai:postgres": { version: 3 },
            "quai:secrets": { smtpPassword: "kX8-vPz2Lq0-wN", other: { secure: "v1:x:y" } },
        });
        const { environment, problems } = checkFile(folder, "x");
        expect(environment).toBeNull();
        expect(problems).toEqual(
            expect.arrayContaining([
                expect.stringMatching(/^quai:secrets\.smtpPassword: is written in clear: set it anew with/),
                expect.stringMatching(/^quai:postgres\.version: must be /),
            ]),
        );
        expect(problems.join()).not.toContain("kX8");
    });

    test("R27: a secret in clear beside encrypted ones is refused, wherever it stands; by commands that deploy, too", () => {
        const secure = { secure: "v1:x:y" };
        write({
            "quai:environment": "development",
            "quai:domain": "shop.quay.eu",
            "quai:secrets": { a: "kX8-vPz2Lq0-wN", b: { value: secure, former: "kX8-vPz2" }, c: secure },
        });
        const clear = (path: string) =>
            `quai:secrets.${path}: is written in clear: set it anew with \`./quai secrets set ${path} --stack x\`, and renew what was in Git`;
        expect(checkFile(folder, "x").problems).toEqual([clear("a"), clear("b.former")]);
        expect(() => stackSettings(folder, "x")).toThrow(`Pulumi.x.yaml has 2 problems:\n${clear("a")}\n${clear("b.former")}`);
    });

    test("a rule that is broken is a problem, one that only warns isn't", () => {
        write({ "quai:environment": "staging", "quai:domain": "shop.quay.eu", "quai:tls": { mode: "local" } });
        expect(checkFile(folder, "x")).toMatchObject({
            problems: [],
            warned: expect.arrayContaining([expect.stringMatching(/\(rule public-tls\)$/)]) as string[],
        });
        write({ "quai:environment": "production", "quai:domain": "shop.quay.eu", "quai:tls": { mode: "local" } });
        expect(checkFile(folder, "x").problems).toContainEqual(expect.stringMatching(/\(rule public-tls\)$/));
    });
});
