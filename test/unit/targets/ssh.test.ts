import type { SshConnection } from "../../../components/targets/ssh";
import { asUser, sshArguments, sshCommand, sshConnection, sshOptions } from "../../../components/targets/ssh";

describe("where a host is", () => {
    test.each([
        ["ssh://deploy@203.0.113.7", { user: "deploy", host: "203.0.113.7", port: 22 }],
        ["ssh://deploy@host.example.com:2222", { user: "deploy", host: "host.example.com", port: 2222 }],
        ["ssh://deploy@host.example.com/", { user: "deploy", host: "host.example.com", port: 22 }],
        ["ssh://deploy@[2001:db8::7]:2200", { user: "deploy", host: "2001:db8::7", port: 2200 }],
    ])("%s", (url, expected) => {
        expect(sshConnection(url, "ssh-ed25519 AAAA")).toEqual({ url, ...expected, hostKey: "ssh-ed25519 AAAA", identityFile: undefined });
    });

    test.each(["deploy@host", "ssh://host", "ssh://deploy@host:", "ssh://deploy@ho st", "https://deploy@host", "ssh://deploy:pw@host"])(
        "%s is refused",
        (url) => {
            expect(() => sshConnection(url)).toThrow(
                `quai:target.host: must be ssh://user@host or ssh://user@host:port (got ${JSON.stringify(url)})`,
            );
        },
    );
});

describe("how ssh is run", () => {
    const key = `ssh-ed25519 ${"A".repeat(68)}`;
    const connection = sshConnection("ssh://deploy@host.example.com:2222", key, "~/.ssh/deploy_ed25519");

    test("it never asks, offers one key alone where one is named, and leaves ~ to ssh", () => {
        expect(sshOptions(connection)).toEqual(
            expect.arrayContaining(["BatchMode=yes", "-i", "~/.ssh/deploy_ed25519", "IdentitiesOnly=yes"]),
        );
        expect(sshOptions(sshConnection("ssh://deploy@host"))).not.toContain("-i");
    });

    test("R106: the pinned host key is the only one that counts, without a file", () => {
        expect(sshOptions(connection)).toEqual(
            expect.arrayContaining([
                "StrictHostKeyChecking=yes",
                `KnownHostsCommand=/bin/echo %H ${key}`,
                "UserKnownHostsFile=/dev/null",
                "GlobalKnownHostsFile=/dev/null",
                "HostKeyAlgorithms=ssh-ed25519",
            ]),
        );
        expect(sshOptions({ ...connection, hostKey: "ssh-rsa AAAA" })).toContain("HostKeyAlgorithms=rsa-sha2-512,rsa-sha2-256");
    });

    test("one connection per host, user and key; its socket's name is short", () => {
        const socket = (each: SshConnection) => sshOptions(each).find((option) => option.startsWith("ControlPath=")) ?? "";
        expect(socket(connection)).toMatch(/^ControlPath=~\/\.ssh\/quai-[0-9a-f]{8}$/);
        const others = [
            asUser(connection, "root"),
            { ...connection, hostKey: "ssh-ed25519 BBBB" },
            { ...connection, identityFile: undefined },
        ];
        expect(new Set([connection, ...others].map(socket)).size).toBe(4);
    });

    test("the host is never taken for an option, the command is one argument", () => {
        const words = sshArguments(connection, "echo 'a b'");
        expect(words.slice(-7)).toEqual(["-l", "deploy", "-p", "2222", "--", "host.example.com", "echo 'a b'"]);
        expect(sshCommand(connection, "echo a b")).toMatch(/ -- host\.example\.com 'echo a b'$/);
    });

    test("another user of the same host", () => {
        expect(asUser(connection, "root")).toEqual({ ...connection, user: "root", url: "ssh://root@host.example.com:2222" });
    });
});
