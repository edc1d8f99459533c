import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { stepProgram } from "../../../components/docker-host/programs";
import { scratchFolder } from "../support/scratch";
import { spec } from "./machine";

const scratch = scratchFolder("metadata");
const SCRIPT = resolve(__dirname, "../../../components/docker-host/steps/docker-firewall.sh");
const [HOST, CONTAINER, CLOUD] = ["host", "container", "cloud"].map((name) => `quai-${process.pid}-${name}`) as [string, string, string];

/** Namespaces of the network, as root makes them: the kernel itself forwards and refuses. */
const able =
    process.getuid?.() === 0 &&
    spawnSync("sh", ["-c", `iptables -V && ip netns add ${HOST} && ip netns exec ${HOST} iptables -nL && ip netns exec ${HOST} true`])
        .status === 0;

const within = (name: string, ...words: readonly string[]) => execFileSync("ip", ["netns", "exec", name, ...words], { encoding: "utf8" });
const sh = (program: string) => execFileSync("sh", ["-euc", program], { encoding: "utf8" });

/** Whether a container gets a connection. */
const reaches = (address: string, port: number) =>
    spawnSync("ip", ["netns", "exec", CONTAINER, "bash", "-c", `timeout 3 bash -c '</dev/tcp/${address}/${port}'`]).status === 0;

(able ? describe : describe.skip)("R3: what Docker's chain lets containers reach, on the kernel's own packet filter", () => {
    let cloud: ChildProcess;
    const load = (metadata: "open" | "shut", ...words: readonly string[]) => {
        const file = join(scratch, `firewall-${metadata}.sh`);
        writeFileSync(file, readFileSync(SCRIPT, "utf8").replace("@PORTS@", "443/tcp").replace("@METADATA@", metadata));
        return within(HOST, "sh", file, ...words);
    };

    beforeAll(async () => {
        sh(`
            ip netns add ${CONTAINER}; ip netns add ${CLOUD}
            for each in ${HOST} ${CONTAINER} ${CLOUD}; do ip -n $each link set lo up; done
            ip -n ${HOST} link add br-quai type bridge
            ip -n ${HOST} link add inner type veth peer name eth0 netns ${CONTAINER}
            ip -n ${HOST} link add outer type veth peer name eth0 netns ${CLOUD}
            ip -n ${HOST} link set inner master br-quai
            for each in br-quai inner outer; do ip -n ${HOST} link set $each up; done
            ip -n ${HOST} addr add 10.77.0.1/24 dev br-quai; ip -n ${HOST} addr add 10.78.0.1/24 dev outer
            ip -n ${CONTAINER} addr add 10.77.0.2/24 dev eth0; ip -n ${CONTAINER} link set eth0 up; ip -n ${CONTAINER} route add default via 10.77.0.1
            ip -n ${CLOUD} addr add 10.78.0.2/24 dev eth0; ip -n ${CLOUD} link set eth0 up; ip -n ${CLOUD} route add default via 10.78.0.1
            ip -n ${CLOUD} addr add 169.254.169.254/32 dev lo; ip -n ${HOST} route add 169.254.169.254/32 via 10.78.0.2
            ip netns exec ${HOST} sysctl -qw net.ipv4.ip_forward=1
            ip netns exec ${HOST} iptables -N DOCKER-USER; ip netns exec ${HOST} iptables -A FORWARD -j DOCKER-USER`);
        const server = `const { createServer } = require("node:net"); for (const port of [80, 53]) createServer((s) => s.end()).listen(port, "0.0.0.0", () => console.log(port));`;
        const child = spawn("ip", ["netns", "exec", CLOUD, process.execPath, "-e", server]);
        cloud = child;
        let said = "";
        for await (const chunk of child.stdout) {
            said += String(chunk);
            if (said.includes("80") && said.includes("53")) break;
        }
    });

    afterAll(() => {
        cloud?.kill();
        for (const each of [HOST, CONTAINER, CLOUD]) spawnSync("ip", ["netns", "del", each]);
    });

    test("the provider's metadata service isn't, names and everything else are", () => {
        expect([reaches("169.254.169.254", 80), reaches("10.78.0.2", 80)]).toEqual([true, true]);
        load("shut");
        expect([reaches("169.254.169.254", 80), reaches("169.254.169.254", 53), reaches("10.78.0.2", 80)]).toEqual([false, true, true]);
        expect(load("shut", "check")).toBe("");
    });

    test("where the settings say so it is; the look at it tells either from the other", () => {
        load("shut");
        expect(load("open", "check")).toContain("has rules that are not ours");
        load("open");
        expect(reaches("169.254.169.254", 80)).toBe(true);
        expect(load("shut", "check")).toContain("is without the rule -d 169.254.169.254/32 -p tcp");
    });
});

test.each([
    ["shut", undefined],
    ["shut", false],
    ["open", true],
] as const)("R3: the script on the machine says %s where the setting is %s", (word, metadata) => {
    const firewall = { open: ["443/tcp"], ...(metadata === undefined ? {} : { metadata }) };
    expect(stepProgram(spec({ firewall }), "firewall")).toMatch(new RegExp(`^metadata=[^a-z]*${word}[^a-z]*$`, "m"));
});
