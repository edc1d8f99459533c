import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { marker } from "../../../tools/cli/report/markdown";

/** The programs that a workflow runs, against a server that keeps comments, notes and issues as GitHub's and GitLab's do. */
interface Entry {
    readonly id: number;
    readonly number: number;
    readonly title?: string;
    body: string;
    state: string;
}

// Each run starts a program, which takes long on a busy machine.
jest.setTimeout(120_000);

const FOLDER = resolve(__dirname, "../../../examples/workflows");
const entries: Entry[] = [];
const seen: string[] = [];
let server: Server;
let folder: string;

beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "quai-workflows-"));
    server = createServer((request, response) => {
        void answer(request).then(([status, content]) => {
            response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(content));
        });
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
});
afterAll(async () => {
    await new Promise((done) => server.close(done));
    rmSync(folder, { recursive: true });
});
beforeEach(() => {
    entries.length = 0;
    seen.length = 0;
});

async function answer(request: IncomingMessage): Promise<[number, unknown]> {
    let text = "";
    for await (const chunk of request) text += String(chunk);
    const url = new URL(request.url ?? "/", "http://x");
    const authorised =
        request.headers.authorization === "Bearer token-of-the-test" || request.headers["private-token"] === "token-of-the-test";
    const gitlab = url.pathname.startsWith("/projects/");
    seen.push(`${request.method ?? ""} ${url.pathname}`);
    if (!authorised) return [401, { message: "no" }];
    if (request.method === "GET") {
        const page = Number(url.searchParams.get("page"));
        const some = entries.filter(({ state }) => state === "open").slice((page - 1) * 100, page * 100);
        return [
            200,
            some.map((entry) => ({ ...entry, iid: entry.number, ...(gitlab ? { state: "opened", description: entry.body } : {}) })),
        ];
    }
    const {
        description,
        state_event: event,
        ...others
    } = JSON.parse(text) as Partial<Entry> & { description?: string; state_event?: string };
    const change = {
        ...others,
        ...(description === undefined ? {} : { body: description }),
        ...(event === "close" ? { state: "closed" } : {}),
    };
    if (request.method === "POST") {
        entries.push({ id: entries.length + 1, number: entries.length + 1, state: "open", body: "", ...change });
        return [201, {}];
    }
    Object.assign(entries.find(({ id }) => id === Number(url.pathname.split("/").at(-1))) ?? {}, change);
    return [200, {}];
}

function run(program: string, words: readonly string[], token = "token-of-the-test"): Promise<{ code: number; text: string }> {
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const variables = {
        GITHUB_TOKEN: token,
        GITHUB_REPOSITORY: "o/r",
        GITHUB_API_URL: address,
        GITLAB_TOKEN: token,
        CI_API_V4_URL: address,
        CI_PROJECT_ID: "7",
    };
    const child = spawn(process.execPath, [join(FOLDER, program), ...words], { env: { PATH: process.env["PATH"], ...variables } });
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    return new Promise((done) => child.once("close", (code) => done({ code: code ?? 1, text: text.trim() })));
}

function report(first: string): string {
    const file = join(folder, "report.md");
    writeFileSync(file, `${first}\n\n${marker("demo-prod")}\n`);
    return file;
}

describe.each([
    ["comment.mjs", "comment"],
    ["note.mjs", "note"],
])("R106: %s", (program, word) => {
    test("one entry is made, left alone, and updated; others stay as they are", async () => {
        for (let i = 0; i < 120; i++) entries.push({ id: i + 1, number: i + 1, state: "open", body: "somebody's" });
        expect(await run(program, ["12", report("Safe")])).toEqual({ code: 0, text: `${word} made` });
        expect(await run(program, ["12", report("Safe")])).toEqual({ code: 0, text: `${word} unchanged` });
        expect(await run(program, ["12", report("Data at risk")])).toEqual({ code: 0, text: `${word} updated` });
        expect(entries).toHaveLength(121);
        expect(entries.filter(({ body }) => body !== "somebody's").map(({ body }) => body.split("\n")[0])).toEqual(["Data at risk"]);
    });

    test("a refusal fails the job and doesn't print the token; a file that is no report is refused", async () => {
        const refused = await run(program, ["12", report("Safe")], "wrong-token-value");
        expect(refused.code).toBe(1);
        expect(refused.text).toContain("answered 401");
        expect(refused.text).not.toContain("wrong-token-value");
        const other = join(folder, "other.md");
        writeFileSync(other, "hello");
        expect((await run(program, ["12", other])).text).toContain("the file isn't a report");
        expect((await run(program, ["twelve", other])).code).toBe(2);
    });
});

describe.each(["issue.mjs", "issue-gitlab.mjs"])("R106: %s", (program) => {
    const issue = (first: string, code: string) => run(program, ["Drift of prod", report(first), code]);

    test("an issue is opened once, updated, closed when all is well, and opened anew", async () => {
        expect((await issue("1 thing", "2")).text).toBe("issue opened");
        expect((await issue("1 thing", "2")).text).toBe("issue unchanged");
        expect((await issue("2 things", "3")).text).toBe("issue updated");
        expect((await issue("As the last update left it.", "0")).text).toBe("issue closed");
        expect((await issue("As the last update left it.", "0")).text).toBe("nothing to tell");
        expect((await issue("1 thing", "2")).text).toBe("issue opened");
        expect(entries.map(({ state, title }) => [state, title])).toEqual([
            ["closed", "Drift of prod"],
            ["open", "Drift of prod"],
        ]);
    });

    test("a look that failed changes nothing", async () => {
        await issue("1 thing", "2");
        expect((await issue("As the last update left it.", "1")).code).toBe(1);
        expect(entries.map(({ state }) => state)).toEqual(["open"]);
    });
});
