// node issue.mjs <title> <file> <exit code of ./quai drift>: one open issue as long as something isn't as it should be. It is found by the mark in the report's
// last line, updated when the report differs, and closed when nothing is found any more.
import { readFileSync } from "node:fs";
import { api, markIn, pages } from "./github.mjs";

const [title, file, code] = process.argv.slice(2);
if (title === undefined || file === undefined || code === undefined) {
    console.error("usage: node issue.mjs <title> <file> <exit code>");
    process.exit(2);
}
const body = readFileSync(file, "utf8");
if (!["0", "2", "3"].includes(code)) {
    // The look itself failed: nothing is known, so nothing is opened or closed.
    console.error("drift could not be looked for; see the log above");
    process.exit(1);
}
const mark = markIn(body);
const open = (await pages("issues?state=open")).find((issue) => issue.pull_request === undefined && issue.body?.includes(mark));
if (code === "0") {
    if (open !== undefined) await api("PATCH", `issues/${open.number}`, { body, state: "closed" });
    console.log(open === undefined ? "nothing to tell" : "issue closed");
} else if (open === undefined) {
    await api("POST", "issues", { title, body });
    console.log("issue opened");
} else {
    if (open.body !== body) await api("PATCH", `issues/${open.number}`, { body });
    console.log(open.body === body ? "issue unchanged" : "issue updated");
}
