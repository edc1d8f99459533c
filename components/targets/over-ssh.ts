import { script } from "../internal/shell";
import type { SshConnection } from "./ssh";
import { sshCommand } from "./ssh";

/**
 * The program travels on standard input too, before the data, as one line of base64: when a command fails, the engine prints its whole
 * text, and people should see what failed and not a page of shell.
 */
export const RUN_FROM_INPUT = `IFS= read -r program; eval "$(printf %s "$program" | base64 -d)"`;

/** A program as that line. */
export const oneLine = (program: string) => Buffer.from(program).toString("base64");

/** How often a connection is tried, with pauses in seconds between. */
const PAUSES = [1, 2, 4, 8];

export interface OverSshArgs {
    /** Who is tried, in this order; the first who is let in does it. More than one where a user is only just being made. */
    readonly users: readonly [SshConnection, ...SshConnection[]];
    /** A program for a POSIX shell that comes on standard input, as one line of base64, before its data. */
    readonly run: string;
    /** As root: by sudo, where the user isn't. @default false */
    readonly root?: boolean;
}

/**
 * A program for a shell here that runs its standard input on another machine. It's tried again for as long as it hasn't begun there, so
 * nothing runs twice. ssh's own status, 255, means that the connection was lost; a command's own 255 becomes 254.
 */
export function overSsh({ users, run, root = false }: OverSshArgs): string {
    const asRoot = root ? `[ "$(id -u)" = 0 ] || set -- sudo -n` : "";
    // Once more in a shell of its own: sudo starts a program, not a function. The mark says that it has begun.
    const remote = `set --; ${asRoot}${asRoot === "" ? "" : "; "}exec "$@" /bin/sh -c 'echo begun; (${run}); s=$?; [ $s -ne 255 ] || s=254; exit $s'`;
    const connects = users.map((user) => tried(user, root));
    return script(
        `set +e; umask 077; mkdir -p ~/.ssh; work=$(mktemp -d) || exit 1; trap 'rm -rf "$work"' EXIT`,
        `input=$(cat; printf x); input=\${input%x}`,
        `connect() { : >"$work/said"; ${connects.map(({ check }, i) => `${check} && { who=${i}; return 0; }`).join("; ")}; return 1; }`,
        `remote() { case $who in ${connects.map(({ line }, i) => `${i}) ${line(remote)} ;;`).join(" ")} esac; }`,
        `status=255`,
        `for pause in ${PAUSES.join(" ")} 0; do`,
        `    if connect; then`,
        `        printf %s "$input" | { remote; echo $? >"$work/status"; } | { IFS= read -r mark && : >"$work/begun"; cat; }`,
        `        read -r status <"$work/status"`,
        `        [ "$status" = 255 ] && [ ! -e "$work/begun" ] || break`,
        `    elif grep -qE 'Permission denied|verification failed|no matching host key|^sudo:|sudo: not found' "$work/said"; then break; fi`,
        `    sleep "$pause"`,
        `done`,
        `[ -e "$work/begun" ] || cat "$work/said" >&2`,
        `if [ "$status" = 255 ] && [ -e "$work/begun" ]; then echo "the connection was lost while this ran; it can be run again" >&2; fi`,
        `exit "$status"`,
    );
}

/** Asking an open connection costs nothing on the network; only where there's none is one made. */
function tried(user: SshConnection, root: boolean): { readonly check: string; readonly line: (remote: string) => string } {
    const open = sshCommand(user, root ? `[ "$(id -u)" = 0 ] || sudo -n true` : "true");
    const alive = sshCommand(user, undefined, ["-O", "check"]);
    const check = root ? `${open} </dev/null >/dev/null 2>>"$work/said"` : `{ ${alive} || ${open}; } </dev/null >/dev/null 2>"$work/said"`;
    return { check, line: (remote) => sshCommand(user, remote) };
}
