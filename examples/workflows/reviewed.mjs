// node reviewed.mjs <commit>: which run made the plan that was reviewed with the pull request that this commit merges. Prints `run=` and `head=`, for GITHUB_OUTPUT;
// nothing where there is none: the commit was pushed without a pull request, or came from a fork, which gets no plan.
import { api } from "./github.mjs";

const [commit] = process.argv.slice(2);
if (!/^[0-9a-f]{40}$/.test(commit ?? "")) {
    console.error("usage: node reviewed.mjs <commit>");
    process.exit(2);
}
const pulls = await api("GET", `commits/${commit}/pulls`);
const merged = pulls.find((pull) => pull.merged_at !== null && pull.merge_commit_sha === commit);
const none = (why) => console.error(`no reviewed plan: ${why}`);
if (merged === undefined) none("this commit merges no pull request");
else {
    const head = merged.head.sha;
    const { artifacts } = await api("GET", `actions/artifacts?name=plan-${head}&per_page=100`);
    // A fork's run may upload whatever it likes under that name.
    const own = artifacts.filter(
        ({ expired, workflow_run: run }) => !expired && run.head_repository_id === run.repository_id && run.head_sha === head,
    );
    const newest = own.sort((a, b) => (a.created_at < b.created_at ? 1 : -1))[0];
    if (newest === undefined) none(`pull request ${merged.number} has none for its last commit`);
    else {
        console.error(`reviewed with pull request ${merged.number}`);
        console.log(`run=${newest.workflow_run.id}\nhead=${head}`);
    }
}
