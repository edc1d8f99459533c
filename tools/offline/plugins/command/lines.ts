import { StringDecoder } from "node:string_decoder";

/** Cuts a stream of bytes into lines, as they get complete. Empty lines are left out. */
export class LineSplitter {
    private readonly decoder = new StringDecoder("utf8");
    private rest = "";

    constructor(private readonly show: (line: string) => void) {}

    add(chunk: Buffer): void {
        const lines = (this.rest + this.decoder.write(chunk)).split(/\r?\n/);
        this.rest = lines.pop() ?? "";
        for (const line of lines) this.emit(line);
    }

    end(): void {
        this.emit(this.rest + this.decoder.end());
        this.rest = "";
    }

    private emit(line: string): void {
        if (line.trim() !== "") this.show(line);
    }
}
