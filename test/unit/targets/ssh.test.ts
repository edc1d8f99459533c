import { mkdtempSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { identity, sshConnection, sshOptions } from "../../../components/targets/ssh";
import { scratchFolder } from "../support/scratch";

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

test("ssh never asks, and offers one key alone where one is named", () => {
    const connection = sshConnection("ssh://deploy@host");
    expect(sshOptions(connection)).toEqual(["-o", "BatchMode=yes", "-o", "ServerAliveInterval=15"]);
    expect(sshOptions({ ...connection, identityFile: "/keys/id" }).slice(0, 4)).toEqual(["-i", "/keys/id", "-o", "IdentitiesOnly=yes"]);
});

test("~ in the key's path is the home folder, for ssh and for us", () => {
    const { identityFile } = sshConnection("ssh://deploy@host", undefined, "~/.ssh/deploy_ed25519");
    expect(identityFile).toBe(join(homedir(), ".ssh", "deploy_ed25519"));
    expect(sshConnection("ssh://deploy@host", undefined, "/keys/~/id").identityFile).toBe("/keys/~/id");
});

describe("the private key", () => {
    const scratch = scratchFolder("ssh");

    test("is read from its file; without one, the agent's keys are used", () => {
        const file = join(mkdtempSync(join(scratch, "keys-")), "id");
        writeFileSync(file, "key text\n");
        expect(identity(sshConnection("ssh://deploy@host", undefined, file))).toBe("key text\n");
        expect(identity(sshConnection("ssh://deploy@host"))).toBeUndefined();
    });

    test("one that can't be read is named with its setting", () => {
        expect(() => identity(sshConnection("ssh://deploy@host", undefined, "/nowhere/id"))).toThrow(
            'quai:target.identityFile: can\'t be read (got "/nowhere/id"); check the path and its mode',
        );
    });
});
