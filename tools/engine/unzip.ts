import { closeSync, fstatSync, mkdirSync, openSync, readSync, writeFileSync } from "node:fs";
import { dirname, join, normalize, sep } from "node:path";
import { inflateRawSync } from "node:zlib";

interface Entry {
    readonly name: string;
    readonly method: number;
    readonly packedSize: number;
    readonly offset: number;
    /** Unix permission bits, 0 where the archive has none. */
    readonly mode: number;
}

function read(descriptor: number, position: number, length: number): Buffer {
    const buffer = Buffer.alloc(length);
    const count = readSync(descriptor, buffer, 0, length, position);
    if (count !== length) throw new Error("the archive is cut off");
    return buffer;
}

/** The archive's table of contents. ZIP64 isn't read: Go toolchains and Python wheels are far below 4 GB. */
function entries(descriptor: number): Entry[] {
    const size = fstatSync(descriptor).size;
    const tailLength = Math.min(size, 22 + 65_535);
    const tail = read(descriptor, size - tailLength, tailLength);
    const end = tail.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]));
    if (end < 0) throw new Error("not a zip archive");
    const count = tail.readUInt16LE(end + 10);
    const table = read(descriptor, tail.readUInt32LE(end + 16), tail.readUInt32LE(end + 12));
    const found: Entry[] = [];
    for (let i = 0, at = 0; i < count; i++) {
        if (table.readUInt32LE(at) !== 0x02014b50) throw new Error("the archive's table of contents is damaged");
        const [nameLength, extra, comment] = [table.readUInt16LE(at + 28), table.readUInt16LE(at + 30), table.readUInt16LE(at + 32)];
        found.push({
            name: table.toString("utf8", at + 46, at + 46 + nameLength),
            method: table.readUInt16LE(at + 10),
            packedSize: table.readUInt32LE(at + 20),
            offset: table.readUInt32LE(at + 42),
            mode: (table.readUInt32LE(at + 38) >>> 16) & 0o777,
        });
        at += 46 + nameLength + extra + comment;
    }
    return found;
}

function contents(descriptor: number, entry: Entry): Buffer {
    const header = read(descriptor, entry.offset, 30);
    const start = entry.offset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
    const packed = read(descriptor, start, entry.packedSize);
    if (entry.method === 0) return packed;
    if (entry.method === 8) return inflateRawSync(packed);
    throw new Error(`${entry.name}: compressed in a way that isn't supported (${entry.method})`);
}

export interface UnzipOptions {
    /** Only entries below this folder of the archive, which is left out of their names. @default "" */
    readonly strip?: string;
    /** Called with each file, before it's written. */
    readonly onFile?: (name: string, data: Buffer) => void;
    /** Whether a file is written as executable, beside those that the archive says are. */
    readonly executable?: (name: string) => boolean;
}

/** Unpacks a zip archive (a Python wheel is one too) into a folder. Returns the number of files. */
export function unzip(archive: string, folder: string, options: UnzipOptions = {}): number {
    const descriptor = openSync(archive, "r");
    let files = 0;
    try {
        for (const entry of entries(descriptor)) {
            const strip = options.strip ?? "";
            if (entry.name.endsWith("/") || !entry.name.startsWith(strip)) continue;
            const name = normalize(entry.name.slice(strip.length));
            if (name.startsWith("..") || name.startsWith(sep)) throw new Error(`${entry.name}: leads out of the archive`);
            const data = contents(descriptor, entry);
            options.onFile?.(entry.name, data);
            const executable = (entry.mode & 0o100) !== 0 || options.executable?.(name) === true;
            mkdirSync(dirname(join(folder, name)), { recursive: true });
            writeFileSync(join(folder, name), data, { mode: executable ? 0o755 : 0o644 });
            files++;
        }
    } finally {
        closeSync(descriptor);
    }
    return files;
}
