import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gitlabScript, workflow } from "../../unit/workflows/scripts";
import { checkout, docker, proxy, quai, STACK, type StackConfig, writeSettings } from "../support/checkout";
import { BASE } from "./changes";
import { Forge, TOKEN } from "./pipeline/forge";
import { clone, type Ended, type Run, runJob, shell } from "./pipeline/runner";

const FILE = `Pulumi.${STACK}.yaml`;
const forge = new Forge();
let [repository, desk, runs] = ["", "", 0];
const git = (...words: string[]) => execFileSync("git", ["-C", desk, ...words], { encoding: "utf8" }).trim();
const passphrase = () => readFileSync(join(checkout(), ".quai/passphrase"), "utf8");
/** As whoever copies the workflows writes the names of their stacks. */
const renamed = <T>(value: T): T => JSON.parse(JSON.stringify(value).replace(/'staging'|'prod'/g, `'${STACK}'`)) as T;
const jobs = (file: string) => renamed(workflow(file)).jobs as Record<string, Parameters<typeof runJob>[0]>;

/** The settings of the stack, in the repository. */
function propose(branch: string, from: string, more: StackConfig): string {
    git("checkout", "-q", "-B", branch, from);
    writeSettings({ ...BASE, ...more });
    cpSync(join(checkout(), FILE), join(desk, FILE));
    git("commit", "-qam", `Change on ${branch}`);
    git("push", "-q", "--force", "origin", branch);
    return git("rev-parse", "HEAD");
}

function merge(branch: string, number: number): string {
    const head = git("rev-parse", branch);
    git("checkout", "-q", "develop");
    git("merge", "-q", "--no-ff", "-m", `Merge pull request ${number}`, branch);
    return pushed({ number, head });
}

function pushed(request?: { number: number; head: string }): string {
    git("push", "-q", "origin", "develop");
    const commit = git("rev-parse", "HEAD");
    if (request !== undefined) forge.merged.set(commit, request);
    return commit;
}

function run(commit: string, github: object, fork = false): Run {
    const secrets: Record<string, string> = fork ? {} : { PULUMI_CONFIG_PASSPHRASE: passphrase() };
    const vars: Record<string, string> = fork ? {} : { PULUMI_BACKEND_URL: `file://${join(checkout(), ".quai/state")}` };
    return { id: ++runs, forge, repository, commit, github: { repository: "acme/shop", sha: commit, ...github }, vars, secrets };
}

/** A pull request, opened or pushed to: both jobs of the workflow. */
async function previewed(number: number, commit: string, fork = false): Promise<Record<"preview" | "fork", Ended>> {
    const head = { sha: commit, repo: { full_name: fork ? "somebody/shop" : "acme/shop" } };
    const github = { base_ref: "develop", event_name: "pull_request", event: { pull_request: { number, head, labels: [] } } };
    const { preview, fork: forked } = jobs("preview.yml");
    if (preview === undefined || forked === undefined) throw new Error("preview.yml: a job is missing");
    return { preview: await runJob(preview, run(commit, github, fork)), fork: await runJob(forked, run(commit, github, fork)) };
}

/** A push to develop, or a run by hand. */
async function applied(commit: string, event = "push"): Promise<Record<"plan" | "apply", Ended>> {
    const { plan, apply } = jobs("apply.yml");
    if (plan === undefined || apply === undefined) throw new Error("apply.yml: a job is missing");
    const github = { ref_type: "branch", event_name: event };
    const planned = await runJob(plan, run(commit, github));
    const never = { ran: false, code: 1, log: "", summary: "" };
    return { plan: planned, apply: planned.code === 0 ? await runJob(apply, run(commit, github)) : never };
}

const inUse = () => docker("exec", proxy(), "cat", "/etc/quai/current/nginx.conf");
const limit = (requests: number) => ({ "quai:proxy": { requestsPerSecond: requests, burst: 90 } });
const shown = ({ code, log }: Ended) => [code, code === 0 ? "" : log.slice(-3000)];

