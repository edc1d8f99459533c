import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { completed, type OutsideOptions, readOutside, runsCommands } from "../../../infra/settings/outside";
import { openRunCache } from "../../../infra/settings/run-cache";
import { scratchFolder } from "../support/scratch";
import { parse } from "./base";

const folder = scratchFolder("outside");
const SECRET = "kX8-vPz2Lq0-wN7yT";
const calls = join(folder, "calls");

/** A vault's command: says what it is told to, and notes that it ran. */
function vault(name: string, body: string): string {
    const file = join(folder, name);
    writeFileSync(file, `#!/bin/sh\necho "$@" >> ${calls}\n${body}\n`);
    chmodSync(file, 0o755);
    return file;
}

const timesCalled = () => readFileSync(calls, "utf8").split("\n").length - 1;

function read(secrets: Record<string, unknown>, env: OutsideOptions["env"] = process.env) {
    const notices: string[] = [];
    const outside = readOutside(parse({ secrets }).secrets, { env, onNotice: (line) => notices.push(line) });
    return { ...outside, notices, problems: outside.unread.map(({ problem }) => problem) };
}

beforeEach(() => writeFileSync(calls, ""));

describe("R26: secrets from the caller's environment and from a vault", () => {
    test("a variable, a command, an encrypted value, and former ones of each", () => {
        const op = vault("op", `echo "${SECRET}-$2"`);
        const secrets = {
            smtp: SECRET,
            openai: { environment: "OPENAI_API_KEY" },
            stripe: { command: [op, "read", "one"], former: { command: [op, "read", "two"] } },
            django: { value: "new-value-of-it", former: "old-value-of-it" },
            session: { environment: "NEW", former: { environment: "OLD" } },
        };
        const { values, problems } = read(secrets, { ...process.env, OPENAI_API_KEY: "sk-1", NEW: "n1", OLD: "o1" });
        expect(problems).toEqual([]);
        expect(values).toEqual({
            smtp: { value: SECRET },
            openai: { value: "sk-1" },
            stripe: { value: `${SECRET}-one`, former: `${SECRET}-two` },
            django: { value: "new-value-of-it", former: "old-value-of-it" },
            session: { value: "n1", former: "o1" },
        });
    });

    test("words are words: no shell reads them", () => {
        const op = vault("words", 'printf %s "$2"');
        const word = "$(id) ; `id` && 'x' \"y\"";
        expect(read({ odd: { command: [op, "read", word] } }).values["odd"]).toEqual({ value: word });
    });

    test("everything that can't be read is told at once, with its remedy", () => {
        const failing = vault("failing", "echo '[ERROR] no such item' >&2; exit 6");
        const silent = vault("silent", "true");
        const slow = vault("slow", "echo waiting >&2; sleep 30");
        const { problems } = read(
            {
                unset: { environment: "NOT_SET_ANYWHERE" },
                empty: { environment: "EMPTY", former: { environment: "NOT_SET_EITHER" } },
                missing: { command: ["no-such-vault", "read"] },
                failing: { command: [failing, "read", "x"] },
                silent: { command: [silent] },
                slow: { command: [slow], timeout: "1s" },
                fine: SECRET,
            },
            { PATH: process.env["PATH"], EMPTY: " " },
        );
        expect(problems).toEqual([
            "quai:secrets.unset: variable NOT_SET_ANYWHERE is not set: set it where you deploy",
            "quai:secrets.empty: variable EMPTY is empty: set it where you deploy",
            "quai:secrets.empty.former: variable NOT_SET_EITHER is not set: set it where you deploy",
            "quai:secrets.missing: there is no command no-such-vault here: install it, or put it on PATH",
            `quai:secrets.failing: command ${failing} read x ended with 6: [ERROR] no such item`,
            `quai:secrets.silent: command ${silent} printed nothing: look at the vault's entry`,
            `quai:secrets.slow: command ${slow} took longer than 1 s and was ended: waiting; it may wait for somebody to log in; log in first, or give it more time (timeout)`,
        ]);
    });

    test("R27: what a command says is shown without any secret, its own included", () => {
        const chatty = vault("chatty", `echo ${SECRET}; echo "read ${SECRET}, beside other-secret-123456" >&2`);
        const { notices, values } = read({ other: "other-secret-123456", chatty: { command: [chatty] } });
        expect(values["chatty"]).toEqual({ value: SECRET });
        expect(notices).toEqual([`${chatty}: read [secret], beside [secret]`]);
        const failing = vault("chatty-failing", `echo ${SECRET}; echo "read ${SECRET}" >&2; exit 1`);
        expect(read({ failing: { command: [failing] } }).problems).toEqual([
            `quai:secrets.failing: command ${failing} ended with 1: read [secret]`,
        ]);
    });

    test("a value of several lines loses its last line break only", () => {
        const pem = vault("pem", "printf -- 'a\\n\\nb\\n\\n'");
        expect(read({ pem: { command: [pem] } }).values["pem"]).toEqual({ value: "a\n\nb\n" });
    });
});

