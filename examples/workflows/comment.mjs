// node comment.mjs <pull request> <file>: writes the file as one comment of the pull request. The comment that an earlier run made is updated: it is found by
// the mark in the report's last line. Reads GITHUB_TOKEN, GITHUB_REPOSITORY, GITHUB_API_URL, which GitHub Actions sets.
import { readFileSync } from "node:fs";
import { api, markIn, pages } from "./github.mjs";

const [number, file] = process.argv.slice(2);
if (!/^\d+$/.test(number ?? "") || file === undefined) {
    console.error("usage: node comment.mjs <number of the pull request> <file>");
    process.exit(2);
}
const body = readFileSync(file, "utf8");
const mark = markIn(body);
const comments = await pages(`issues/${number}/comments`);
const own = comments.find((comment) => comment.body?.includes(mark));
if (own === undefined) await api("POST", `issues/${number}/comments`, { body });
else if (own.body !== body) await api("PATCH", `issues/comments/${own.id}`, { body });
console.log(own === undefined ? "comment made" : own.body === body ? "comment unchanged" : "comment updated");
