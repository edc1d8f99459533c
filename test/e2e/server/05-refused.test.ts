import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { certificate } from "../../unit/tls-proxy/real/nginx";
import { checkout, quai, STACK } from "../support/checkout";
import { hostKeyOf, inside, keyPair } from "./machine";
import { host, key, settings, SPARE, SPARE_SSH, target } from "./stack";

/** What a machine looks like; the same before and after: nothing was touched. */
const looks = () =>
    inside(
        SPARE,
        "dpkg-query -W | sha256sum; find /etc /opt /usr/local /home /var/lib/quai -newer /tmp/before 2>/dev/null | sort; id deploy 2>&1 || true",
    );
const there = (change: Record<string, unknown> = {}) =>
    target({ host: `ssh://deploy@127.0.0.1:${SPARE_SSH}`, hostKey: hostKeyOf(SPARE), ...change });

/** What `./quai up` says at its end, where it must refuse. */
async function refusal(change: Record<string, unknown>): Promise<string> {
    settings({ ...there(), ...change });
    const before = looks();
    const { code, text } = await quai("up", STACK, "--yes");
    expect(code).toBe(1);
    expect(looks()).toBe(before);
    return text.slice(text.lastIndexOf("error: ")).trimEnd();
}

describe("what is refused, and touches nothing", () => {
    beforeAll(() => {
        inside(SPARE, "touch /tmp/before");
        inside(
            SPARE,
            "useradd -m plain && mkdir /home/plain/.ssh && cp /root/.ssh/authorized_keys /home/plain/.ssh/ && chown -R plain /home/plain/.ssh",
        );
        inside(SPARE, "sleep 1; touch /tmp/before");
    });

    test("a key that nobody there knows", async () => {
        const other = keyPair(`${key()}-other`, "other");
        expect(await refusal(there({ identityFile: other }))).toBe(
            ["deploy", "root"]
                .map(
                    (user) =>
                        `quai:target.identityFile: 127.0.0.1 (port ${SPARE_SSH}) doesn't let ${user} in with the key ${other}; its public half belongs into ~${user}/.ssh/authorized_keys there`,
                )
                .join("\n")
                .replace(/^/, "error: "),
        );
    });

    test("another host key than the pinned one", async () => {
        const wrong = `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${"A".repeat(43)}`;
        expect(await refusal(there({ hostKey: wrong }))).toBe(
            `error: quai:target.hostKey: 127.0.0.1 (port ${SPARE_SSH}) shows another key than the one given (got "${wrong}"); if the machine is a new one, compare \`ssh-keyscan -t ed25519 -p ${SPARE_SSH} 127.0.0.1\` with its console and write that key; if not, somebody else is answering: don't go on`,
        );
    });

    test("a machine that doesn't answer", async () => {
        expect(await refusal(there({ host: "ssh://deploy@127.0.0.1:19029" }))).toBe(
            "error: quai:target.host: 127.0.0.1 (port 19029) can't be reached (connect to host 127.0.0.1 port 19029: Connection refused); check the address, the network and that sshd runs",
        );
    });

    test("a user who can't become root", async () => {
        expect(await refusal(host({ firstUser: "plain" }))).toMatch(
            /quai:host\.firstUser: plain can't become root on 127\.0\.0\.1 without a password \(sudo: a password is required\); allow it there, or name a user who can$/,
        );
    });

    test("a machine without sudo", async () => {
        inside(SPARE, "mv /usr/bin/sudo /usr/bin/sudo-away && touch /tmp/before");
        expect(await refusal(host({ firstUser: "plain" }))).toMatch(
            /quai:host\.firstUser: plain can't become root on 127\.0\.0\.1 without a password \((\w+: )*sudo: not found\); allow it there, or name a user who can$/,
        );
        inside(SPARE, "mv /usr/bin/sudo-away /usr/bin/sudo");
    });

    test("R8: everything that is wrong with the machine, in one message: a full disk, too little, a busy port", async () => {
        inside(SPARE, "sed -i 's/^#Port 22/Port 22\\nPort 19080/' /etc/ssh/sshd_config && systemctl restart ssh && touch /tmp/before");
        expect(await refusal(host({ minimum: { cpus: 512, memory: "2000g", disk: "20g" } }))).toMatch(
            new RegExp(
                [
                    "^error: nothing was touched, because:",
                    "  - quai:host\\.minimum\\.cpus: the machine has \\d+, 512 are needed",
                    "  - quai:host\\.minimum\\.memory: the machine has [\\d.]+ GiB, 2000\\.0 GiB are needed",
                    "  - quai:host\\.minimum\\.disk: the disk of /var/lib/docker has 0\\.1 GiB, 20\\.0 GiB are needed",
                    "  - quai:target\\.host: the disk of /var/lib/docker is full: 0\\.1 GiB are free, 2\\.0 GiB are needed to begin with; make room there",
                    "  - quai:ports: port 19080 is taken by sshd; stop that, or set another port$",
                ].join("\n"),
            ),
        );
    });

    test("a system that isn't supported", async () => {
        inside(
            SPARE,
            'sed -i \'s/^VERSION_ID=.*/VERSION_ID="11"/; s/^PRETTY_NAME=.*/PRETTY_NAME="Debian 11"/\' /etc/os-release && touch /tmp/before',
        );
        expect(await refusal({})).toBe(
            "error: nothing was touched, because:\n  - quai:target.host: Debian 11 isn't supported; Debian 12 and 13, Ubuntu 22.04 and 24.04, and RHEL, Rocky and Alma Linux 8 and 9 are",
        );
    });

    test("a preview asks nobody: the machine need not answer", async () => {
        settings(there({ host: "ssh://deploy@127.0.0.1:19029" }));
        const { code, text } = await quai("preview", STACK);
        expect({ code, text }).toMatchObject({ code: 2 });
        expect(text).toMatch(/machine: created \d+ × step/);
    });

    test("R66: the preview judges own files of a certificate: key, names", async () => {
        const [mine, other] = ["mine", "other"].map((name) => join(checkout(), ".quai", name)) as [string, string];
        for (const folder of [mine, other]) {
            mkdirSync(folder, { recursive: true });
            certificate(folder, ["elsewhere.quay.eu"]);
        }
        const tls = { mode: "files", certificate: join(mine, "certificate.pem"), key: join(other, "key.pem") };
        settings({ ...there({ host: "ssh://deploy@127.0.0.1:19029" }), "quai:tls": tls });
        const { code, text } = await quai("preview", STACK);
        expect({ code, text }).toMatchObject({ code: 1 });
        expect(text).toContain("quai:tls.key: doesn't fit the first certificate of quai:tls.certificate");
        expect(text).toContain("quai:tls.certificate: must cover demo.localhost (it is for elsewhere.quay.eu)");
    });
});
