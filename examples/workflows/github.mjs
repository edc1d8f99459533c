// The little of GitHub's API that the two programs beside it need.
const { GITHUB_TOKEN, GITHUB_REPOSITORY, GITHUB_API_URL = "https://api.github.com" } = process.env;

export async function api(method, path, body) {
    const answer = await fetch(`${GITHUB_API_URL}/repos/${GITHUB_REPOSITORY}/${path}`, {
        method,
        headers: {
            Accept: "application/vnd.github+json",
            Authorization: `Bearer ${GITHUB_TOKEN}`,
            "Content-Type": "application/json",
            "X-GitHub-Api-Version": "2022-11-28",
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: GitHub answered ${answer.status}: ${(await answer.text()).slice(0, 300)}`);
    return answer.json();
}

/** All entries of a list, a hundred at a time; GitLab counts its pages in the same way. */
export async function pages(path, ask = api) {
    const all = [];
    for (let page = 1; ; page++) {
        const some = await ask("GET", `${path}${path.includes("?") ? "&" : "?"}per_page=100&page=${page}`);
        all.push(...some);
        if (some.length < 100) return all;
    }
}

/** The report's last line, by which what an earlier run made is found. */
export function markIn(body) {
    const mark = /<!-- quai preview [\w.-]+ -->/.exec(body)?.[0];
    if (mark === undefined) throw new Error("the file isn't a report of ./quai preview --markdown or ./quai drift --markdown");
    return mark;
}
