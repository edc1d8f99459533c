import { VOLUME } from "./made";
import type { Policy } from "./policy";

/** Volumes that nothing but a backup brings back; those of files are the application's to judge. */
const DATA = /(?:^|-)data$|^backup-(?:repository|keys)$/;

export const dataProtected: Policy = {
    id: "data-protected",
    why: "Without protection a renamed service or a mistaken `pulumi destroy` deletes the database with everything in it (R48).",
    fix: "remove the line: true is the default in production",
    staging: "off",
    check: ({ protect }) => (protect ? [] : ["quai:protect: data may be deleted by an update"]),
    checkResource: ({ type, name, protect }) =>
        type === VOLUME && DATA.test(name) && !protect ? [`volume ${name}: isn't protected, an update may delete it`] : [],
};
