import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse, stringify } from "yaml";
import { ACCOUNT, Rehearsal } from "./rehearsal";

/* docs/getting-started-aws.md with a shell, as far as that goes with a plugin that makes nothing. */

const cycle = ACCOUNT === undefined ? describe : describe.skip;

cycle("docs/getting-started-aws.md, word for word", () => {
    let aws: Rehearsal;
    let page = "";
    beforeAll(async () => {
        aws = await Rehearsal.open();
        page = readFileSync(join(aws.engine.checkout, "docs/getting-started-aws.md"), "utf8");
        mkdirSync(home(), { recursive: true });
    });
    afterAll(() => aws?.close());

    /** Somebody else's home, so that nobody's own login is changed. */
    const home = () => join(aws.engine.checkout, ".quai", "person");
    const path = () => join(aws.engine.checkout, "Pulumi.shop-prod.yaml");
    const edit = (more: Readonly<Record<string, unknown>>) => {
        const { config, ...rest } = parse(readFileSync(path(), "utf8")) as { config: object };
        writeFileSync(path(), stringify({ ...rest, config: { ...config, ...more } }));
    };

    /** A line of the page in a shell of somebody who has the official program, and nothing of `./quai`; who says yes by an option. */
    function run(pattern: RegExp, input = ""): { readonly code: number; readonly text: string } {
        const blocks = [...page.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block = ""]) => block.split("\n"));
        const prose = [...page.matchAll(/`(pulumi [^`\n]+)`/g)].map(([, line = ""]) => line);
        const line = [...blocks.map((each) => each.trim()), ...prose].find((each) => pattern.test(each));
        if (line === undefined) throw new Error(`the page has no command like ${pattern.source}`);
        const { PULUMI_BACKEND_URL: _backend, PULUMI_CONFIG_PASSPHRASE_FILE: _file, ...env } = aws.engine.env;
        const said = /^pulumi (up|destroy)/.test(line) ? " --yes" : "";
        // Pulumi takes the user's home from the system, whatever the variable says.
        const { status, stdout, stderr } = spawnSync("bash", ["-c", `${line.replaceAll("~", home())}${said}`], {
            cwd: aws.engine.checkout,
            env: {
                ...env,
                HOME: home(),
                PATH: `${dirname(aws.engine.pulumi)}:${process.env["PATH"] ?? ""}`,
                PULUMI_CONFIG_PASSPHRASE: "a passphrase of somebody's own",
                QUAI_AWS_REHEARSAL: "1",
            },
            encoding: "utf8",
            input,
        });
        return { code: status ?? 1, text: `${stdout}${stderr}` };
    }
    const must = (pattern: RegExp, input?: string) => {
        const { code, text } = run(pattern, input);
        if (code !== 0) throw new Error(`${pattern.source} ended with ${code}:\n${text.slice(-4000)}`);
        return text;
    };

    test("1, 2, 3: a place for the state, the stack file, a secret", () => {
        must(/^mkdir/);
        must(/^pulumi login/);
        const [, block = ""] = /```yaml\n([\s\S]*?)```/.exec(page) ?? [];
        writeFileSync(path(), block.replace(/^ {3}/gm, ""));
        must(/^pulumi stack init/);
        const value = "smtp-kX8-vPz2Lq0";
        must(/^pulumi config set/, value);
        const written = readFileSync(path(), "utf8");
        expect(written).toMatch(/smtpPassword:\s+secure: v1:/);
        expect(written).not.toContain(value);
    });

    test("4: what would be made, and what it costs; wrong settings are told at once", () => {
        expect(must(/^pulumi preview/)).toMatch(/about \d+ US dollars a month in eu-west-3/);
        edit({ "quai:domain": "https://shop.quay.eu", "quai:tls": { mode: "local" } });
        const { code, text } = run(/^pulumi preview/);
        edit({ "quai:domain": "shop.quay.eu", "quai:tls": undefined });
        expect(code).not.toBe(0);
        for (const what of ["quai:domain: ", "quai:tls.mode: "]) expect(text).toContain(what);
    });

    test("5, 6: it's made, and tells its address", () => {
        must(/^pulumi up -s/);
        expect(must(/^pulumi stack output/)).toContain("https://shop.quay.eu");
    });

    test("7: another digest is a release: a preview, an update", () => {
        const images = (parse(readFileSync(path(), "utf8")) as { config: { "quai:images": { api: string } } }).config["quai:images"];
        edit({ "quai:images": { ...images, api: images.api.replace(/.{4}$/, "0000") } });
        expect(must(/^pulumi preview -s/)).toContain("api-task");
        must(/^pulumi up -s/);
    });

    test("8: production is protected; without that it goes", () => {
        expect(run(/^pulumi destroy/).code).not.toBe(0);
        const [, , block = ""] = page.split("```yaml\n").map((each) => each.split("```")[0]);
        const shown = parse(block) as { "quai:waive": Record<string, { until: string }> };
        for (const waiver of Object.values(shown["quai:waive"]))
            waiver.until = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
        edit(shown);
        must(/^pulumi up -s/);
        expect(must(/^pulumi destroy/)).toMatch(/- \d+ (to delete|deleted)/);
    });
});
