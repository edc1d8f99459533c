import { catalogue } from "../../../components/internal/images";
import { needFromWord } from "../../../tools/offline/images/build";
import { sparingly } from "../../../tools/offline/images/progress";
import { recipeFor } from "../../../tools/offline/images/recipes";
import { comesFromRegistry, readAnswer } from "../../../tools/offline/images/registry";

describe("recipeFor", () => {
    test.each([
        ["postgres:15.19-bookworm", "bookworm", /^quai\.local\/postgres:15-[0-9a-f]{10}$/],
        ["docker.io/library/postgres:15-alpine", "bookworm", /^quai\.local\/postgres:15-/],
        ["postgres:16.15-bookworm", "noble", /^quai\.local\/postgres:16-/],
        ["postgres:17.11-bookworm", "trixie", /^quai\.local\/postgres:17-/],
        ["postgres:18.6-bookworm", "forky", /^quai\.local\/postgres:18-/],
        ["nginx:1.27.5-bookworm", "forky", /^quai\.local\/nginx:1\.30-/],
        ["nginx", "forky", /^quai\.local\/nginx:1\.30-/],
        ["redis:7.4.11-bookworm", "bookworm", /^quai\.local\/redis:7\.0-/],
        ["redis:8.2.9-bookworm", "trixie", /^quai\.local\/redis:8\.0-/],
        ["debian:bookworm-20260803-slim", "bookworm", /^quai\.local\/debian:bookworm-/],
        ["debian:12.15-slim", "bookworm", /^quai\.local\/debian:bookworm-/],
        ["debian:trixie-20260803-slim", "trixie", /^quai\.local\/debian:trixie-/],
    ])("%s comes from %s", (reference, suite, tag) => {
        const recipe = recipeFor({ reference });
        expect(recipe.base.suite).toBe(suite);
        expect(recipe.tag).toMatch(tag);
    });

    test("everything in the catalogue can be built", () => {
        for (const versions of Object.values(catalogue))
            for (const reference of Object.values(versions)) expect(recipeFor({ reference }).tag).toBeDefined();
    });

    test("postgres keeps its data where the official image of the version does", () => {
        expect(recipeFor({ reference: "postgres:17" }).args).toEqual({
            PG_MAJOR: "17",
            PG_DATA: "/var/lib/postgresql/data",
            PG_VOLUME: "/var/lib/postgresql/data",
        });
        expect(recipeFor({ reference: "postgres:18" }).args).toEqual({
            PG_MAJOR: "18",
            PG_DATA: "/var/lib/postgresql/18/docker",
            PG_VOLUME: "/var/lib/postgresql",
        });
    });

    test("the tag is the same each time and differs between versions", () => {
        expect(recipeFor({ reference: "postgres:15" })).toEqual(recipeFor({ reference: "postgres:15" }));
        const tags = ["15", "16", "17", "18"].map((version) => recipeFor({ reference: `postgres:${version}` }).tag);
        expect(new Set(tags.map((tag) => tag.replace(/^.*-/, ""))).size).toBe(4);
    });

    test.each([
        [
            "postgres:14.24-bookworm",
            "postgres:14.24-bookworm: no registry answers, and no distribution's packages hold this version; postgres can be built in 15, 16, 17, 18: " +
                "choose one of these, set quai:imageMirror to a registry that answers, or load the image into the engine with `docker load`",
        ],
        [
            "ghcr.io/owner/app:1.2.3",
            "ghcr.io/owner/app:1.2.3: no registry answers, and only postgres, nginx, redis, debian can be built from packages: " +
                "set quai:imageMirror to a registry that answers, or load the image into the engine with `docker load`",
        ],
    ])("%s is refused with what can be had", (reference, message) => {
        expect(() => recipeFor({ reference })).toThrow(new Error(message));
    });

    test.each(["postgres", "postgres:150", "postgres:latest", `postgres@sha256:${"0".repeat(64)}`])(
        "%s names no major version: refused",
        (reference) => {
            expect(() => recipeFor({ reference })).toThrow(/postgres can be built in 15, 16, 17, 18/);
        },
    );
});

test.each([
    ["postgres:15", catalogue.postgres["15"]],
    ["nginx", catalogue.nginx["1.30"]],
    ["redis:7.4.11-bookworm", "redis:7.4.11-bookworm"],
    ["registry.example.com:5000/a:1", "registry.example.com:5000/a:1"],
])("the word %s means %s", (word, reference) => {
    expect(needFromWord(word)).toBe(reference);
});

describe("what the engine says of a registry", () => {
    test.each([
        [200, "{}", true],
        [401, '{"message":"no basic auth credentials"}', true],
        [403, '{"message":"denied: requested access to the resource is denied"}', true],
        [404, '{"message":"manifest unknown: manifest unknown"}', true],
        [500, '{"message":"toomanyrequests: too many requests"}', true],
        [500, '{"message":"Get \\"https://registry-1.docker.io/v2/\\": dial tcp: lookup registry-1.docker.io: no such host"}', false],
        [500, '{"message":"Get \\"https://registry-1.docker.io/v2/\\": Forbidden"}', false],
        [500, '{"message":"Get \\"https://registry-1.docker.io/v2/\\": context deadline exceeded"}', false],
    ])("%d %s: %s", (status, body, expected) => {
        expect(comesFromRegistry({ status, body })).toBe(expected);
    });

    test("its answers are taken apart; something else isn't one", () => {
        expect(readAnswer("HTTP/1.0 404 Not Found\r\nContent-Type: a\r\n\r\n{}")).toEqual({ status: 404, body: "{}" });
        expect(readAnswer("")).toBeUndefined();
        expect(readAnswer("HTTP/1.0 200 OK\r\n")).toBeUndefined();
    });
});

test("details are shown sparingly", () => {
    const lines: string[] = [];
    let now = 0;
    const detail = sparingly(
        (line) => lines.push(line),
        1000,
        () => now,
    );
    for (const [at, line] of [
        [0, "a"],
        [10, "b"],
        [999, "c"],
        [1000, "d"],
        [1500, "e"],
    ] as const) {
        now = at;
        detail(line);
    }
    expect(lines).toEqual(["a", "d"]);
});
