/** AWS Backup's form of the stack's retention. Pure. */

export interface Keep {
    readonly daily: number;
    readonly weekly: number;
    readonly monthly: number;
    readonly days?: number;
}

export interface BackupRule {
    readonly ruleName: "daily" | "weekly" | "monthly";
    /** In AWS's form: minutes hours day-of-month month day-of-week year. */
    readonly schedule: string;
    /** Days after which a backup goes. */
    readonly deleteAfter: number;
}

/**
 * One rule for each grain that the settings keep, so that the same backups are there as on a Docker host: the newest of so many days, weeks and
 * months. A month counts 31 days, so that the last one isn't gone a day early.
 */
export function backupRules(at: string, keep: Keep): BackupRule[] {
    const [hours = "2", minutes = "0"] = at.split(":");
    const when = `${Number(minutes)} ${Number(hours)}`;
    const daily = Math.max(keep.daily, keep.days ?? 0);
    const rules: BackupRule[] = [
        { ruleName: "daily", schedule: `cron(${when} * * ? *)`, deleteAfter: daily },
        { ruleName: "weekly", schedule: `cron(${when} ? * SUN *)`, deleteAfter: keep.weekly * 7 },
        { ruleName: "monthly", schedule: `cron(${when} 1 * ? *)`, deleteAfter: keep.monthly * 31 },
    ];
    return rules.filter(({ deleteAfter }) => deleteAfter > 0);
}

/** When restores are tried; undefined: never. Three hours after the backup, on the days that the setting says. */
export function drillSchedule(at: string, drill: "never" | "daily" | "weekly" | "monthly"): string | undefined {
    const [hours = "2", minutes = "0"] = at.split(":");
    const when = `${Number(minutes)} ${(Number(hours) + 3) % 24}`;
    switch (drill) {
        case "never":
            return undefined;
        case "daily":
            return `cron(${when} * * ? *)`;
        case "weekly":
            return `cron(${when} ? * SUN *)`;
        case "monthly":
            return `cron(${when} 1 * ? *)`;
    }
}
