import {
    catalogue,
    defaultVersion,
    formatReference,
    isMutableTag,
    isOfficialName,
    isPinned,
    officialImage,
    type OfficialName,
    parseReference,
} from "../../../components/internal/images";

const digest = `sha256:${"0123456789abcdef".repeat(4)}`;

describe("parseReference", () => {
    test.each([
        ["postgres", { registry: "docker.io", repository: "library/postgres" }],
        ["postgres:15.19-bookworm", { registry: "docker.io", repository: "library/postgres", tag: "15.19-bookworm" }],
        ["library/postgres:15", { registry: "docker.io", repository: "library/postgres", tag: "15" }],
        ["docker.io/library/postgres:15", { registry: "docker.io", repository: "library/postgres", tag: "15" }],
        ["index.docker.io/postgres:15", { registry: "docker.io", repository: "library/postgres", tag: "15" }],
        ["grafana/grafana", { registry: "docker.io", repository: "grafana/grafana" }],
        ["localhost/a", { registry: "localhost", repository: "a" }],
        ["localhost:5000/a/b:1", { registry: "localhost:5000", repository: "a/b", tag: "1" }],
        ["registry.example.com/a", { registry: "registry.example.com", repository: "a" }],
        ["registry.example.com:5000/a", { registry: "registry.example.com:5000", repository: "a" }],
        ["[2001:db8::1]:5000/a:1", { registry: "[2001:db8::1]:5000", repository: "a", tag: "1" }],
        [`registry.example.com:5000/a/b:1.2@${digest}`, { registry: "registry.example.com:5000", repository: "a/b", tag: "1.2", digest }],
        [`postgres@${digest}`, { registry: "docker.io", repository: "library/postgres", digest }],
    ])("%s", (text, parts) => {
        expect(parseReference(text)).toEqual(parts);
    });

    test.each([
        ["", 'image: must be an image reference such as registry.example.com/name:1.2.3, in lower case (got "")'],
        ["Postgres:15", 'image: must be an image reference such as registry.example.com/name:1.2.3, in lower case (got "Postgres:15")'],
        ["a b", 'image: must be an image reference such as registry.example.com/name:1.2.3, in lower case (got "a b")'],
        ["postgres:", "image: the tag after : may hold letters, digits, '_', '.' and '-', at most 128 (got \"postgres:\")"],
        ["postgres:-1", "image: the tag after : may hold letters, digits, '_', '.' and '-', at most 128 (got \"postgres:-1\")"],
        ["postgres@sha256:12", 'image: the digest after @ must be sha256: and 64 hexadecimal digits (got "postgres@sha256:12")'],
        ["ex_ample.com/a", "image: must begin with a registry's host name, or with the image's name (got \"ex_ample.com/a\")"],
        [
            "https://registry.example.com/a",
            'image: must be an image reference such as registry.example.com/name:1.2.3, without https:// (got "https://registry.example.com/a")',
        ],
    ])("refuses %j", (text, message) => {
        expect(() => parseReference(text)).toThrow(new Error(message));
    });

    test("an error begins with the path of the setting", () => {
        expect(() => parseReference("A", "quai:images.backend")).toThrow(/^quai:images\.backend: /);
    });

    test.each(["postgres:15", "grafana/grafana", `registry.example.com:5000/a:1@${digest}`])("%s is written back as it was", (text) => {
        expect(formatReference(parseReference(text))).toBe(text);
    });
});

describe("R9: exact versions", () => {
    test("the catalogue has the versions that the applications need", () => {
        expect(Object.keys(catalogue.postgres)).toEqual(["15", "16", "17", "18"]);
        expect(Object.keys(catalogue.redis)).toEqual(expect.arrayContaining(["7", "7.4"]));
        expect(Object.keys(catalogue.nginx)).toContain("1.27");
    });

    const entries = Object.entries(catalogue).flatMap(([name, versions]) =>
        Object.entries(versions).map(([v, ref]) => [name, v, ref] as const),
    );
    test.each(entries)("%s %s is %s: the same project and version, and no floating tag", (name, version, reference) => {
        expect(parseReference(reference).repository).toBe(`library/${name}`);
        expect(isMutableTag(reference)).toBe(false);
        if (name !== "debian") expect(parseReference(reference).tag).toMatch(new RegExp(`^${version.replace(".", "\\.")}\\.`));
    });

    test("the default versions are in the catalogue", () => {
        for (const name of Object.keys(catalogue) as OfficialName[])
            expect(officialImage(name)).toBe(catalogue[name][defaultVersion[name]]);
    });

    test("an unknown version is refused with those that there are", () => {
        expect(() => officialImage("postgres", "14", "quai:postgres.version")).toThrow(
            new Error('quai:postgres.version: must be one of 15, 16, 17, 18 (got "14")'),
        );
        expect(() => officialImage("postgres", "constructor")).toThrow(/must be one of/);
        expect(isOfficialName("toString")).toBe(false);
    });

    test.each([
        ["postgres", true],
        ["postgres:latest", true],
        ["postgres:16", true],
        ["postgres:16-alpine", true],
        ["postgres:bookworm", true],
        ["postgres:16.15-bookworm", false],
        ["redis:7.4", true],
        ["redis:7.4-bookworm", true],
        ["redis:7.4.11", false],
        ["nginx:1.27-alpine", true],
        ["nginx:1.27.5-alpine3.20", false],
        ["nginx:stable-alpine3.20", true],
        ["node:22-alpine", true],
        ["debian:bookworm-slim", true],
        ["debian:bookworm-20260803-slim", false],
        ["debian:12.15-slim", false],
        ["registry.example.com/app:v1.0.0", false],
        ["registry.example.com/app:v1", true],
        ["registry.example.com/app:main", true],
        ["registry.example.com/app:3fa9c1d", false],
        ["registry.example.com/app:main-sha-3fa9c1d2", false],
        ["registry.example.com/app:build-142", false],
        [`registry.example.com/app:latest@${digest}`, false],
        [`registry.example.com:5000/app@${digest}`, false],
        ["registry.example.com:5000/app", true],
    ])("isMutableTag(%s) is %s", (reference, mutable) => {
        expect(isMutableTag(reference)).toBe(mutable);
    });

    test("pinned means by digest", () => {
        expect(isPinned(`postgres:15@${digest}`)).toBe(true);
        expect(isPinned("postgres:15.19-bookworm")).toBe(false);
    });
});
