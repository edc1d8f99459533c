import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { Duplex } from "node:stream";

/** The pipes of an ssh process as one stream that node's http client can use in place of a socket. */
export class SshStream extends Duplex {
    #stderr = "";
    #used = false;

    constructor(
        private readonly child: ChildProcessWithoutNullStreams,
        address: string,
    ) {
        super({ allowHalfOpen: true });
        child.stdout.on("data", (chunk: Buffer) => {
            this.#used = true;
            if (!this.push(chunk)) {
                child.stdout.pause();
            }
        });
        child.stderr.on("data", (chunk: Buffer) => {
            this.#stderr = (this.#stderr + chunk.toString("utf8")).slice(-4000);
        });
        child.stdin.on("error", () => undefined);
        child.on("error", (error) => this.destroy(sshFailure(address, error.message)));
        child.on("close", (code) => {
            if (code === 0 || this.destroyed) {
                this.push(null);
            } else {
                this.destroy(sshFailure(address, this.#stderr, code));
            }
        });
    }

    override _read(): void {
        this.child.stdout.resume();
    }

    override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
        this.child.stdin.write(chunk, (error) => {
            if (!error || !("code" in error) || (error.code !== "EPIPE" && error.code !== "ERR_STREAM_DESTROYED")) {
                callback(error);
            } else if (error.code === "ERR_STREAM_DESTROYED" && this.#used) {
                // A kept connection that has ended meanwhile, and nothing was sent: said as a socket says it, so that another one is used.
                callback(Object.assign(new Error("the connection has ended"), { code: "ECONNRESET" }));
            }
            // Else ssh is ending; why it does comes with its close.
        });
    }

    override _final(callback: (error?: Error | null) => void): void {
        this.child.stdin.end(callback);
    }

    override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
        this.child.stdin.destroy();
        this.child.kill();
        callback(error);
    }

    // What node's http agent asks of a socket.
    setKeepAlive(): this {
        return this;
    }
    setNoDelay(): this {
        return this;
    }
    setTimeout(): this {
        return this;
    }
    ref(): this {
        return this;
    }
    unref(): this {
        return this;
    }
}

/** The connection to the host didn't come about, or was lost. */
export class SshError extends Error {
    constructor(
        message: string,
        /** The host answered and said no: asking again gets the same answer. */
        readonly refused: boolean,
    ) {
        super(message);
    }
}

/** One error that names the address, says what ssh said, and what to look at. */
export function sshFailure(address: string, said: string, code: number | null = null): SshError {
    const lines = said
        .split("\n")
        .map((line) => line.trim())
        .filter((line) => line !== "" && !line.startsWith("Warning: Permanently added"));
    const reason = lines.slice(-3).join(" ") || (code === null ? "the connection ended" : `ssh ended with code ${code}`);
    const hint = /command not found|not found: docker|docker: not found/i.test(reason)
        ? "install Docker on the host"
        : /permission denied.*docker\.sock/i.test(reason)
          ? "add the user to the host's docker group"
          : "check with: ssh <host> docker version";
    const refused = /permission denied|verification failed|not found/i.test(reason);
    return new SshError(`docker:host: can't reach Docker over ${address}: ${reason} (${hint})`, refused);
}
