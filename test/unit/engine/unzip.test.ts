import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { crc32, deflateRawSync } from "node:zlib";
import { moduleProxies } from "../../../tools/engine/toolchain";
import { unzip } from "../../../tools/engine/unzip";
import { scratchFolder } from "./support";

const folder = scratchFolder("unzip");

/** A zip archive, made by hand so that no program is needed. */
function zip(files: readonly { name: string; text: string; mode?: number; deflate?: boolean }[]): string {
    const bodies: Buffer[] = [];
    const table: Buffer[] = [];
    let offset = 0;
    for (const { name, text, mode, deflate } of files) {
        const packed = deflate ? deflateRawSync(text) : Buffer.from(text);
        const local = Buffer.alloc(30);
        local.writeUInt32LE(0x04034b50, 0);
        local.writeUInt16LE(name.length, 26);
        const entry = Buffer.alloc(46);
        entry.writeUInt32LE(0x02014b50, 0);
        entry.writeUInt16LE(deflate ? 8 : 0, 10);
        entry.writeUInt32LE(typeof crc32 === "function" ? crc32(text) : 0, 16);
        entry.writeUInt32LE(packed.length, 20);
        entry.writeUInt32LE(Buffer.byteLength(text), 24);
        entry.writeUInt16LE(name.length, 28);
        entry.writeUInt32LE(((mode ?? 0) << 16) >>> 0, 38);
        entry.writeUInt32LE(offset, 42);
        bodies.push(local, Buffer.from(name), packed);
        table.push(entry, Buffer.from(name));
        offset += 30 + name.length + packed.length;
    }
    const end = Buffer.alloc(22);
    end.writeUInt32LE(0x06054b50, 0);
    end.writeUInt16LE(files.length, 10);
    end.writeUInt32LE(Buffer.concat(table).length, 12);
    end.writeUInt32LE(offset, 16);
    const file = join(folder, `${Math.random()}.zip`);
    writeFileSync(file, Buffer.concat([...bodies, ...table, end]));
    return file;
}

describe("unzip", () => {
    it("unpacks stored and deflated files below one folder, with their permissions", () => {
        const archive = zip([
            { name: "go/VERSION", text: "go1.26", deflate: true },
            { name: "go/bin/go", text: "program", mode: 0o100755 },
            { name: "go/pkg/tool/linux/compile", text: "tool" },
            { name: "other/METADATA", text: "no" },
        ]);
        const target = join(folder, "out");
        expect(unzip(archive, target, { strip: "go/", executable: (name) => name.startsWith("pkg/tool/") })).toBe(3);
        expect(readFileSync(join(target, "VERSION"), "utf8")).toBe("go1.26");
        const modes = ["VERSION", "bin/go", "pkg/tool/linux/compile"].map((name) => (statSync(join(target, name)).mode & 0o111) !== 0);
        expect(modes).toEqual([false, true, true]);
    });

    it("refuses a name that leads out of the folder", () => {
        expect(() => unzip(zip([{ name: "../evil", text: "x" }]), join(folder, "evil"))).toThrow("../evil: leads out of the archive");
    });

    it("says that a file isn't a zip archive", () => {
        const file = join(folder, "text");
        writeFileSync(file, "an error page");
        expect(() => unzip(file, folder)).toThrow("not a zip archive");
    });
});

describe("moduleProxies", () => {
    it.each([
        [undefined, ["https://proxy.golang.org"]],
        ["https://a.example/,direct", ["https://a.example"]],
        ["http://a.example|https://b.example", ["http://a.example", "https://b.example"]],
        ["off", []],
    ])("GOPROXY=%s", (value, urls) => expect(moduleProxies({ GOPROXY: value })).toEqual(urls));
});
