import type { Policy } from "./policy";

export const dataProtected: Policy = {
    id: "data-protected",
    why: "Without protection a renamed service or a mistaken `pulumi destroy` deletes the database with everything in it (R48).",
    fix: "remove the line: true is the default in production",
    check: ({ protect }) => (protect ? [] : ["quai:protect: data may be deleted by an update"]),
};
