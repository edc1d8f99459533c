/**
 * Progress of BuildKit over the plain API: protobuf messages (moby.buildkit.v1.StatusResponse), of which only the names of steps and their
 * output are read.
 */
export interface Trace {
    readonly vertexes: readonly { readonly digest: string; readonly name: string; readonly started: boolean }[];
    readonly logs: readonly string[];
}

interface Field {
    readonly number: number;
    readonly bytes: Buffer;
}

export function decodeTrace(message: Buffer): Trace {
    const fields = fieldsOf(message);
    const vertexes = fields.filter((field) => field.number === 1).map((field) => vertexOf(fieldsOf(field.bytes)));
    const logs = fields.filter((field) => field.number === 3).map((field) => textOf(fieldsOf(field.bytes), 4));
    return { vertexes, logs };
}

function vertexOf(fields: readonly Field[]): Trace["vertexes"][number] {
    return { digest: textOf(fields, 1), name: textOf(fields, 3), started: fields.some((field) => field.number === 5) };
}

function textOf(fields: readonly Field[], number: number): string {
    return fields.find((field) => field.number === number)?.bytes.toString("utf8") ?? "";
}

/** The fields that carry bytes; numbers are passed over. Stops at what it can't read, because progress is never worth a failure. */
function fieldsOf(message: Buffer): Field[] {
    const fields: Field[] = [];
    let offset = 0;
    const varint = (): number => {
        let value = 0;
        for (let shift = 0; offset < message.length; shift += 7) {
            const byte = message[offset] ?? 0;
            offset += 1;
            value += (byte & 0x7f) * 2 ** shift;
            if (byte < 0x80) {
                break;
            }
        }
        return value;
    };
    while (offset < message.length) {
        const key = varint();
        switch (key & 7) {
            case 0:
                varint();
                break;
            case 1:
                offset += 8;
                break;
            case 2: {
                const length = varint();
                fields.push({ number: key >>> 3, bytes: message.subarray(offset, offset + length) });
                offset += length;
                break;
            }
            case 5:
                offset += 4;
                break;
            default:
                return fields;
        }
    }
    return fields;
}
