import { readFileSync } from "node:fs";
import { join } from "node:path";
import { quote, script } from "../internal/shell";
import { overSsh, RUN_FROM_INPUT } from "../targets/over-ssh";
import { sshCommand } from "../targets/ssh";
import type { HostSpec, Step } from "./spec";
import { GUARDED } from "./spec";

const text = (name: string) => readFileSync(join(__dirname, "steps", `${name}.sh`), "utf8");

/** What stands before each step: its settings and its tools. */
function settingsAndTools({ variables }: HostSpec): string {
    const all = {
        ...variables,
        DOCKER_FIREWALL: text("docker-firewall")
            .trimEnd()
            .replace("@PORTS@", variables["OPEN_PORTS"] ?? "")
            .replace("@METADATA@", variables["METADATA"] ?? ""),
        REMOVE_IMAGES: text("remove-images")
            .trimEnd()
            .replace("@KEEP@", variables["KEEP_IMAGES"] ?? ""),
    };
    return script(...Object.entries(all).map(([name, value]) => `${name}=${quote(value)}`), text("lib"));
}

/** SELinux is a matter of the RPM family. */
const applies = (step: Step) => (step === "selinux" ? '[ "$FAMILY" = rpm ]' : "true");

/** Puts one step right, and says what it did; run as root there. */
export function stepProgram(spec: HostSpec, step: Step): string {
    return script(
        settingsAndTools(spec),
        text(step),
        `if ${applies(step)}; then run_step ${step}; else say "${step}: nothing to do here"; fi`,
    );
}

/** Prints what isn't as it should be, `step<TAB>what`, one a line; changes nothing. */
export function checkProgram(spec: HostSpec): string {
    const each = (step: Step) => `if ${applies(step)}; then (\n${text(step)}\ncheck\n) </dev/null | sed "s/^/${step}\t/"; fi`;
    return script(settingsAndTools(spec), ...spec.steps.map(each));
}

/** Says all that speaks against touching the machine, and fails if there is anything. */
export function preflightProgram(spec: HostSpec): string {
    return script(
        settingsAndTools(spec),
        text("preflight"),
        "found=$(check)",
        `say "$found" | sed -n 's/^warning: //p' | sed 's/^/warning: /'`,
        `faults=$(say "$found" | grep -v '^warning: ' | grep . || :)`,
        `[ -z "$faults" ] || fail "$faults"`,
    );
}

/** Runs its standard input's program there, as root. */
export function asRoot(spec: HostSpec): string {
    return overSsh({ users: spec.users, run: RUN_FROM_INPUT, root: true });
}

/**
 * The same for a step that could lock everybody out: the deploying user must get in by a connection of its own, and says so there. That
 * keeps what was done. Connections from before are closed, as they know neither the user's groups nor the new settings.
 */
export function asRootConfirmed(spec: HostSpec, step: Step): string {
    const [user] = spec.users;
    const confirm = `[ "$(id -u)" = 0 ] || set -- sudo -n; t=quai-undo-${step}.timer; ! systemctl is-active --quiet $t || "$@" systemctl stop $t; [ ! -e /var/lib/quai/undo/${step}/undone ]`;
    const fresh = sshCommand(user, `set --; ${confirm}`, ["-S", "none"]);
    return script(
        `(`,
        asRoot(spec),
        `) || exit $?`,
        `for pause in 1 2 0; do if ${fresh} </dev/null; then ${sshCommand(user, undefined, ["-O", "exit"])} 2>/dev/null || :; exit 0; fi; sleep $pause; done`,
        `echo ${quote(`${step}: a new connection as ${user.user} doesn't get in, so the former settings come back within half a minute`)} >&2; exit 1`,
    );
}

export const isGuarded = (step: Step) => GUARDED.includes(step);
