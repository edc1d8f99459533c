// The little of GitLab's API that the programs beside it need. Reads GITLAB_TOKEN, and CI_API_V4_URL and CI_PROJECT_ID, which GitLab CI sets.
import { pages as pagesBy } from "./github.mjs";

const { GITLAB_TOKEN, CI_API_V4_URL, CI_PROJECT_ID } = process.env;

export async function call(method, path, body) {
    const headers = { "PRIVATE-TOKEN": GITLAB_TOKEN, "Content-Type": "application/json" };
    const url = `${CI_API_V4_URL}/projects/${CI_PROJECT_ID}/${path}`;
    const answer = await fetch(url, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    if (!answer.ok) throw new Error(`${method} ${url}: GitLab answered ${answer.status}: ${(await answer.text()).slice(0, 300)}`);
    return answer;
}

export async function api(method, path, body) {
    return (await call(method, path, body)).json();
}

/** All entries of a list. */
export const pages = (path) => pagesBy(path, api);
