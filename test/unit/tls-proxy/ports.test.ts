import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { scratchFolder } from "../support/scratch";
import { freePort } from "./real/nginx";

const UID = String(process.getuid?.() ?? 0);

describe("the program that holds ports and hands them over", () => {
    const scratch = scratchFolder("ports");
    const program = readFileSync(join(__dirname, "../../../components/tls-proxy/programs/ports.pl"), "utf8").replaceAll(
        "/tmp/",
        `${scratch}/`,
    );
    const path = (stack: string, port: number, address: string) => join(scratch, stack, `port-${port}-on-${address}`);
    const perl = (...words: string[]) => spawnSync("perl", ["-e", program, "--", ...words], { encoding: "utf8", timeout: 10_000 });
    const tried = (stack: string, port: number, address: string) => {
        const { status, stderr } = perl("try", address, String(port), path(stack, port, address));
        return status === 0 ? "free" : stderr.trim();
    };
    const holders: ChildProcess[] = [];
    async function hold(stack: string, port: number, address: string): Promise<ChildProcess> {
        const child = spawn("perl", ["-e", program, "--", "hold", address, String(port), path(stack, port, address), UID], {
            stdio: "ignore",
        });
        holders.push(child);
        const { stdout } = perl("take", `http=${path(stack, port, address)}`, "--", "/bin/sh", "-c", "echo ready");
        expect(stdout).toBe("ready\n");
        return Promise.resolve(child);
    }
    const connects = (port: number) =>
        new Promise<boolean>((resolve) => {
            const socket = connect(port, "127.0.0.1", () => (socket.destroy(), resolve(true)));
            socket.once("error", () => resolve(false));
        });
    let port: number;
    beforeAll(async () => {
        for (const stack of ["one", "other"]) mkdirSync(join(scratch, stack));
        port = await freePort();
    });
    afterAll(() => {
        for (const each of holders) each.kill();
    });

    test("a port that is held can't be had again; what comes waits for somebody who accepts", async () => {
        expect(tried("one", port, "127.0.0.1")).toBe("free");
        await hold("one", port, "127.0.0.1");
        expect(await connects(port)).toBe(true);
        for (const stack of ["one", "other"]) {
            expect(tried(stack, port, "127.0.0.1")).toBe(`port ${port} of 127.0.0.1: Address already in use`);
        }
    });

    test("the same stack may begin on another address beside it, another stack may not", async () => {
        expect(tried("other", port, "0.0.0.0")).toBe(`port ${port} of 0.0.0.0: Address already in use`);
        expect(tried("one", port, "0.0.0.0")).toBe("free");
        await hold("one", port, "0.0.0.0");
        expect(tried("other", port, "0.0.0.0")).toBe(`port ${port} of 0.0.0.0: Address already in use`);
    });

    test("the command finds the sockets, and how nginx is told of each", () => {
        const words = [`http=${path("one", port, "0.0.0.0")}`, `https=${path("one", port, "127.0.0.1")}`];
        const { stdout } = perl(
            "take",
            ...words,
            "--",
            "/bin/sh",
            "-c",
            `echo "$NGINX"; cat ${scratch}/listen/http ${scratch}/listen/https; ls -l /proc/$$/fd`,
        );
        const [numbers = "", ...lines] = stdout.split("\n");
        expect(lines.slice(0, 2)).toEqual([`listen 0.0.0.0:${port};`, `listen 127.0.0.1:${port} ssl;`]);
        for (const number of numbers.split(";").filter(Boolean)) expect(stdout).toMatch(new RegExp(` ${number} -> socket:`));
        expect(numbers).toMatch(/^\d+;\d+;$/);
    });

    test("when the holder ends, the command is told to; one that is leaving anyway is left alone", async () => {
        const [first, second] = holders;
        const take = (address: string) =>
            spawn("perl", ["-e", program, "--", "take", `http=${path("one", port, address)}`, "--", "sleep", "30"], { stdio: "ignore" });
        const told = take("127.0.0.1");
        const ended = new Promise<string | null>((resolve) => told.once("exit", (_code, signal) => resolve(signal)));
        const leaving = take("0.0.0.0");
        await new Promise((resolve) => setTimeout(resolve, 1000));
        first?.kill();
        expect(await ended).toBe("SIGQUIT");
        expect(await connects(port)).toBe(true);
        writeFileSync(join(scratch, "leaving"), "");
        second?.kill();
        await new Promise((resolve) => setTimeout(resolve, 1000));
        expect([leaving.exitCode, leaving.signalCode]).toEqual([null, null]);
        leaving.kill();
    });
});
