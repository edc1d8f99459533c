/** Entries of a tar archive: ustar headers, with a pax header in front of what doesn't fit into one. */

export interface TarEntry {
    /** Path without a leading slash; a folder's ends in one. */
    readonly name: string;
    readonly mode: number;
    /** Seconds since 1970. */
    readonly modified: number;
    readonly kind: "file" | "folder" | "link";
    readonly size?: number;
    /** Target of a symbolic link. */
    readonly target?: string;
}

const BLOCK = 512;
const TYPE_FLAGS = { file: "0", link: "2", folder: "5" } as const;
const LARGEST_OCTAL = 0o77777777777;

/** The header blocks of an entry. Owner and group are root, as the docker command line sends a build's files. */
export function tarHeader(entry: TarEntry): Buffer {
    const size = entry.kind === "file" ? (entry.size ?? 0) : 0;
    const pax: Record<string, string> = {};
    if (Buffer.byteLength(entry.name) > 100 || !isAscii(entry.name)) {
        pax.path = entry.name;
    }
    if (entry.target !== undefined && (Buffer.byteLength(entry.target) > 100 || !isAscii(entry.target))) {
        pax.linkpath = entry.target;
    }
    if (size > LARGEST_OCTAL) {
        pax.size = String(size);
    }
    const header = ustar({ ...entry, size: Math.min(size, LARGEST_OCTAL) }, TYPE_FLAGS[entry.kind]);
    if (Object.keys(pax).length === 0) {
        return header;
    }
    const records = Buffer.from(
        Object.entries(pax)
            .map(([name, value]) => paxRecord(name, value))
            .join(""),
    );
    const extended = ustar({ ...entry, name: "PaxHeader", target: undefined, mode: 0o644, size: records.length }, "x");
    return Buffer.concat([extended, records, tarPadding(records.length), header]);
}

/** Zeros that fill a file's last block. */
export function tarPadding(size: number): Buffer {
    return Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);
}

/** The end of an archive. */
export const TAR_END = Buffer.alloc(2 * BLOCK);

/** A whole archive in memory, for a few small files. */
export function tarOf(files: readonly { readonly name: string; readonly mode: number; readonly content: Buffer }[]): Buffer {
    const modified = Math.floor(Date.now() / 1000);
    const parts = files.flatMap(({ name, mode, content }) => [
        tarHeader({ name: name.replace(/^\/+/, ""), mode, modified, kind: "file", size: content.length }),
        content,
        tarPadding(content.length),
    ]);
    return Buffer.concat([...parts, TAR_END]);
}

function isAscii(text: string): boolean {
    return /^[\x20-\x7e]*$/.test(text);
}

function paxRecord(name: string, value: string): string {
    const rest = ` ${name}=${value}\n`;
    const bytes = Buffer.byteLength(rest);
    let length = bytes + String(bytes).length;
    length = bytes + String(length).length;
    return `${length}${rest}`;
}

function ustar(entry: Omit<TarEntry, "kind">, type: string): Buffer {
    const block = Buffer.alloc(BLOCK);
    const octal = (value: number, offset: number, width: number) =>
        block.write(
            `${Math.max(0, Math.floor(value))
                .toString(8)
                .padStart(width - 1, "0")}\0`,
            offset,
            "latin1",
        );
    block.write(cut(entry.name), 0, 100, "utf8");
    octal(entry.mode & 0o7777, 100, 8);
    octal(0, 108, 8);
    octal(0, 116, 8);
    octal(entry.size ?? 0, 124, 12);
    octal(entry.modified, 136, 12);
    block.write("        ", 148, "latin1");
    block.write(type, 156, "latin1");
    block.write(cut(entry.target ?? ""), 157, 100, "utf8");
    block.write("ustar\x0000", 257, "latin1");
    const sum = block.reduce((total, byte) => total + byte, 0);
    block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
    return block;
}

/** At most 100 bytes; the whole value stands in the pax header. */
function cut(text: string): string {
    return Buffer.from(text)
        .subarray(0, 100)
        .toString("latin1")
        .replace(/[^\x20-\x7e]/g, "_");
}
