import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";

export const TOKEN = "token-of-the-forge";

export interface Comment {
    readonly id: number;
    readonly request: string;
    body: string;
}

/** What GitHub and GitLab know of pull requests, plans and comments, behind as much of their APIs as the workflows use. */
export class Forge {
    readonly comments: Comment[] = [];
    /** What was asked: method and path. */
    readonly asked: string[] = [];
    /** Plans by the name of their artifact, each with the run that made it. */
    readonly plans = new Map<string, { readonly run: number; readonly plan: string }>();
    /** Merged requests by the commit that merged them. */
    readonly merged = new Map<string, { readonly number: number; readonly head: string }>();
    private server: Server | undefined;

    async open(): Promise<void> {
        const server = createServer((request, response) => {
            void this.answer(request).then(([status, content]) => {
                const text = typeof content === "string" ? content : JSON.stringify(content);
                response.writeHead(status, { "Content-Type": "application/json" }).end(text);
            });
        });
        this.server = server;
        await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    }

    async close(): Promise<void> {
        await new Promise((done) => this.server?.close(done));
    }

    get address(): string {
        return `http://127.0.0.1:${(this.server?.address() as AddressInfo).port}`;
    }

    commentsOf(request: number): readonly Comment[] {
        return this.comments.filter((comment) => comment.request === String(request));
    }

    private async answer(request: IncomingMessage): Promise<[number, unknown]> {
        let text = "";
        for await (const chunk of request) text += String(chunk);
        const url = new URL(request.url ?? "/", "http://x");
        const method = request.method ?? "";
        this.asked.push(`${method} ${url.pathname}`);
        if (request.headers.authorization !== `Bearer ${TOKEN}` && request.headers["private-token"] !== TOKEN) return [401, {}];
        const body = text === "" ? {} : (JSON.parse(text) as { body?: string });
        const listed = /(?:issues|merge_requests)\/(\d+)\/(?:comments|notes)(?:\/(\d+))?$/.exec(url.pathname);
        const single = /issues\/comments\/(\d+)$/.exec(url.pathname);
        if (single !== null || listed?.[2] !== undefined) {
            const id = Number(single?.[1] ?? listed?.[2]);
            Object.assign(this.comments.find((comment) => comment.id === id) ?? {}, body);
            return [200, {}];
        }
        if (listed !== null && method === "POST") {
            this.comments.push({ id: this.comments.length + 1, request: listed[1] ?? "", body: body.body ?? "" });
            return [201, {}];
        }
        if (listed !== null) return [200, this.commentsOf(Number(listed[1]))];
        return [200, this.github(url) ?? this.gitlab(url) ?? []];
    }

    private github(url: URL): unknown {
        const commit = /\/repos\/.*\/commits\/(\w+)\/pulls$/.exec(url.pathname)?.[1];
        if (commit !== undefined) {
            const merged = this.merged.get(commit);
            if (merged === undefined) return [];
            return [{ number: merged.number, merged_at: "2026-11-26T21:00:00Z", merge_commit_sha: commit, head: { sha: merged.head } }];
        }
        if (!url.pathname.endsWith("/actions/artifacts")) return undefined;
        const name = url.searchParams.get("name") ?? "";
        const found = this.plans.get(name);
        const run = { id: found?.run, head_repository_id: 1, repository_id: 1, head_sha: name.replace("plan-", "") };
        // What a run of a fork uploads under the same name is newer, and must not be taken.
        const forged = { expired: false, created_at: "2026-11-27T00:00:00Z", workflow_run: { ...run, id: 666, head_repository_id: 2 } };
        return {
            artifacts: [
                forged,
                ...(found === undefined ? [] : [{ expired: false, created_at: "2026-11-26T20:00:00Z", workflow_run: run }]),
            ],
        };
    }

    private gitlab(url: URL): unknown {
        const path = url.pathname.replace(/^\/projects\/\d+\//, "");
        const commit = /^repository\/commits\/(\w+)\/merge_requests$/.exec(path)?.[1];
        const merged = commit === undefined ? undefined : this.merged.get(commit);
        if (merged !== undefined)
            return [
                {
                    iid: merged.number,
                    state: "merged",
                    merge_commit_sha: commit,
                    sha: merged.head,
                    source_project_id: 7,
                    target_project_id: 7,
                },
            ];
        if (/^merge_requests\/\d+\/pipelines$/.test(path)) return [{ id: 5, source: "merge_request_event" }];
        if (path === "pipelines/5/jobs") return [{ id: 50, name: "preview", status: "success" }];
        return path === "jobs/50/artifacts/plan.json" ? [...this.plans.values()].at(-1)?.plan : undefined;
    }
}