beforeAll(async () => {
    await forge.open();
    repository = mkdtempSync(join(tmpdir(), "quai-repository-"));
    desk = mkdtempSync(join(tmpdir(), "quai-desk-"));
    execFileSync("git", ["init", "-q", "--bare", repository]);
    writeSettings(BASE);
    const left = [".quai", ".git", "node_modules"].map((name) => join(checkout(), name));
    cpSync(checkout(), desk, { recursive: true, verbatimSymlinks: true, filter: (path) => !left.includes(path) });
    git("init", "-q", "-b", "develop");
    git("config", "user.name", "Ada");
    git("config", "user.email", "ada@acme.net");
    git("remote", "add", "origin", repository);
    git("add", "-A");
    git("commit", "-qm", "What is deployed");
    git("push", "-q", "origin", "develop");
    const { code, text } = await quai("up", STACK, "--yes");
    if (code !== 0) throw new Error(text);
});
afterAll(async () => {
    await forge.close();
    for (const folder of [repository, desk]) rmSync(folder, { recursive: true });
    writeSettings(BASE);
    await quai("up", STACK, "--yes");
});

describe("R106: a pull request from its branch to what runs", () => {
    let [first, second] = ["", ""];

    test("a preview becomes one comment, which the next push updates; the plan is kept", async () => {
        first = propose("limit", "develop", limit(71));
        const opened = await previewed(1, first);
        expect([...shown(opened.preview), opened.fork.ran]).toEqual([0, "", false]);
        expect(forge.commentsOf(1).map(({ body }) => body.split("\n")[0])).toEqual([expect.stringContaining("Safe")]);
        first = propose("limit", "develop", { ...limit(72), "quai:aliases": ["www.demo.localhost"] });
        expect(shown((await previewed(1, first)).preview)).toEqual([0, ""]);
        const [comment, ...others] = forge.commentsOf(1);
        expect([others, comment?.body]).toEqual([[], expect.stringContaining("www.demo.localhost")]);
        expect([...forge.plans.keys()]).toContain(`plan-${first}`);
        second = propose("other", "develop", { "quai:aliases": ["shop.demo.localhost"] });
        expect(shown((await previewed(2, second)).preview)).toEqual([0, ""]);
        expect(forge.commentsOf(2)).toHaveLength(1);
        expect(JSON.stringify(forge.comments)).not.toContain(passphrase());
    });

    test("merged, it is applied by the plan that was reviewed, and by no other", async () => {
        const { plan, apply } = await applied(merge("limit", 1));
        expect(shown(plan)).toEqual([0, ""]);
        expect(plan.log).toContain("reviewed with pull request 1");
        expect(plan.log).not.toContain("Preview");
        expect([...shown(apply), apply.log]).toEqual([0, "", expect.stringContaining("As reviewed: Safe")]);
        expect(inUse()).toMatch(/rate=72r/);
        const { stdout } = await quai("history", STACK, "--limit", "1");
        expect(stdout).toMatch(/ada \(GitHub Actions\) +succeeded/);
    });

    test("a second one, whose plan is out of date by now, is refused and says what moved; a run by hand plans anew", async () => {
        const reviewed = forge.plans.get(`plan-${second}`);
        git("checkout", "-q", "other");
        git("rebase", "-q", "-X", "theirs", "develop");
        second = git("rev-parse", "HEAD");
        // Merged without another review of what it became.
        if (reviewed !== undefined) forge.plans.set(`plan-${second}`, reviewed);
        const commit = merge("other", 2);
        const { apply } = await applied(commit);
        expect(apply.code).toBe(1);
        expect(apply.log).toContain("this isn't what was reviewed, so nothing was changed:");
        expect(apply.log).toMatch(/the stack was updated since the review: .*switch of the routes/);
        expect(inUse()).toMatch(/rate=72r/);
        const again = await applied(commit, "workflow_dispatch");
        expect([...shown(again.apply), again.plan.summary]).toEqual([0, "", expect.stringContaining("**Safe")]);
        expect(inUse()).toContain("shop.demo.localhost");
    });

    test("a revert is a rollback: pushed without a pull request, it is planned and applied if it is safe", async () => {
        git("checkout", "-q", "develop");
        git("revert", "--no-edit", "-m", "1", "HEAD");
        const { plan, apply } = await applied(pushed());
        expect([plan.log, ...shown(apply)]).toEqual([expect.stringContaining("this commit merges no pull request"), 0, ""]);
        expect(inUse()).not.toContain("shop.demo.localhost");
        expect(inUse()).toMatch(/rate=72r/);
    });

    test("a fork's pull request runs without a secret, and can't comment; its report is the summary", async () => {
        const before = forge.asked.length;
        const { preview, fork } = await previewed(3, propose("fork", "develop", limit(73)), true);
        expect([preview.ran, ...shown(fork)]).toEqual([false, 0, ""]);
        expect(fork.summary).toContain("no secret, no state and no host was within reach");
        expect([forge.asked.length, forge.commentsOf(3)]).toEqual([before, []]);
    });

    test("what puts data at risk fails the job; a tag never applies it by itself", async () => {
        const risky = propose("risky", "develop", { "quai:backup": false });
        const { preview } = await previewed(4, risky);
        expect([preview.code, preview.log]).toEqual([1, expect.stringContaining("Data at risk: read the report")]);
        expect(forge.commentsOf(4)).toHaveLength(1);
    });
});

