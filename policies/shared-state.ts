import type { Policy } from "./policy";

export const sharedState: Policy = {
    id: "shared-state",
    why: "The state holds the generated secrets and says what belongs to the stack: on one laptop it is lost with it, and nobody else can deploy.",
    fix: "move it: `pulumi stack export`, PULUMI_BACKEND_URL=s3://… (or another backend), `pulumi stack import`; docs/security.md has the steps",
    production: "warn",
    staging: "off",
    checkAround: ({ backend }) =>
        backend?.startsWith("file:") === true ? ["PULUMI_BACKEND_URL: the state is kept on this machine alone"] : [],
};
