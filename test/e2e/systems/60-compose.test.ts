import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { equivalent } from "../support/images";
import { begun, checkout, docker, PORTS, remove } from "./system";

const notes = begun({ stack: "notes-development", host: "notes.localhost" });
const path = () => join(checkout(), `Pulumi.${notes.stack}.yaml`);

/** The commands of the page, one a line; the only differences: this test's ports, and nobody who could be asked. */
function commands(): string[] {
    const page = readFileSync(join(checkout(), "docs/getting-started-compose.md"), "utf8");
    const lines = [...page.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block = ""]) => block.split("\n"));
    return lines
        .map((line) => line.trim().replaceAll(":8443/", `:${PORTS.https}/`))
        .map((line) => (/^\.\/quai (up|down) /.test(line) ? `${line} --yes` : line))
        .filter((line) => line !== "");
}

function run(line: string): { readonly code: number; readonly text: string } {
    const { status, stdout, stderr } = spawnSync("bash", ["-c", line], { cwd: checkout(), encoding: "utf8", timeout: 900_000 });
    return { code: status ?? 1, text: `${stdout}${stderr}` };
}

interface Written {
    readonly config: Record<string, unknown> & { readonly "quai:custom": { services: { web: { env: Record<string, string> } } } };
}
function edit(change: (written: Written) => void): void {
    const written = parse(readFileSync(path(), "utf8")) as Written;
    change(written);
    writeFileSync(path(), stringify(written));
}

describe("docs/getting-started-compose.md, word for word", () => {
    const all = commands();
    const step = (pattern: RegExp) => {
        const line = all.find((each) => pattern.test(each));
        if (line === undefined) throw new Error(`the page has no command like ${pattern.source}`);
        return run(line);
    };
    const must = (pattern: RegExp) => {
        const { code, text } = step(pattern);
        if (code !== 0) throw new Error(`${pattern.source} ended with ${code}:\n${text.slice(-4000)}`);
        return text;
    };
    afterAll(() => (docker("ps", "--quiet", "--filter", `label=io.quai.stack=${notes.stack}`) === "" ? undefined : remove(notes)));

    test("every command of the page is one that this test runs", () => {
        expect(all.map((line) => line.split(" ").slice(0, 2).join(" "))).toEqual([
            "./quai import",
            "./quai preview",
            "./quai up",
            "curl --fail",
            "curl --fail",
            "docker exec",
            "./quai backup",
            "./quai backup",
            "./quai up",
            "./quai down",
        ]);
    });

    test("import, preview", async () => {
        const told = must(/^\.\/quai import/);
        expect(told).toMatch(/Not carried over:\n {2}- nginx [^\n]*\n {2}- certbot /);
        expect(readFileSync(path(), "utf8")).not.toContain("an-example-that-is-never-copied");
        const base = await equivalent("debian");
        edit(({ config }) => {
            config["quai:ports"] = PORTS;
            // Where no registry answers.
            for (const image of Object.values(config["quai:images"] as Record<string, { args: { BASE: string } }>)) image.args.BASE = base;
        });
        expect(step(/^\.\/quai preview/).code).toBe(2);
    });

    test("R100: up: the migration made the table, which the application's login can't", () => {
        expect(must(/^\.\/quai up/)).toContain(`https://notes.localhost:${PORTS.https}`);
        expect(must(/^curl (?!.*--data)/)).toContain("<h1>Notes of the harbour</h1>");
        expect(must(/^curl .*--data/)).toBe("added\n");
    });

    test("R59: data of the old one", () => {
        writeFileSync(join(checkout(), "notes.sql"), "COPY public.note (body) FROM stdin;\nfrom before\n\\.\n");
        must(/^docker exec/);
        expect(must(/^curl (?!.*--data)/)).toContain("<li>The first one<li>from before");
    });

    test("R53: a snapshot", () => {
        must(/^\.\/quai backup now/);
        expect(must(/^\.\/quai backup list/)).toMatch(/\d{4}-\d{2}-\d{2}/);
    });

    test("R35: a changed variable is a release", () => {
        edit(({ config }) => {
            config["quai:custom"].services.web.env["TITLE"] = "Other notes";
        });
        must(/^\.\/quai up/);
        expect(must(/^curl (?!.*--data)/)).toContain("<h1>Other notes</h1>");
    });

    test("away with it", () => {
        must(/^\.\/quai down/);
        expect(docker("ps", "--all", "--quiet", "--filter", `label=io.quai.stack=${notes.stack}`)).toBe("");
    });
});
