import { readEvents } from "../../../../tools/cli/report/engine-events";
import { makeReport } from "../../../../tools/cli/report/report";
import { sectionsOf } from "../../../../tools/cli/report/sections";
import { masksOf } from "../../../../infra/secrets/mask";

const urn = "urn:pulumi:prod::quai::quai:index:WebStack::application";
const service = (name: string, variables?: object[]) => ({ name, secrets: [], opens: [], files: [], ...(variables ? { variables } : {}) });
const application = (...services: object[]) => ({ inputs: {}, outputs: { services, jobs: [] } });

function secretLines(old: object | undefined, next: object, secretAges?: readonly object[]): readonly string[] {
    const metadata = { op: old === undefined ? "create" : "same", urn, type: "quai:index:WebStack", old, new: next };
    const preview = readEvents([JSON.stringify({ resourcePreEvent: { metadata } }), JSON.stringify({ summaryEvent: {} })]);
    const policies = { refused: [], warned: [], waived: [] };
    const context = { stack: "prod", stackId: "shop-prod", environment: "production", policies, now: new Date("2026-11-21T09:30:00Z") };
    const report = makeReport(preview, { ...context, secretAges: secretAges as never }, masksOf([]));
    return sectionsOf(report).find(({ title }) => title === "Secrets")?.lines ?? [];
}

const DATABASE = { name: "DATABASE_URL", holds: ["databaseUrl"] };
const SMTP = { name: "SMTP_PASSWORD", holds: ["smtpPassword"] };

describe("R27: the preview says which secrets are variables and not only files", () => {
    test("each service's, with what is new and what is not so any more", () => {
        const old = application(service("api", [DATABASE]), service("web"));
        const next = application(service("api", [SMTP]), service("web"), service("worker", [DATABASE, SMTP]));
        expect(secretLines(old, next)).toEqual([
            "`api` gets secrets as variables, which all its programs can read: `SMTP_PASSWORD` (`smtpPassword`, new), `DATABASE_URL` (`databaseUrl`, no longer)",
            "`worker` gets secrets as variables, which all its programs can read: `DATABASE_URL` (`databaseUrl`, new), `SMTP_PASSWORD` (`smtpPassword`, new)",
        ]);
        expect(secretLines(next, next)[1]).toBe(
            "`worker` gets secrets as variables, which all its programs can read: `DATABASE_URL` (`databaseUrl`), `SMTP_PASSWORD` (`smtpPassword`)",
        );
    });

    test("where there are none, it says nothing", () => {
        expect(secretLines(undefined, application(service("api")))).toEqual([]);
    });
});

test("R32: the preview shows the age of every secret, and how old it may get", () => {
    const ages = [
        { name: "databasePassword", rotatedOn: "2026-11-01", ageDays: 20, limitDays: 90 },
        { name: "jwt", rotatedOn: "2025-12-01", ageDays: 355, limitDays: 365 },
    ];
    const stays = application(service("api"));
    expect(secretLines(stays, stays, ages)).toEqual([
        "Age in days, and after how many a new one is due: `databasePassword` 20 of 90, `jwt` 355 of 365",
    ]);
});
