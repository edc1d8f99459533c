// node note.mjs <merge request> <file>: writes the file as one note of the merge request; the note that an earlier run made is updated.
import { readFileSync } from "node:fs";
import { markIn } from "./github.mjs";
import { api, pages } from "./gitlab.mjs";

const [number, file] = process.argv.slice(2);
if (!/^\d+$/.test(number ?? "") || file === undefined) {
    console.error("usage: node note.mjs <number of the merge request> <file>");
    process.exit(2);
}
const notes = `merge_requests/${number}/notes`;
const body = readFileSync(file, "utf8");
const mark = markIn(body);
const own = (await pages(notes)).find((note) => note.body.includes(mark));
if (own === undefined) await api("POST", notes, { body });
else if (own.body !== body) await api("PUT", `${notes}/${own.id}`, { body });
console.log(own === undefined ? "note made" : own.body === body ? "note unchanged" : "note updated");
