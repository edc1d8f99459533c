import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { checkout, docker } from "../../support/checkout";
import { addressOf, inside } from "../machine";

const NAME = "quai-server-repository";
const STEP = "components/docker-host/steps/docker.sh";
const shipped = readFileSync(join(__dirname, "../../../..", STEP), "utf8");

/** A stand for download.docker.com, made now from the packages of the system that `root` is of. @returns the fingerprint of its key */
export function startRepository(root: string): string {
    docker("build", "--network", "host", "--build-arg", `BASE=${root}`, "--tag", NAME, __dirname);
    stopRepository();
    docker("run", "--detach", "--name", NAME, "--network", "quai-server", NAME);
    return docker("exec", NAME, "cat", "/stand/fingerprint").trim();
}

export function stopRepository(): void {
    spawnSync("docker", ["rm", "--force", "--volumes", NAME]);
    writeFileSync(join(checkout(), STEP), shipped);
}

/** The machine finds the stand under Docker's name, and trusts its authority. */
export function leadThere(machine: string): void {
    const authority = docker("exec", NAME, "cat", "/stand/ca.crt");
    inside(machine, `echo '${authority}' >/usr/local/share/ca-certificates/stand.crt && update-ca-certificates`);
    inside(machine, `echo '${addressOf(NAME)} download.docker.com' >>/etc/hosts`);
}

/** The checkout's step takes the stand's key for Docker's: nobody but Docker has the one that is pinned. Nothing else of it differs. */
export function pin(fingerprint: string): void {
    const text = shipped.replace(/^FINGERPRINT=[0-9A-F]{40}$/m, `FINGERPRINT=${fingerprint}`);
    if (text === shipped) throw new Error(`${STEP} pins no key any more`);
    writeFileSync(join(checkout(), STEP), text);
}

/** What the stand was asked for. */
export const asked = () => docker("logs", NAME);
