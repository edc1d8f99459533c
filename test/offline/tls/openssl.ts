import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

/** The real openssl and ssh-keygen, over files in a folder: what the plugin makes must be understood by others. */
export class OpenSsl {
    constructor(private readonly folder: string) {}

    /** Writes a file that only this user can read, and answers its path. */
    file(name: string, content: string): string {
        const path = join(this.folder, name);
        writeFileSync(path, content, { mode: 0o600 });
        return path;
    }

    run(...args: readonly string[]): string {
        return execFileSync("openssl", [...args], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
    }

    certificateText(pem: string): string {
        return this.run("x509", "-noout", "-text", "-in", this.file("shown.pem", pem));
    }

    /** Throws where the chain doesn't hold. */
    verify(ca: string, certificate: string, ...more: readonly string[]): string {
        return this.run("verify", "-x509_strict", "-CAfile", this.file("ca.pem", ca), ...more, this.file("leaf.pem", certificate));
    }

    sshKeygen(...args: readonly string[]): string {
        return execFileSync("ssh-keygen", [...args], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
    }
}
