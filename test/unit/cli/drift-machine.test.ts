import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { undeclaredOn } from "../../../tools/cli/drift/machine";

const PROGRAM = resolve(__dirname, "../../../tools/cli/drift/machine.sh");
const belongs = { ports: ["22/tcp", "443/tcp"], things: ["node_exporter.service", "/etc/cron.d/certs"], firewall: false };
const texts = (lines: readonly string[], more: object = {}) => {
    const { findings } = undeclaredOn(lines.join("\n"), { ...belongs, ...more });
    return findings.map(({ what }) => what);
};

describe("R106: what is on the machine and nobody declared", () => {
    test("ports that others can reach, by their program; none of Docker's, of this machine alone, or that belongs there", () => {
        const port = (protocol: string, address: string, program: string) =>
            `port\t${protocol} LISTEN 0      128          ${address}      0.0.0.0:*    users:(("${program}",pid=7,fd=3))`;
        const lines = [
            port("tcp", "0.0.0.0:22", "sshd"),
            port("tcp", "[::]:22", "sshd"),
            port("tcp", "127.0.0.1:5432", "postgres"),
            port("tcp", "[::1]:631", "cupsd"),
            port("tcp", "127.0.0.53%lo:53", "systemd-resolve"),
            port("tcp", "0.0.0.0:9000", "docker-proxy"),
            port("tcp", "*:8081", "python3"),
            port("udp", "10.0.0.4:443", "nc"),
            "port\ttcp LISTEN 0 5 [::ffff:127.0.0.1]:90 *:*",
            "port\ttcp LISTEN 0 5 0.0.0.0:91 0.0.0.0:*",
        ];
        expect(texts(lines)).toEqual([
            "port 443/udp is open on 10.0.0.4, by nc",
            "port 8081/tcp is open on *, by python3",
            "port 91/tcp is open on 0.0.0.0",
        ]);
        const [first] = undeclaredOn(lines.join("\n"), belongs).findings;
        expect(first?.repair).toEqual({ kind: "hand", how: 'stop what listens there, or name it in quai:target.belongs: "443/udp"' });
    });

    test("units and cron files of no package; not quai's own, and none that belongs there", () => {
        const lines = [
            ...[
                "/etc/systemd/system/miner.service",
                "/etc/systemd/system/node_exporter.service",
                "/etc/systemd/system/quai-firewall.service",
            ],
            ...[
                "/etc/systemd/system/ssh.service",
                "/etc/cron.d/certs",
                "/etc/cron.d/miner",
                "/etc/cron.d/.placeholder",
                "/etc/systemd/system/x/y.conf",
            ],
        ].map((path) => `file\t${path}`);
        expect(texts([...lines, "packaged\t/etc/systemd/system/ssh.service"])).toEqual([
            "file /etc/cron.d/miner is of no package",
            "unit miner.service is of no package",
        ]);
    });

    test.each([
        ["-A INPUT -p tcp -m tcp --dport 8081 -j ACCEPT", ["the firewall lets in 8081/tcp"]],
        ["-A ufw-user-input -p udp -m udp --dport 51820 -j ACCEPT", ["the firewall lets in 51820/udp"]],
        [
            "-A INPUT -p tcp -m multiport --dports 22,80,443,8000:8010 -j ACCEPT",
            ["the firewall lets in 80/tcp", "the firewall lets in 8000-8010/tcp"],
        ],
        ["-A DOCKER-USER -p tcp -j ACCEPT", ["the firewall lets everything in: -A DOCKER-USER -p tcp -j ACCEPT"]],
        ["-A IN_public_allow -p tcp -m tcp --dport 9090 -m conntrack --ctstate NEW,UNTRACKED -j ACCEPT", ["the firewall lets in 9090/tcp"]],
        ["-A INPUT -i lo -j ACCEPT", []],
        ["-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT", []],
        ["-A DOCKER -d 172.18.0.2/32 ! -i br-1 -o br-1 -p tcp -m tcp --dport 8080 -j ACCEPT", []],
        ["-A INPUT -p tcp -m tcp --dport 8081 -j DROP", []],
    ])("a rule of the firewall: %s", (rule, expected) => {
        expect(texts([`rule\t${rule}`])).toEqual(expected);
        expect(texts([`rule\t${rule}`], { firewall: true })).toEqual([]);
    });

    test("nft: what comes in by a chain of input and those that it leads to, firewalld's zones among them; nothing of Docker's or of the machine's own", () => {
        // As nft 1.0.6 of Debian 12 lists what iptables, and files like firewalld's, have put there.
        const listed = readFileSync(join(__dirname, "drift-nft.txt"), "utf8");
        const lines = listed.split("\n").map((line) => `nft\t${line}`);
        expect(texts(lines)).toEqual([
            "the firewall lets everything in: accept, in chain filter_IN_trusted",
            "the firewall lets everything in: meta l4proto tcp accept, in chain input",
            ...[
                "51820/udp",
                "5432/tcp",
                "546/udp",
                "7000-7010/tcp",
                "8000-8010/tcp",
                "8081/tcp",
                "9090/tcp",
                "9200/tcp",
                "9300-9400/tcp",
            ].map((port) => `the firewall lets in ${port}`),
        ]);
        // iptables has said already what it keeps there.
        expect(texts([...lines, "rule\t-P INPUT ACCEPT"])).not.toContain("the firewall lets in 8081/tcp");
        const how = (what: string) => {
            const found = undeclaredOn(lines.join("\n"), belongs).findings.find((each) => each.what === what);
            return found?.repair.kind === "hand" ? found.repair.how : undefined;
        };
        expect(how("the firewall lets in 9090/tcp")).toBe(
            'take it out of firewalld\'s zone public (firewall-cmd --permanent --zone=public --list-all shows it), then firewall-cmd --reload, or name it in quai:target.belongs: "9090/tcp"',
        );
        expect(how("the firewall lets everything in: meta l4proto tcp accept, in chain input")).toBe("delete the rule");
    });

    // It takes root's rights, which a container may lack.
    const isolated = spawnSync("unshare", ["--net", "iptables", "-S"]).status === 0 ? test : test.skip;
    isolated("rules that iptables has made in a network of their own are read from there", () => {
        const rules = "iptables -A INPUT -p tcp --dport 8081 -j ACCEPT; iptables -N DOCKER; iptables -A DOCKER -p tcp --dport 80 -j ACCEPT";
        const { status, stdout, stderr } = spawnSync("unshare", ["--net", "/bin/sh", "-c", `${rules}; exec /bin/sh "$0"`, PROGRAM], {
            encoding: "utf8",
        });
        expect([
            status,
            stderr,
            texts(stdout.split("\n"), { ports: [], things: [] }).filter((text) => text.startsWith("the firewall")),
        ]).toEqual([0, "", ["the firewall lets in 8081/tcp"]]);
    });

    test("what could not be seen is said", () => {
        expect(undeclaredOn("note\tnot as root: x", belongs).notes).toEqual(["the machine was looked at not as root: x"]);
    });

    test("its program is one for any shell, reads only, and sees this machine's ports", () => {
        const text = readFileSync(PROGRAM, "utf8");
        const { status, stdout, stderr } = spawnSync("/bin/sh", ["-s"], { input: text, encoding: "utf8" });
        expect([status, stderr]).toEqual([0, ""]);
        expect(stdout.split("\n").filter((line) => line !== "" && !/^(?:port|file|packaged|rule|nft|note)\t/.test(line))).toEqual([]);
        expect(stdout).toMatch(/^(?:port\ttcp LISTEN|note\tports were not looked at)/m);
        expect(spawnSync("shellcheck", [PROGRAM], { encoding: "utf8" }).stdout).toBe("");
    });
});
