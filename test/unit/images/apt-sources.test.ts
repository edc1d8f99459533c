import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { debian, parseDeb822, parseList, readAptSources, sourcesFor, ubuntu } from "../../../tools/offline/images/aptSources";

test("one-line lists: options, comments, sources of source code", () => {
    const text = [
        "# deb http://old.example.com/debian bookworm main",
        "deb [signed-by=/usr/share/keyrings/a.gpg arch=amd64] http://mirror.example.com/debian bookworm main contrib # ours",
        "deb-src http://mirror.example.com/debian bookworm main",
        "deb http://mirror.example.com/security bookworm-security main",
    ].join("\n");
    expect(parseList(text)).toEqual([
        { uri: "http://mirror.example.com/debian", suite: "bookworm", components: ["main", "contrib"] },
        { uri: "http://mirror.example.com/security", suite: "bookworm-security", components: ["main"] },
    ]);
});

test("deb822 lists: several suites, continued lines, disabled paragraphs", () => {
    const text = [
        "Types: deb deb-src",
        "# a comment",
        "URIs: http://a.example.com/debian",
        "Suites: bookworm",
        " bookworm-updates",
        "Components: main",
        "",
        "Types: deb",
        "URIs: http://off.example.com/debian",
        "Suites: bookworm",
        "Components: main",
        "Enabled: no",
    ].join("\n");
    expect(parseDeb822(text)).toEqual([
        { uri: "http://a.example.com/debian", suite: "bookworm", components: ["main"] },
        { uri: "http://a.example.com/debian", suite: "bookworm-updates", components: ["main"] },
    ]);
});

describe("sourcesFor", () => {
    const entry = (uri: string, suite: string) => ({ uri, suite, components: ["main"] });

    test("the machine's own mirror, for another release too", () => {
        const configured = [
            entry("http://mirror.example.com/debian/", "bookworm"),
            entry("http://mirror.example.com/security", "bookworm-security"),
        ];
        expect(sourcesFor("trixie", debian, configured)).toEqual({
            mirror: "http://mirror.example.com/debian",
            list: [
                "deb http://mirror.example.com/debian trixie main",
                "deb http://mirror.example.com/debian trixie-updates main",
                "deb http://mirror.example.com/security trixie-security main",
            ].join("\n"),
        });
    });

    test("the public archive where the machine has none of the distribution, with its fixes", () => {
        const configured = [entry("http://archive.example.com/ubuntu", "noble"), entry("https://packages.example.com/apt", "cloud")];
        expect(sourcesFor("bookworm", debian, configured).list).toContain(
            "deb http://deb.debian.org/debian-security bookworm-security main",
        );
        expect(sourcesFor("noble", ubuntu, configured).mirror).toBe("http://archive.example.com/ubuntu");
    });

    test("a private mirror without security updates isn't joined by a public one", () => {
        const list = sourcesFor("bookworm", debian, [entry("http://mirror.example.com/debian", "bookworm")]).list;
        expect(list).not.toContain("deb.debian.org");
    });

    test("the suite in development has no fixes of its own, and its mirror may lag", () => {
        expect(sourcesFor("forky", debian, []).list).toBe("deb [check-valid-until=no] http://deb.debian.org/debian forky main");
    });

    test("an address with a password never gets into an image", () => {
        const list = sourcesFor("bookworm", debian, [entry("https://user:s3cret@mirror.example.com/debian", "bookworm")]);
        expect(JSON.stringify(list)).not.toContain("s3cret");
        expect(list.mirror).toBe("http://deb.debian.org/debian");
    });
});

test("all lists of the folder are read, and a machine without apt has none", () => {
    const folder = mkdtempSync(join(tmpdir(), "apt-"));
    try {
        mkdirSync(join(folder, "sources.list.d"));
        writeFileSync(join(folder, "sources.list"), "deb http://a.example.com/debian bookworm main\n");
        writeFileSync(join(folder, "sources.list.d/b.list"), "deb http://b.example.com/debian bookworm main\n");
        writeFileSync(
            join(folder, "sources.list.d/c.sources"),
            "Types: deb\nURIs: http://c.example.com/debian\nSuites: bookworm\nComponents: main\n",
        );
        writeFileSync(join(folder, "sources.list.d/d.list.bak"), "deb http://d.example.com/debian bookworm main\n");
        expect(readAptSources(folder).map((source) => source.uri)).toEqual([
            "http://a.example.com/debian",
            "http://b.example.com/debian",
            "http://c.example.com/debian",
        ]);
        expect(readAptSources(join(folder, "none"))).toEqual([]);
    } finally {
        rmSync(folder, { recursive: true, force: true });
    }
});
