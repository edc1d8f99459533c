import type { ChildProcess } from "node:child_process";
import { execFileSync, spawn } from "node:child_process";
import { createServer } from "node:net";
import { join } from "node:path";
import { pythonWith } from "../python";

/** A server that speaks AWS's API and keeps what it is told in memory (moto), with a Python of its own. */
export class Moto {
    private constructor(
        private readonly child: ChildProcess,
        private readonly python: string,
        readonly endpoint: string,
    ) {}

    /** @param host the address that it listens at */
    static async start(host = "127.0.0.1"): Promise<Moto> {
        const folder = pythonWith("moto", join(__dirname, "requirements.txt"));
        const port = await freePort();
        const child = spawn(join(folder, "bin/moto_server"), ["-H", host, "-p", String(port)], { stdio: "ignore" });
        const moto = new Moto(child, join(folder, "bin/python"), `http://${host}:${port}`);
        await moto.answers();
        return moto;
    }

    /** For the plugin: what makes things here. */
    get environment(): Record<string, string> {
        return { QUAI_AWS_MAKER: JSON.stringify([this.python, join(__dirname, "service")]), QUAI_AWS_ENDPOINT: this.endpoint };
    }

    /** What is there, as a script of its own reads it. */
    read(region: string): unknown {
        const text = execFileSync(this.python, [join(__dirname, "read.py"), this.endpoint, region], { encoding: "utf8" });
        return JSON.parse(text);
    }

    /** Makes a public zone of DNS, which a stack needs to be there. AWS's ids begin with a Z, the server's with anything. @returns its id */
    zone(name: string): string {
        const script = [
            "import boto3, sys",
            "dns = boto3.client('route53', endpoint_url=sys.argv[1], region_name='us-east-1', aws_access_key_id='test', aws_secret_access_key='test')",
            "made = (dns.create_hosted_zone(Name=sys.argv[2], CallerReference=str(n))['HostedZone']['Id'].split('/')[-1] for n in range(2000))",
            "print(next(each for each in made if each.startswith('Z')))",
        ];
        return execFileSync(this.python, ["-c", script.join("\n"), this.endpoint, name], { encoding: "utf8" }).trim();
    }

    stop(): void {
        this.child.kill();
    }

    private async answers(): Promise<void> {
        for (let tries = 0; tries < 240; tries++) {
            if (this.child.exitCode !== null) throw new Error(`moto ended with ${this.child.exitCode}`);
            const reached = await fetch(`${this.endpoint}/moto-api/`).catch(() => undefined);
            if (reached !== undefined) return;
            await new Promise((resolve) => setTimeout(resolve, 250));
        }
        throw new Error("moto does not answer after a minute");
    }
}

/** A port of this machine that nobody listens on. */
export function freePort(): Promise<number> {
    return new Promise((resolve, reject) => {
        const server = createServer();
        server.on("error", reject).listen(0, "127.0.0.1", () => {
            const address = server.address();
            const port = typeof address === "object" && address !== null ? address.port : 0;
            server.close(() => resolve(port));
        });
    });
}
