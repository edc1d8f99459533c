import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { gitlabScript } from "../../unit/workflows/scripts";
import { Forge, TOKEN } from "../preview/pipeline/forge";
import { shell } from "../preview/pipeline/runner";
import { keepEvents } from "../support/events";
import { ACCOUNT, Rehearsal, STACK } from "./rehearsal";
import { LARGER } from "./settings";

/** The workflows for AWS, as a runner would run their shell parts: pulumi and ./quai are the real ones, the plugin makes nothing. */
const rehearsal = ACCOUNT === undefined ? describe : describe.skip;
const forge = new Forge();

rehearsal("R106: a stack on AWS by the workflows to copy", () => {
    let aws: Rehearsal;
    const file = (name: string) => join(aws.engine.checkout, name);
    const text = (name: string) => readFileSync(file(name), "utf8");
    beforeAll(async () => {
        aws = await Rehearsal.open();
        await forge.open();
    });
    afterAll(async () => {
        await forge.close();
        aws?.close();
    });

    /** What a runner's image and its checkout bring: pulumi on the path, packages, the files by which steps hand things on. */
    async function run(script: string) {
        mkdirSync(file(".quai"), { recursive: true });
        const { env, pulumi, checkout } = aws.engine;
        return shell(`npm() { :; }\n${script}`, checkout, {
            ...env,
            ...{ PATH: `${dirname(pulumi)}:${env["PATH"] ?? ""}`, QUAI_AWS_REHEARSAL: "1", CI: "true", NO_COLOR: "1", STACK },
            ...{
                CI_API_V4_URL: forge.address,
                CI_PROJECT_ID: "7",
                CI_MERGE_REQUEST_IID: "9",
                CI_COMMIT_SHA: "1a2b3c4d",
                GITLAB_TOKEN: TOKEN,
            },
            ...{ ROLE: "arn:aws:iam::123456789012:role/preview", AWS_TOKEN: "token" },
        });
    }
    const well = async (script: string) => {
        const { code, text: log } = await run(script);
        expect([code, code === 0 ? "" : why(log)]).toEqual([0, ""]);
        return log;
    };
    /** What the engine says of an error stands before a long list. */
    const why = (log: string) => log.slice(Math.max(0, log.indexOf("error:") - 1000)).slice(0, 4000);
    const classOf = async () => (await aws.resources()).find(({ type }) => type === "aws:rds/instance:Instance")?.inputs?.["instanceClass"];

    test("GitLab: a tag gets a plan with its report, and the plan is what is applied", async () => {
        const log = await well(gitlabScript("aws plan"));
        expect(log).toContain("**First deployment: everything is created, nothing can be lost.**");
        expect(log).toMatch(/- About \d+ US dollars a month in eu-west-3/);
        await well(gitlabScript("aws apply"));
        expect(await classOf()).toMatch(/^db\./);
    });

    test("GitLab: a merge request gets one note, with what it would cost; the same preview gives the same note", async () => {
        aws.settings(LARGER);
        expect(await well(gitlabScript("aws preview"))).toContain("note made");
        if (process.env["QUAI_PREVIEW_CAPTURE"] !== undefined) keepEvents("aws-larger-database", text("preview.jsonl"));
        expect(await well(gitlabScript("aws preview"))).toContain("note unchanged");
        const [note = "", ...others] = forge.commentsOf(9).map(({ body }) => body);
        expect(others).toEqual([]);
        expect(note.split("\n")[0]).toMatch(/^🟡 \*\*Downtime, no data at risk: the database restarts/);
        expect(note).toMatch(/- About \d+ → \d+ US dollars a month in eu-west-3, \d+ more/);
    });

    test("GitLab: what moved since the review is told, and nothing is applied: settings, program, state", async () => {
        await well(gitlabScript("aws plan"));
        const before = await aws.resources();
        const refused = async () => {
            const { code, text: log } = await run(gitlabScript("aws apply"));
            expect([code, log]).toEqual([1, expect.stringContaining("this isn't what was reviewed, so nothing was changed:")]);
            return log;
        };
        aws.settings({ ...LARGER, "quai:redis": { memory: "2g" } });
        const edited = await refused();
        expect(edited).toMatch(/ {2}- settings changed since the review: quai:redis\n/);
        expect(edited).toMatch(/ {2}- what would be done differs: now also \w+ \S+/);
        aws.settings(LARGER);
        const program = text("stacks/demo.ts");
        writeFileSync(file("stacks/demo.ts"), `${program}// Another one.\n`);
        expect(await refused()).toMatch(/ {2}- the program changed since the review: stacks\/demo\.ts\n/);
        writeFileSync(file("stacks/demo.ts"), program);
        expect(await aws.resources()).toEqual(before);

        // Somebody updates the same from a desk.
        await aws.must("up", "--yes", "--skip-preview");
        const after = await aws.resources();
        expect(after).not.toEqual(before);
        const late = await refused();
        expect(late).toMatch(/ {2}- the stack was updated since the review: /);
        expect(late).toMatch(/ {2}- what would be done differs: .*no longer update /);
        expect(await aws.resources()).toEqual(after);
    });
});
