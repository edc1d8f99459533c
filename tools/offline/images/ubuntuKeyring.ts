/** The keys of Ubuntu's archive on a machine that may not have them: PostgreSQL 16 is packaged there and not in Debian. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { debian, readAptSources, sourcesFor } from "./aptSources";
import { run } from "./run";

const installed = "/usr/share/keyrings/ubuntu-archive-keyring.gpg";

/** Debian's own package of the keys; its sum is what makes it trusted, whatever mirror it comes from. */
const keyringPackage = {
    path: "pool/main/u/ubuntu-keyring/ubuntu-keyring_2023.11.28.1-0.2_all.deb",
    sha256: "b2e7ed48431bf9e7978ae810bbdaf253093570d6e3f864e575b7c13554b81174",
};

/** The file of keys: the machine's, or that of Debian's package unpacked below `folder`. */
export async function ubuntuKeyring(folder: string): Promise<string> {
    if (existsSync(installed)) return installed;
    const url = `${sourcesFor("trixie", debian, readAptSources()).mirror}/${keyringPackage.path}`;
    const file = join(folder, "ubuntu-keyring.deb");
    const help = "`apt-get install ubuntu-keyring`, or set quai:imageMirror to a registry that answers";
    const fetched = await run("curl", ["-fsSL", "--retry", "3", "--max-time", "60", "-o", file, url]);
    if (fetched.code !== 0) throw new Error(`images: cannot fetch Ubuntu's keys from ${url}: ${help}:\n${fetched.tail}`);
    const sum = createHash("sha256").update(readFileSync(file)).digest("hex");
    if (sum !== keyringPackage.sha256) throw new Error(`images: ${url} has the sum ${sum} instead of ${keyringPackage.sha256}: ${help}`);
    const unpacked = await run("dpkg-deb", ["-x", file, join(folder, "keyring")]);
    if (unpacked.code !== 0) throw new Error(`images: cannot unpack Ubuntu's keys: ${help}:\n${unpacked.tail}`);
    return join(folder, "keyring", installed);
}
