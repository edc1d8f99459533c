// node note.mjs <merge request> <file>: writes the file as one note of the merge request; the note that an earlier run made is updated. Reads GITLAB_TOKEN,
// and CI_API_V4_URL and CI_PROJECT_ID, which GitLab CI sets.
import { readFileSync } from "node:fs";
import { markIn } from "./github.mjs";

const [number, file] = process.argv.slice(2);
if (!/^\d+$/.test(number ?? "") || file === undefined) {
    console.error("usage: node note.mjs <number of the merge request> <file>");
    process.exit(2);
}
const { GITLAB_TOKEN, CI_API_V4_URL, CI_PROJECT_ID } = process.env;
const base = `${CI_API_V4_URL}/projects/${CI_PROJECT_ID}/merge_requests/${number}/notes`;

async function api(method, url, body) {
    const headers = { "PRIVATE-TOKEN": GITLAB_TOKEN, "Content-Type": "application/json" };
    const answer = await fetch(url, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    if (!answer.ok) throw new Error(`${method} ${url}: GitLab answered ${answer.status}: ${(await answer.text()).slice(0, 300)}`);
    return answer.json();
}

async function notes() {
    const all = [];
    for (let page = 1; ; page++) {
        const some = await api("GET", `${base}?per_page=100&page=${page}`);
        all.push(...some);
        if (some.length < 100) return all;
    }
}

const body = readFileSync(file, "utf8");
const mark = markIn(body);
const own = (await notes()).find((note) => note.body.includes(mark));
if (own === undefined) await api("POST", base, { body });
else if (own.body !== body) await api("PUT", `${base}/${own.id}`, { body });
console.log(own === undefined ? "note made" : own.body === body ? "note unchanged" : "note updated");
