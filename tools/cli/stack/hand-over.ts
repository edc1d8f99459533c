import type { Settings } from "../../../infra/settings";
import type { SecretRow } from "./secret-list";
import type { StackStatus } from "./status";

export interface HandOver {
    /** Name of the stack file's stack, as commands take it. */
    readonly stack: string;
    readonly settings: Settings;
    readonly status: StackStatus;
    readonly secrets: readonly SecretRow[];
    /** Names of the program's outputs. */
    readonly outputs: readonly string[];
    readonly now: Date;
}

const table = (head: readonly string[], rows: readonly (readonly string[])[]) =>
    [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`);
const list = (names: readonly string[]) => (names.length === 0 ? "–" : names.join(", "));

/** A page for who takes over: addresses, what runs, where each secret and the backups are, and what to do. No value of a secret is in it. */
export function handOverPage({ stack, settings, status, secrets, outputs, now }: HandOver): string {
    const { backup } = settings;
    return [
        `# ${status.stack}`,
        "",
        `${status.application}, ${settings.environment}, as of ${now.toISOString().slice(0, 16).replace("T", " ")} UTC. Written by \`./quai status ${stack} --page\`; write it anew rather than edit it.`,
        "",
        "## Addresses",
        "",
        ...(status.urls.length === 0 ? ["None: it doesn't run."] : status.urls.map((url) => `- ${url}`)),
        "",
        `It runs ${placeOf(settings)}. It is described by \`Pulumi.${stack}.yaml\`, in Git; every change is one of that file, and \`./quai up ${stack}\`.`,
        "",
        "## What runs",
        "",
        ...table(
            ["service", "release", "health"],
            status.services.map(({ name, release, health }) => [name, release, health]),
        ),
        ...(status.problems.length === 0 ? [] : ["", "To look at:", "", ...status.problems.map((problem) => `- ${problem}`)]),
        "",
        "## Secrets",
        "",
        `Generated ones are in the stack's state, encrypted; given ones in the stack file, encrypted, or where it says. What decrypts both is the passphrase of the stack (\`.quai/passphrase\` of the checkout, or \`PULUMI_CONFIG_PASSPHRASE\`): who has it and the state has everything. \`./quai secrets show <name> --stack ${stack}\` shows one.`,
        "",
        ...table(
            ["secret", "where from", "renewed on", "read by"],
            secrets.map(({ name, kind, from, rotatedOn, users }) => [`\`${name}\``, from ?? kind, rotatedOn ?? "–", list(users)]),
        ),
        "",
        "## Backups",
        "",
        ...(backup === false
            ? ["**None**: `quai:backup: false`."]
            : [
                  `- Daily at ${backup.at} (${backup.timeZone}), into ${status.backups.repository ?? "no repository yet"}.`,
                  `- Off the host: ${backup.offsite === undefined ? "**nothing**; a lost machine is lost data" : backup.offsite.repository}.`,
                  `- Last: ${status.backups.last ?? "none yet"}. Last restore for practice: ${status.backups.lastDrill ?? "none yet"}.`,
                  `- Without the machine: the repository's password is \`backupPassword\`. It belongs in a password manager.`,
              ]),
        "",
        "## What to do",
        "",
        ...table(
            ["when", "command"],
            [
                ["How is it?", `\`./quai status ${stack}\``],
                ["What does it write?", `\`./quai logs --stack ${stack} -f\``],
                ["A new release", `a digest under \`quai:images\`, \`./quai preview ${stack}\`, \`./quai up ${stack}\``],
                ["Back to the former release", `\`git revert\` of that change, \`./quai up ${stack}\``],
                ["A snapshot now", `\`./quai backup now ${stack}\``],
                ["Data are lost or wrong", `\`./quai backup list ${stack}\`, \`./quai restore --stack ${stack} <snapshot>\``],
                ["The machine is lost", "another one under `quai:target`, up, `./quai restore --offsite`: docs/operations.md"],
                ["A secret has leaked", `\`./quai rotate <name> ${stack}\``],
                ["Nobody may come in", `\`./quai maintenance on --stack ${stack}\``],
                ["A shell", `\`./quai exec <service> --stack ${stack} -- sh\``],
                ["Anything else", "docs/operations.md"],
            ],
        ),
        "",
        "## Outputs",
        "",
        `For programs: \`pulumi stack output <name> -s ${stack}\`, with \`--show-secrets\` where it's encrypted.`,
        "",
        ...outputs.map((name) => `- \`${name}\``),
        "",
    ].join("\n");
}

function placeOf({ target, tls }: Settings): string {
    const certificates = `certificates: ${tls.mode}`;
    if (target.kind === "aws") return `on AWS in ${target.region}, ${certificates}`;
    return `${target.host === undefined ? "on the Docker engine of the machine that deploys it" : `on \`${target.host}\``}, ${certificates}`;
}
