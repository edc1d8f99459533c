import { copyFileSync, existsSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { quote } from "../../../components/internal/shell";
import type { SshConnection } from "../../../components/targets/ssh";
import { asUser, sshArguments } from "../../../components/targets/ssh";
import { lastLines, run } from "../../engine/process";
import { SetupError } from "../../engine/types";
import { explainSsh } from "./ssh-host";

export interface SshKeyOptions {
    /** Which keys let in, on the host, for its shell. @default that of the user who logs in */
    readonly authorizedKeys?: string;
    /** Another user there whom the key may let in, on a machine that quai prepares: root, from the first day. The new key takes the former one's place. */
    readonly firstUser?: string;
    readonly onStep?: (what: string) => void;
    /** Both public keys, once the new one is in use and before the former one is taken away: what names it must name the other from then on. */
    readonly onRenewed?: (former: string, present: string) => void;
}

export interface RenewedSshKey {
    /** Public keys, `ssh-ed25519 AAAA…`. */
    readonly former: string;
    readonly present: string;
    /** Where the former private key is kept: other machines may know it. */
    readonly kept: string;
}

/**
 * Another key for the one that logs in on the host: it is let in beside the present one, tried, put in its place, and then the former one is taken away
 * there. Whatever fails before that leaves the present one; a run that was cut off is finished by the next.
 *
 * @throws SetupError begun with the setting that the remedy is about
 */
export async function renewSshKey(
    connection: SshConnection & { readonly identityFile: string },
    options: SshKeyOptions = {},
): Promise<RenewedSshKey> {
    const { onStep = () => undefined } = options;
    const file = connection.identityFile.replace(/^~(?=\/)/, homedir());
    const [next, kept] = [`${file}.new`, `${file}.former`];
    const withKey = (identityFile: string): SshConnection => ({ ...connection, identityFile });
    const users = [connection.user, ...(options.firstUser === undefined ? [] : [options.firstUser])];
    /** Whom the former key still lets in. */
    const formerLetsIn = async (): Promise<string | undefined> => {
        for (const user of users) if (await getsIn(asUser(withKey(kept), user))) return user;
        return undefined;
    };
    const replaced = existsSync(kept) && (await publicKey(kept)) !== (await publicKey(file));
    if (!replaced || (await formerLetsIn()) === undefined) {
        if (!existsSync(next)) await generated(next, connection);
        const present = await publicKey(next);
        await must(withKey(file), letIn(options), `${present}\n`);
        onStep("the new key is let in beside the present one");
        if (!(await getsIn(withKey(next)))) {
            await must(withKey(file), turnAway(options), `${present}\n`);
            throw new SetupError(
                `quai:target.identityFile: ${connection.host} doesn't let in a new key that was written to ${options.authorizedKeys ?? "~/.ssh/authorized_keys"}; nothing has changed: look at AuthorizedKeysFile and at what sshd logs there`,
            );
        }
        inItsPlace(file, next, kept);
        onStep(`${connection.identityFile} is the new key`);
    }
    const [former, present] = [await publicKey(kept), await publicKey(file)];
    options.onRenewed?.(former, present);
    // A connection that is shared was made with the former key.
    await run("ssh", sshArguments(connection, undefined, ["-O", "exit"]), { env: process.env }).catch(() => undefined);
    const program = [...(options.firstUser === undefined ? [] : [renewedFor(options.firstUser)]), TURN_AWAY];
    await must(withKey(file), rewritten(options, ...program), `${former}\n${present}\n`);
    const user = await formerLetsIn();
    if (user !== undefined) {
        throw new SetupError(
            `quai:target.identityFile: the former key still gets in on ${connection.host} as ${user}: something else there lets it in, another file of AuthorizedKeysFile or AuthorizedKeysCommand; take it away there`,
        );
    }
    onStep("the former key is refused");
    return { former, present, kept };
}

/** At no moment is there no key, or a public half of another one beside it: ssh would believe that. */
function inItsPlace(file: string, next: string, kept: string): void {
    for (const end of ["", ".pub"]) if (existsSync(file + end)) copyFileSync(file + end, kept + end);
    rmSync(`${file}.pub`, { force: true });
    for (const end of ["", ".pub"]) if (existsSync(next + end)) renameSync(next + end, file + end);
}

async function generated(file: string, { user, host }: SshConnection): Promise<void> {
    const words = ["-q", "-t", "ed25519", "-N", "", "-C", `${user}@${host}`, "-f", file];
    const { code, stderr } = await run("ssh-keygen", words, { env: process.env });
    if (code === 0) return;
    rmSync(file, { force: true });
    throw new SetupError(`quai:target.identityFile: no new key could be made beside it: ${lastLines(stderr, 1)}`);
}

/** Type and key, without a comment. @throws SetupError where the file is no key, or one with a passphrase that nobody is asked for */
async function publicKey(file: string): Promise<string> {
    const { code, stdout, stderr } = await run("ssh-keygen", ["-y", "-P", "", "-f", file], { env: process.env });
    if (code !== 0) throw new SetupError(`quai:target.identityFile: ${file} can't be read: ${lastLines(stderr, 1)}`);
    return stdout.trim().split(" ").slice(0, 2).join(" ");
}

/** By a connection of its own, and by this key alone. A host that isn't reached is no answer. @throws SetupError */
async function getsIn(connection: SshConnection): Promise<boolean> {
    const words = sshArguments(connection, "true", ["-S", "none", "-o", "IdentityAgent=none"]);
    const { code, stderr } = await run("ssh", words, { env: process.env });
    if (code === 255 && !stderr.includes("Permission denied")) throw new SetupError(explainSsh(connection, stderr));
    // Another status is that of a command which the key is bound to.
    return code !== 255;
}

async function must(connection: SshConnection, command: string, input: string): Promise<void> {
    const { code, stderr } = await run("ssh", sshArguments(connection, command, ["-S", "none"]), { env: process.env, input });
    if (code === 255) throw new SetupError(explainSsh(connection, stderr));
    if (code !== 0) throw new SetupError(`quai:target.host: the keys on ${connection.host} could not be written: ${lastLines(stderr, 1)}`);
}

const fileOf = ({ authorizedKeys }: SshKeyOptions) =>
    authorizedKeys === undefined ? '"$HOME/.ssh/authorized_keys"' : quote(authorizedKeys);

/** The whole file at once, by a rename: whoever logs in meanwhile finds the one or the other. Keys come on standard input, a line each. */
function rewritten(options: SshKeyOptions, ...program: readonly string[]): string {
    const lines = [
        `set -eu; umask 077; f=${fileOf(options)}; IFS= read -r key; IFS= read -r present || :`,
        '[ -e "$f" ] || { mkdir -p "${f%/*}"; : > "$f"; }',
        'cp -p "$f" "$f.quai"',
    ];
    return `sh -c ${quote([...lines, ...program, 'mv -f "$f.quai" "$f"'].join("\n"))}`;
}

const letIn = (options: SshKeyOptions) =>
    rewritten(options, 'if ! grep -qF -- "$key" "$f"; then { [ -z "$(tail -c 1 "$f")" ] || echo; echo "$key"; } >> "$f.quai"; fi');

const TURN_AWAY = 'grep -vF -- "$key" "$f" > "$f.quai" || [ $? = 1 ]';
const turnAway = (options: SshKeyOptions) => rewritten(options, TURN_AWAY);

/** Within a line what stands beside the key stays, such as a command that it is bound to. */
function renewedFor(user: string): string {
    const lines = [
        'set -eu; umask 077; f=$(getent passwd "$1" | cut -d: -f6)/.ssh/authorized_keys',
        'grep -qF -- "$2" "$f" 2>/dev/null || exit 0',
        'cp -p "$f" "$f.quai"',
        `awk -v a="$2" -v b="$3" '{ i = index($0, a); if (i) $0 = substr($0, 1, i - 1) b substr($0, i + length(a)); print }' "$f" > "$f.quai"`,
        'mv -f "$f.quai" "$f"',
    ];
    return `sudo -n sh -c ${quote(lines.join("\n"))} sh ${quote(user)} "$key" "$present"`;
}
