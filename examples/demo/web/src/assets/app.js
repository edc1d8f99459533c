// API is filled in when the image is built; another value makes another file name.
const API = "@API_BASE@";
const SOCKET = new URL(`${API}/ws`, location.href).href.replace(/^http/, "ws");

const at = (id) => document.getElementById(id);

async function call(path, options = {}) {
    const response = await fetch(API + path, options);
    const body = await response.json().catch(() => ({}));
    if (!response.ok) throw new Error(body.error ?? `the server answered ${response.status}`);
    return body;
}

const post = (path, value) => call(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(value) });

const time = (iso) => new Date(iso).toLocaleTimeString([], { timeStyle: "short" });

function size(bytes) {
    if (bytes < 1000) return `${bytes} B`;
    return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** A list row: what it is on the left (text or element), when or how much on the right. Text is never taken for markup. */
function row(left, right) {
    const item = document.createElement("li");
    const what = document.createElement("span");
    const detail = document.createElement("span");
    what.append(left);
    detail.append(right);
    item.append(what, detail);
    return item;
}

function fault(id, error) {
    const element = at(`${id}-fault`);
    element.hidden = error === undefined;
    element.textContent = error === undefined ? "" : error.message;
}

async function showHealth() {
    const badge = at("health");
    const show = (good, text) => {
        badge.className = good ? "badge good" : "badge bad";
        // Announced by screen readers, so changed only when it changes.
        if (badge.textContent !== text) badge.textContent = text;
    };
    try {
        const response = await fetch(`${API}/health`);
        const health = await response.json();
        show(response.ok, response.ok ? "healthy, database connected" : `unhealthy, database ${health.database}`);
        at("release").textContent = health.release;
    } catch {
        show(false, "no answer");
    }
}

async function showNotes() {
    const { total, notes } = await call("/notes");
    at("notes-count").textContent = total;
    at("notes").replaceChildren(...notes.map((note) => row(note.body, time(note.createdAt))));
}

async function showUploads() {
    const { total, uploads } = await call("/uploads");
    at("uploads-count").textContent = total;
    const link = (upload) => {
        const anchor = document.createElement("a");
        anchor.href = `${API}/uploads/${upload.id}`;
        anchor.textContent = upload.name;
        return anchor;
    };
    at("uploads").replaceChildren(...uploads.map((upload) => row(link(upload), size(upload.bytes))));
}

async function showJobs() {
    const { total, queue, jobs, ticksTotal, ticks } = await call("/jobs");
    at("jobs-count").textContent = `${total} done, ${queue.queued + queue.taken} waiting`;
    at("ticks").textContent = ticks.length > 0 ? `The scheduler ran ${ticksTotal} times, last at ${time(ticks[0].at)}.` : "";
    const outcome = (job) =>
        job.kind === "words" && job.result ? `${job.result.words} words` : (job.error ?? `${job.kind}: ${job.state}`);
    at("jobs").replaceChildren(...jobs.map((job) => row(outcome(job), time(job.finishedAt))));
}

/** Runs the action with the form's button disabled, then shows the list again; a failure is said beside the form. */
function onSubmit(id, show, action) {
    const form = at(`${id}-form`);
    form.addEventListener("submit", async (event) => {
        event.preventDefault();
        const button = form.querySelector("button");
        button.disabled = true;
        try {
            await action(new FormData(form));
            form.reset();
            await show();
            fault(id);
        } catch (error) {
            fault(id, error);
        } finally {
            button.disabled = false;
        }
    });
}

function keepShowing(id, show, seconds) {
    const again = async () => {
        if (!document.hidden) await show().catch((error) => at("health").classList.contains("good") && fault(id, error));
        setTimeout(again, seconds * 1000);
    };
    void again();
}

let socket;
let attempts = 0;

function connect() {
    socket = new WebSocket(SOCKET);
    socket.addEventListener("open", () => (attempts = 0));
    socket.addEventListener("message", ({ data }) => {
        const message = JSON.parse(data);
        at("socket-state").textContent = `connected to release ${message.release}`;
        if (message.type === "echo") at("echoes").prepend(row(message.data, message.release));
        while (at("echoes").children.length > 20) at("echoes").lastChild.remove();
    });
    socket.addEventListener("close", () => {
        at("socket-state").textContent = "connecting…";
        attempts += 1;
        setTimeout(connect, Math.min(250 * 2 ** attempts, 10_000));
    });
}

onSubmit("notes", showNotes, (form) => post("/notes", { body: form.get("body") }));
onSubmit("jobs", showJobs, (form) => post("/jobs", { kind: "words", payload: { text: form.get("text") } }));
onSubmit("uploads", showUploads, (form) => {
    const file = form.get("file");
    return call(`/uploads?name=${encodeURIComponent(file.name)}`, {
        method: "POST",
        headers: { "Content-Type": file.type || "application/octet-stream" },
        body: file,
    });
});
at("echo-form").addEventListener("submit", (event) => {
    event.preventDefault();
    if (socket.readyState !== WebSocket.OPEN) return;
    socket.send(at("words").value);
    event.target.reset();
});

connect();
keepShowing("health", showHealth, 5);
keepShowing("notes", showNotes, 15);
keepShowing("uploads", showUploads, 15);
keepShowing("jobs", showJobs, 3);
