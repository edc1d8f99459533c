/** Why no test proves a requirement: what isn't there, or is proved by hand. */
const WATCH = "monitoring and alerts aren't there yet";

const groups: readonly (readonly [reason: string, ids: string])[] = [
    [WATCH, "R61 R92 R93 R94 R95 R96"],
    ["secrets reach containers as files in volumes; there are no env files", "R28"],
    [".gitignore leaves such files out; no check refuses a commit", "R31"],
    ["databases are never published, not even in development; otherwise the development stack files do it", "R40"],
    ["the disk's encryption isn't checked", "R44"],
    ["snapshots on a schedule; no archive of every change", "R46"],
    ["./quai backup now does it by hand; a deployment isn't refused", "R58"],
    ["./quai up asks the public address of the application; the other checks are by hand", "R103"],
    ["policies judge the settings; age of a backup and of a certificate don't stop a deployment", "R105"],
    ["./quai run sends one with the application's own script", "R126"],
    ["./quai maintenance cleans up; it isn't on a schedule", "R127"],
    ["doctor looks at the machine that deploys", "R128"],
    ["./quai status and the outputs hold it; no page is made of them", "R129"],
    ["./quai logs", "R88"],
    ["docker's own", "R14 R89 R90"],
    ["./quai down --delete-data and a restore from the off-site copy are proved apart", "R63"],
    ["a release is a change of the stack file, and `git revert` the way back; pipelines are not written yet", "R102 R106"],
];

export const reasons: Readonly<Record<string, string>> = Object.fromEntries(
    groups.flatMap(([reason, ids]) => ids.split(" ").map((id) => [id, reason])),
);
