import { connect } from "node:net";

/** Whether something answers on a port. A firewall that drops what it refuses is waited for this long. */
function answers(address: string, port: number, milliseconds: number): Promise<boolean> {
    return new Promise((resolve) => {
        const socket = connect({ host: address, port });
        const end = (open: boolean) => {
            socket.destroy();
            resolve(open);
        };
        // On a busy machine the answer may be there, and only not looked at yet.
        socket.setTimeout(milliseconds, () => setImmediate(() => setImmediate(() => end(false))));
        socket.once("connect", () => end(true)).once("error", () => end(false));
    });
}

/** Every TCP port of an address that answers, as somebody outside of it sees it. */
export async function openPorts(address: string, from = 1, to = 65535): Promise<readonly number[]> {
    const open: number[] = [];
    let next = from;
    const worker = async () => {
        while (next <= to) {
            const port = next++;
            if (await answers(address, port, 700)) open.push(port);
        }
    };
    await Promise.all(Array.from({ length: 1500 }, worker));
    return open.sort((a, b) => a - b);
}