describe("R106: the same on GitLab", () => {
    const variables = (commit: string, more: object) => ({
        ...{ PATH: process.env["PATH"], HOME: process.env["HOME"], CI: "true", GITLAB_CI: "true", GITLAB_USER_LOGIN: "bob", NO_COLOR: "1" },
        ...{ CI_API_V4_URL: forge.address, CI_PROJECT_ID: "7", CI_COMMIT_SHA: commit, STACK, GITLAB_TOKEN: TOKEN },
        ...{ PULUMI_BACKEND_URL: `file://${join(checkout(), ".quai/state")}`, PULUMI_CONFIG_PASSPHRASE: passphrase() },
        ...more,
    });
    const job = async (name: string, commit: string, more: object, plan?: string) => {
        const folder = clone(repository, commit);
        if (plan !== undefined) writeFileSync(join(folder, "plan.json"), plan);
        const ended = await shell(gitlabScript(name), folder, variables(commit, more));
        const left = execFileSync("sh", ["-c", "cat plan.json 2>/dev/null || true"], { cwd: folder, encoding: "utf8" });
        rmSync(folder, { recursive: true });
        return { ...ended, plan: left };
    };

    test("a merge request gets one note; merged, it is applied by the plan that was reviewed", async () => {
        const head = propose("gitlab", "develop", limit(74));
        for (const expected of ["note made", "note unchanged"]) {
            const { code, text, plan } = await job("preview", head, { CI_MERGE_REQUEST_IID: "9" });
            expect([code, code === 0 ? "" : text]).toEqual([0, ""]);
            expect(text).toContain(expected);
            forge.plans.set("gitlab", { run: 50, plan });
        }
        const commit = merge("gitlab", 9);
        const planned = await job(".plan", commit, { CI_PIPELINE_SOURCE: "push", CI_COMMIT_BRANCH: "develop" });
        expect([planned.code, planned.text]).toEqual([0, expect.stringContaining("reviewed with merge request 9")]);
        const { code, text } = await job(".apply", commit, {}, planned.plan);
        expect([code, text]).toEqual([0, expect.stringContaining("As reviewed: Safe")]);
        expect(inUse()).toMatch(/rate=74r/);
        const spent = await job(".apply", commit, {}, planned.plan);
        expect([spent.code, spent.text]).toEqual([1, expect.stringContaining("the stack was updated since the review")]);
    });
});
