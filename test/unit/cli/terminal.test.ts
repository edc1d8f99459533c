import { PassThrough, Readable, Writable } from "node:stream";
import { Terminal, visibleLength, wantsColour } from "../../../tools/cli/terminal";

function sink(isTTY: boolean) {
    const parts: string[] = [];
    const stream = new Writable({
        write(chunk: Buffer, _encoding, done) {
            parts.push(chunk.toString());
            done();
        },
    });
    return Object.assign(stream, { isTTY, columns: 40, text: () => parts.join("") });
}

describe("colours", () => {
    it.each([
        [true, {}, true],
        [false, {}, false],
        [true, { NO_COLOR: "1" }, false],
        [true, { TERM: "dumb" }, false],
        [false, { FORCE_COLOR: "1" }, true],
        [true, { NO_COLOR: "1", FORCE_COLOR: "1" }, false],
    ])("on a terminal %s, with %j: %s", (isTTY, env, wanted) => expect(wantsColour({ isTTY }, env)).toBe(wanted));
});

describe("what is typed or piped in", () => {
    it("isn't shown where it's a secret", async () => {
        const [input, err] = [new PassThrough(), sink(true)];
        const terminal = new Terminal({ out: sink(false), err, input: input as unknown as NodeJS.ReadStream, env: {} });
        const asked = terminal.askHidden("Value:");
        input.write("hunter2\n");
        expect(await asked).toBe("hunter2");
        expect(err.text()).toBe("Value: \n");
    });

    it("is read to its end", async () => {
        const input = Readable.from(["first\n", Buffer.from("second\n")]) as unknown as NodeJS.ReadStream;
        expect(await new Terminal({ input, env: {} }).read()).toBe("first\nsecond\n");
    });
});

describe("Terminal", () => {
    it("keeps stdout for results", () => {
        const [out, err] = [sink(false), sink(false)];
        const terminal = new Terminal({ out, err, env: {} });
        terminal.info("working");
        terminal.warn("careful");
        terminal.step("step").done("2 s");
        terminal.json({ ok: true });
        expect(JSON.parse(out.text())).toEqual({ ok: true });
        expect(err.text()).toBe("working\nwarning: careful\nstep…\nstep: done (2 s)\n");
    });

    it("doesn't repeat a step's detail more often than it may, where it can't be updated in place", () => {
        const err = sink(false);
        const step = new Terminal({ out: sink(false), err, env: {}, everySeconds: 3600 }).step("build");
        for (let i = 0; i < 100; i++) step.update(`${i} of 100`);
        step.fail();
        expect(err.text()).toBe("build…\nbuild: failed\n");
    });

    it("updates a step in place on a terminal, within its width, and leaves one line", () => {
        const err = sink(true);
        const terminal = new Terminal({ out: sink(true), err, env: { NO_COLOR: "1" } });
        const step = terminal.step("a title that is far too long for a terminal of forty columns");
        terminal.info("between");
        step.done();
        const drawn = err.text().split("\r\u001b[2K");
        expect(Math.max(...drawn.filter((part) => !part.includes("\n")).map(visibleLength))).toBeLessThan(40);
        expect(err.text()).toContain("between\n");
        expect(err.text().endsWith("✓ a title that is far too long for a terminal of forty columns\n")).toBe(true);
    });

    it("lines up the columns of a table, colours left out of the count", () => {
        const out = sink(false);
        new Terminal({ out, err: sink(false), env: {} }).table([
            ["\u001b[32mx\u001b[39m", "long name", "1"],
            ["yyy", "b", "2"],
        ]);
        expect(out.text()).toBe("\u001b[32mx\u001b[39m    long name  1\nyyy  b          2\n");
    });

    it("takes no answer for no where nobody can be asked", async () => {
        const err = sink(true);
        const input = Object.assign(process.stdin, {});
        await expect(new Terminal({ out: sink(false), err, input, env: { CI: "true" } }).confirm("Install?")).resolves.toBe(false);
        expect(err.text()).toBe("");
    });
});