describe("a command runs once in a run", () => {
    test("for two names, and again in the next process of the run", () => {
        const op = vault("once", `echo ${SECRET}`);
        const cache = openRunCache();
        const secrets = { one: { command: [op, "read"] }, two: { command: [op, "read"] } };
        expect(read(secrets, { ...process.env, ...cache }).problems).toEqual([]);
        expect(read(secrets, { ...process.env, ...cache }).values["two"]).toEqual({ value: SECRET });
        expect(timesCalled()).toBe(1);
        // Another run asks again.
        expect(read(secrets, { ...process.env, ...openRunCache() }).problems).toEqual([]);
        expect(timesCalled()).toBe(2);
    });

    test("R27: what is kept between is closed by a key that no file has", () => {
        const op = vault("kept", `echo ${SECRET}`);
        const cache = openRunCache();
        read({ one: { command: [op] } }, { ...process.env, ...cache });
        const [, key = "", kept = ""] = /^(\w+):(.+)$/.exec(Object.values(cache)[0] ?? "") ?? [];
        expect(statSync(kept).mode & 0o777).toBe(0o700);
        const files = readdirSync(kept);
        expect(files).toHaveLength(1);
        const text = readFileSync(join(kept, files[0] ?? ""), "latin1");
        expect(text).not.toContain(SECRET);
        expect(text).not.toContain(key);
    });

    test("what killed runs left is removed, what others still use isn't", () => {
        const ended = spawnSync("true").pid;
        const [dead, alive] = [ended, process.ppid].map((pid) => mkdtempSync(join(tmpdir(), `quai-run-${pid}-`))) as [string, string];
        openRunCache();
        expect([existsSync(dead), existsSync(alive)]).toEqual([false, true]);
        rmSync(alive, { recursive: true });
    });

    test("one that failed is asked again", () => {
        const cache = openRunCache();
        const op = vault("again", "exit 1");
        read({ one: { command: [op] } }, { ...process.env, ...cache });
        vault("again", `echo ${SECRET}`);
        expect(read({ one: { command: [op] } }, { ...process.env, ...cache }).values["one"]).toEqual({ value: SECRET });
    });
});

test("what can't be read may be replaced by what is known of it, one by one", () => {
    const outside = read({ a: { environment: "NOT_SET_A" }, b: { value: "b-value", former: { environment: "NOT_SET_B" } } }, {});
    const known: Record<string, string> = { a: "last-a", "b.former": "last-b" };
    expect(completed(outside, ({ path }) => known[path])).toEqual({ a: { value: "last-a" }, b: { value: "b-value", former: "last-b" } });
    expect(() => completed(outside, ({ path }) => (path === "a" ? "last-a" : undefined))).toThrow(
        /^quai:secrets.b.former: variable NOT_SET_B is not set: set it where you deploy$/,
    );
});

test("checking settings runs nothing", () => {
    const { secrets } = parse({ secrets: { a: { command: ["/nowhere/vault"] }, b: { environment: "NOT_SET" } } });
    expect(runsCommands(secrets)).toBe(true);
    expect(runsCommands(parse({ secrets: { b: { environment: "X", former: { environment: "Y" } } } }).secrets)).toBe(false);
    expect(runsCommands(parse({ secrets: { b: { value: "x", former: { command: ["y"] } } } }).secrets)).toBe(true);
});
