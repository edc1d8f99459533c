import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { checkout, docker, objects, proxy, quai, STACK, writeSettings } from "../support/checkout";
import { BASE } from "./changes";

const file = () => join(checkout(), "plan.json");
const CHANGE = { ...BASE, "quai:proxy": { requestsPerSecond: 50, burst: 100 } };

describe("R106: what was reviewed is what is applied", () => {
    test("a plan is saved, offline too, and holds no value", async () => {
        writeSettings(CHANGE);
        const saved = await quai("preview", STACK, "--offline", "--save", file());
        expect([saved.code, saved.stdout.split("\n")[0]]).toEqual([2, expect.stringMatching(/^Safe/)]);
        expect(readFileSync(file(), "utf8")).not.toContain("localhost");
    });

    test("settings that changed since are refused, by name, and nothing is touched", async () => {
        const before = objects("container").sort();
        writeSettings({ ...CHANGE, "quai:aliases": ["late.localhost"] });
        const result = await quai("up", STACK, "--yes", "--plan", file());
        expect(result.code).toBe(1);
        expect(result.text).toContain("this isn't what was reviewed, so nothing was changed:");
        expect(result.text).toMatch(/ {2}- settings changed since the review: quai:aliases\n/);
        expect(result.text).toMatch(/ {2}- what would be done differs: .*now also replace certificate proxy-certificate/);
        expect(objects("container").sort()).toEqual(before);
    });

    test("as reviewed, it is applied", async () => {
        writeSettings(CHANGE);
        const result = await quai("up", STACK, "--yes", "--plan", file());
        expect([result.code, result.code === 0 ? "" : result.text.slice(-2000)]).toEqual([0, ""]);
        expect(result.text).toContain("As reviewed: Safe");
    });

    test("applied once, the plan is spent: the state has moved", async () => {
        const result = await quai("up", STACK, "--yes", "--plan", file());
        expect(result.code).toBe(1);
        expect(result.text).toMatch(/the stack was updated since the review: .*switch of the routes/);
        expect(result.text).toMatch(/no longer update switch of the routes/);
        expect(proxy()).not.toBe("");
    });
});

/** What moves between review and update, and what the refusal must say of it. */
const MOVES: readonly (readonly [what: string, move: () => () => unknown, said: RegExp])[] = [
    [
        "another value of a secret",
        () => {
            process.env[VARIABLE] = LATER;
            return () => (process.env[VARIABLE] = NOW);
        },
        /what would be done differs: /,
    ],
    [
        "a rotation",
        () => {
            writeSettings({ ...REVIEWED, "quai:rotation": { sessionKey: "2026-11-01" } });
            return () => writeSettings(REVIEWED);
        },
        /settings changed since the review: quai:rotation\n/,
    ],
    [
        "another program",
        () => edited("stacks/demo.ts", `{ path: "/api/", to: api`, `{ path: "/v2/", to: api`),
        /the program changed since the review: stacks\/demo\.ts\n/,
    ],
    ["another file in an image", () => edited("examples/demo/web/src/index.html", "<body", "<body id=x"), /now also create container web-/],
    [
        "a tag that means another image",
        () => {
            const name = objects("image").find((each) => each.includes("/web:")) ?? "";
            const id = docker("image", "inspect", "--format", "{{.Id}}", name).trim();
            docker("tag", docker("inspect", "--format", "{{.Image}}", proxy()).trim(), name);
            return () => docker("tag", id, name);
        },
        /image quai\/\S+\/web:\w+ means another image than when it was deployed/,
    ],
    [
        "a container that is gone",
        () => {
            const name = objects("container").find((each) => each.includes("-worker-")) ?? "";
            docker("stop", name);
            return () => docker("start", name);
        },
        /the host isn't as it was left, and would be put right, too: \S*-worker-/,
    ],
];
const VARIABLE = "QUAI_E2E_BACKUP_KEY";
const NOW = "the-value-that-was-reviewed-0123456789abcdef0123456789abcdef0123456789";
const LATER = "the-value-that-came-later-0123456789abcdef0123456789abcdef0123456789abc";
const REVIEWED = {
    ...CHANGE,
    "quai:backup": {
        drill: "never",
        offsite: { repository: "s3:https://s3.eu-west-3.amazonaws.com/b/demo", environment: { AWS_SECRET_ACCESS_KEY: "backupKey" } },
    },
    "quai:secrets": { backupKey: { environment: VARIABLE } },
};

function edited(path: string, from: string, to: string): () => void {
    const text = readFileSync(join(checkout(), path), "utf8");
    if (!text.includes(from)) throw new Error(`${path}: no longer has ${from}`);
    writeFileSync(join(checkout(), path), text.replace(from, to));
    return () => writeFileSync(join(checkout(), path), text);
}

describe("R106: what moved since the review is said, and nothing is touched", () => {
    beforeAll(async () => {
        process.env[VARIABLE] = NOW;
        writeSettings(REVIEWED);
        const { code, text } = await quai("preview", STACK, "--offline", "--save", file());
        expect([code === 2 || code === 3, text]).toEqual([true, expect.stringContaining("Saved.")]);
        expect(readFileSync(file(), "utf8")).not.toContain(NOW);
    });

    test.each(MOVES)("%s", async (_, move, said) => {
        const before = objects("container").sort();
        const back = move();
        try {
            const { code, text } = await quai("up", STACK, "--yes", "--plan", file());
            expect([code, text]).toEqual([1, expect.stringMatching(said)]);
            expect(text).toContain("this isn't what was reviewed, so nothing was changed:");
            expect(text).not.toMatch(new RegExp(`${NOW}|${LATER}`));
            expect(objects("container").sort()).toEqual(before);
        } finally {
            back();
        }
    });
});

describe("R106: without the host, and without any cloud", () => {
    test("a report and a plan are made where Docker can't be reached and no credentials of AWS are to be had", async () => {
        const lost = { DOCKER_HOST: "unix:///nowhere/docker.sock", AWS_CONFIG_FILE: "/dev/null", AWS_SHARED_CREDENTIALS_FILE: "/dev/null" };
        const former = Object.fromEntries(Object.keys(lost).map((name) => [name, process.env[name]]));
        Object.assign(process.env, lost);
        try {
            writeSettings(CHANGE);
            const here = await quai("preview", STACK, "--offline", "--markdown", "--save", file());
            expect([here.code, here.code === 1 ? here.text : ""]).toEqual([expect.any(Number), ""]);
            expect(here.stdout).toContain("The host was not asked: this compares with the state of the last update.");
            const target = { kind: "docker", host: "ssh://deploy@203.0.113.7", hostKey: `ssh-ed25519 ${"A".repeat(68)}` };
            writeSettings({ ...CHANGE, "quai:target": target });
            const far = await quai("preview", STACK, "--offline", "--markdown");
            expect([far.code, far.stdout.split("\n")[0]]).toEqual([3, expect.stringContaining("Data at risk")]);
            expect(far.seconds).toBeLessThan(120);
        } finally {
            for (const [name, value] of Object.entries(former)) {
                if (value === undefined) Reflect.deleteProperty(process.env, name);
                else process.env[name] = value;
            }
            writeSettings(BASE);
        }
    });
});
