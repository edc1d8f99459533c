import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import * as grpc from "@grpc/grpc-js";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { EngineService } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LogSeverity, type LogRequest } from "@pulumi/pulumi/proto/engine_pb";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";

/** Time for a plugin to print its port, in milliseconds. */
const START_MILLISECONDS = 60_000;

/** A plugin started as the engine starts it: the address of a log service as its argument, the port read from its output. */
export class PluginProcess {
    private constructor(
        private readonly child: ChildProcess,
        private readonly engine: grpc.Server,
        readonly client: ResourceProviderClient,
        /** What the plugin had the engine show to the user. */
        readonly logged: string[],
    ) {}

    /**
     * @param executable path of `pulumi-resource-<name>`
     * @throws Error with the plugin's own words where it ends before it listens.
     */
    static async start(executable: string, env: NodeJS.ProcessEnv = {}): Promise<PluginProcess> {
        const logged: string[] = [];
        const engine = new grpc.Server();
        engine.addService(EngineService, engineCalls(logged));
        const address = await listen(engine);
        const child = spawn(executable, [address], { stdio: ["pipe", "pipe", "pipe"], env: { ...process.env, ...env } });
        const port = await firstLine(child, executable);
        const options = { "grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1 };
        const client = new ResourceProviderClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure(), options);
        return new PluginProcess(child, engine, client, logged);
    }

    async stop(): Promise<void> {
        this.client.close();
        this.engine.forceShutdown();
        if (this.child.exitCode !== null || this.child.signalCode !== null) return;
        const ended = new Promise<void>((resolve) => this.child.once("exit", () => resolve()));
        this.child.kill("SIGTERM");
        const hard = setTimeout(() => this.child.kill("SIGKILL"), 5000);
        await ended;
        clearTimeout(hard);
    }
}

function engineCalls(logged: string[]): grpc.UntypedServiceImplementation {
    const empty: grpc.handleUnaryCall<unknown, Empty> = (_call, callback) => callback(null, new Empty());
    const log: grpc.handleUnaryCall<LogRequest, Empty> = (call, callback) => {
        if (call.request.getSeverity() !== LogSeverity.DEBUG) logged.push(call.request.getMessage());
        callback(null, new Empty());
    };
    const calls = Object.keys(EngineService).map((name): [string, grpc.UntypedHandleCall] => [name, empty]);
    return { ...Object.fromEntries(calls), log };
}

function listen(server: grpc.Server): Promise<string> {
    return new Promise((resolve, reject) => {
        server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
            if (error === null) resolve(`127.0.0.1:${port}`);
            else reject(error);
        });
    });
}

function firstLine(child: ChildProcess, executable: string): Promise<string> {
    const { stdout, stderr } = child;
    if (stdout === null || stderr === null) throw new Error(`${executable}: started without pipes`);
    const words: string[] = [];
    stderr.on("data", (chunk: Buffer) => words.push(chunk.toString()));
    return new Promise((resolve, reject) => {
        const fail = (what: string): void => reject(new Error(`${executable}: ${what}\n${words.join("")}`));
        const timer = setTimeout(() => fail("did not say its port in time"), START_MILLISECONDS);
        child.once("error", (error) => fail(error.message));
        child.once("exit", (code) => fail(`ended with code ${code ?? "none"} before it listened`));
        createInterface({ input: stdout }).once("line", (line) => {
            clearTimeout(timer);
            resolve(line.trim());
        });
    });
}
