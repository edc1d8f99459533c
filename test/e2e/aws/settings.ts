export const STACK = "awse2e";

/** A real account, where somebody gives one: the same cycle, with the official plugin. See docs/aws.md. */
export const ACCOUNT = process.env["QUAI_AWS_ACCOUNT"];
/** Asked for beside an account, it is a rehearsal all the same: of the very command, with the plugin that makes nothing. */
export const REAL = ACCOUNT !== undefined && process.env["QUAI_AWS_REHEARSAL"] !== "1";
const digest = (digit: string) => `registry.internal.corp/demo@sha256:${digit.repeat(64)}`;
const given = process.env["QUAI_AWS_IMAGES"]?.split(",");
const rehearsed = REAL ? undefined : [digest("1"), digest("2")];
const [api, web] = given ?? rehearsed ?? [];

/** @throws Error that names what an account can't do without */
function needed(name: "QUAI_AWS_ZONE" | "QUAI_AWS_DOMAIN", otherwise: string): string {
    const value = process.env[name];
    if (value === undefined && ACCOUNT !== undefined) throw new Error(`${name}: needed beside QUAI_AWS_ACCOUNT, see docs/aws.md`);
    return value ?? otherwise;
}

// Nobody is written to but who asks for it.
const mail = process.env["QUAI_AWS_MAIL"] ?? (ACCOUNT === undefined ? "ops@quai.dev" : undefined);

/** The settings of the test's stack. */
export const SETTINGS: Readonly<Record<string, unknown>> = {
    "quai:application": "demo",
    "quai:environment": "development",
    "quai:domain": needed("QUAI_AWS_DOMAIN", "demo.quai.dev"),
    // Without references the demonstration's images are built, and pushed to repositories of the stack.
    ...(api === undefined || web === undefined ? {} : { "quai:images": { api, web } }),
    "quai:target": {
        kind: "aws",
        region: process.env["QUAI_AWS_REGION"] ?? "eu-west-3",
        ...(ACCOUNT === undefined ? {} : { accountId: ACCOUNT }),
        hostedZone: needed("QUAI_AWS_ZONE", "Z0123456789ABCDEFGHIJ"),
        ...(mail === undefined ? {} : { alarmEmail: mail, monthlyBudget: 300 }),
    },
};

/** A change that somebody may propose: a database with more memory, and a second front end. */
export const LARGER: Readonly<Record<string, unknown>> = { "quai:postgres": { memory: "4g" }, "quai:services": { web: { replicas: 2 } } };
