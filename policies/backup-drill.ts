import type { Policy } from "./policy";

export const backupDrill: Policy = {
    id: "backup-drill",
    why: "A backup that was never restored is a hope: the drill restores it into a throw-away database and checks it (R60).",
    fix: "set monthly, weekly or daily",
    staging: "off",
    check: ({ backup }) => (backup !== false && backup.drill === "never" ? ["quai:backup.drill: restores are never tried"] : []),
};
