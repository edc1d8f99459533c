// node issue-gitlab.mjs <title> <file> <exit code of ./quai drift>: one open issue as long as something isn't as it should be; see issue.mjs.
import { readFileSync } from "node:fs";
import { markIn } from "./github.mjs";
import { api, pages } from "./gitlab.mjs";

const [title, file, code] = process.argv.slice(2);
if (title === undefined || file === undefined || code === undefined) {
    console.error("usage: node issue-gitlab.mjs <title> <file> <exit code>");
    process.exit(2);
}
if (!["0", "2", "3"].includes(code)) {
    console.error("drift could not be looked for; see the log above");
    process.exit(1);
}
const description = readFileSync(file, "utf8");
const mark = markIn(description);
const open = (await pages("issues?state=opened")).find((issue) => issue.state === "opened" && issue.description?.includes(mark));
if (code === "0") {
    if (open !== undefined) await api("PUT", `issues/${open.iid}`, { description, state_event: "close" });
    console.log(open === undefined ? "nothing to tell" : "issue closed");
} else if (open === undefined) {
    await api("POST", "issues", { title, description });
    console.log("issue opened");
} else {
    if (open.description !== description) await api("PUT", `issues/${open.iid}`, { description });
    console.log(open.description === description ? "issue unchanged" : "issue updated");
}
