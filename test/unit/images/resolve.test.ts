import { resolveImage } from "../../../components/internal/images";

const digest = `sha256:${"0123456789abcdef".repeat(4)}`;

describe("resolveImage", () => {
    test("without a mirror the reference stays, but a wrong one is refused", () => {
        expect(resolveImage("postgres:15.19-bookworm")).toBe("postgres:15.19-bookworm");
        expect(() => resolveImage("Postgres")).toThrow(/^image: must be an image reference/);
    });

    test.each([
        ["postgres:15.19-bookworm", "registry.example.com/mirror/library/postgres:15.19-bookworm"],
        ["docker.io/library/postgres:15.19", "registry.example.com/mirror/library/postgres:15.19"],
        [`postgres:15.19@${digest}`, `registry.example.com/mirror/library/postgres:15.19@${digest}`],
        ["grafana/grafana:11.0.0", "registry.example.com/mirror/grafana/grafana:11.0.0"],
        ["registry.example.com/viatique-backend:1.2.3", "registry.example.com/viatique-backend:1.2.3"],
        ["ghcr.io/owner/app:1.2.3", "ghcr.io/owner/app:1.2.3"],
        ["quai.local/postgres:15-0123456789", "quai.local/postgres:15-0123456789"],
    ])("a prefix stands for Docker Hub: %s becomes %s", (reference, expected) => {
        expect(resolveImage(reference, "registry.example.com/mirror")).toBe(expected);
        expect(resolveImage(reference, "registry.example.com/mirror/")).toBe(expected);
        expect(resolveImage(expected, "registry.example.com/mirror")).toBe(expected);
    });

    test("a prefix may be a host with a port alone", () => {
        expect(resolveImage("nginx:1.30.4-trixie", "localhost:5000")).toBe("localhost:5000/library/nginx:1.30.4-trixie");
    });

    test.each([
        ["https://registry.example.com", /^quai:imageMirror: must be an image reference .* without https:\/\//],
        ["mirror", /^quai:imageMirror: must begin with a registry's host name, such as registry\.example\.com\/mirror \(got "mirror"\)$/],
        ["", /^quai:imageMirror: /],
    ])("refuses the prefix %j", (mirror, message) => {
        expect(() => resolveImage("postgres:15", mirror)).toThrow(message);
    });

    const map = {
        "postgres:15.19-bookworm": "quai.local/postgres:15-0123456789",
        redis: "registry.example.com/redis",
        nginx: "registry.example.com/proxy:1.0.0",
        "docker.io/library/debian:12.15-slim": "registry.example.com/debian:12",
    };
    test.each([
        ["postgres:15.19-bookworm", "quai.local/postgres:15-0123456789"],
        ["docker.io/library/postgres:15.19-bookworm", "quai.local/postgres:15-0123456789"],
        ["postgres:16.15-bookworm", "postgres:16.15-bookworm"],
        ["redis:7.4.11-bookworm", "registry.example.com/redis:7.4.11-bookworm"],
        [`redis@${digest}`, `registry.example.com/redis@${digest}`],
        ["nginx:1.30.4-trixie", "registry.example.com/proxy:1.0.0"],
        ["debian:12.15-slim", "registry.example.com/debian:12"],
        ["ghcr.io/owner/redis:1.2.3", "ghcr.io/owner/redis:1.2.3"],
    ])("a map replaces %s by %s", (reference, expected) => {
        expect(resolveImage(reference, map)).toBe(expected);
    });

    test("an exact entry goes before one by name, wherever it stands", () => {
        const both = { postgres: "registry.example.com/postgres", "postgres:15.19-bookworm": "registry.example.com/fifteen:1.0.0" };
        expect(resolveImage("postgres:15.19-bookworm", both)).toBe("registry.example.com/fifteen:1.0.0");
        expect(resolveImage("postgres:16.15-bookworm", both)).toBe("registry.example.com/postgres:16.15-bookworm");
    });

    test("a wrong entry is named", () => {
        expect(() => resolveImage("redis:7.4.11", { "Redis!": "x" })).toThrow(/^quai:imageMirror\["Redis!"\]: must be/);
        expect(() => resolveImage("redis:7.4.11", { redis: "https://x" })).toThrow(/^quai:imageMirror\["redis"\]: must be/);
    });
});
