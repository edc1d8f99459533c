// node reviewed-gitlab.mjs <commit> <file>: writes the plan there that was reviewed with the merge request that this commit merges. Writes nothing where there is
// none: the commit was pushed without a merge request, or came from a fork, which gets no plan.
import { writeFileSync } from "node:fs";
import { api, call, pages } from "./gitlab.mjs";

const [commit, file] = process.argv.slice(2);
if (!/^[0-9a-f]{40}$/.test(commit ?? "") || file === undefined) {
    console.error("usage: node reviewed-gitlab.mjs <commit> <file>");
    process.exit(2);
}
const requests = await api("GET", `repository/commits/${commit}/merge_requests`);
const merged = requests.find(
    (each) => each.state === "merged" && [each.merge_commit_sha, each.squash_commit_sha, each.sha].includes(commit),
);
const none = (why) => console.log(`no reviewed plan: ${why}`);
if (merged === undefined) none("this commit merges no merge request");
else if (merged.source_project_id !== merged.target_project_id) none(`merge request ${merged.iid} came from a fork`);
else {
    const pipelines = await pages(`merge_requests/${merged.iid}/pipelines`);
    const last = pipelines.filter(({ source }) => source === "merge_request_event").sort((a, b) => b.id - a.id)[0];
    const jobs = last === undefined ? [] : await pages(`pipelines/${last.id}/jobs`);
    const job = jobs.find(({ name, status }) => name === "preview" && status === "success");
    if (job === undefined) none(`the last pipeline of merge request ${merged.iid} has none`);
    else {
        writeFileSync(file, await (await call("GET", `jobs/${job.id}/artifacts/plan.json`)).text());
        console.log(`reviewed with merge request ${merged.iid}`);
    }
}
