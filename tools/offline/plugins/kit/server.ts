import { fstatSync } from "node:fs";
import * as grpc from "@grpc/grpc-js";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import { ResourceProviderService, type IResourceProviderServer } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as proto from "@pulumi/pulumi/proto/provider_pb";
import { ConfigurationCalls } from "./configuration";
import { CallError, failed, messageOf, unsupported } from "./errors";
import { ResourceCalls } from "./resources";
import { packageSchema } from "./schema";
import { Session } from "./session";
import type { Plugin } from "./types";

/** The engine's own limit: 400 MiB in one message. */
const MESSAGE_BYTES = 400 * 1024 * 1024;
/** The engine kills a plugin five seconds after it asked it to end. */
const GRACE_MILLISECONDS = 4000;

/**
 * Serves a plugin to the engine: listens on a free port of the loopback interface, prints its number, and ends when the engine
 * says so or goes away.
 */
export function serve(plugin: Plugin, args: readonly string[] = process.argv.slice(2)): void {
    const session = new Session(plugin, engineAddress(args));
    const server = new grpc.Server({ "grpc.max_receive_message_length": MESSAGE_BYTES, "grpc.max_send_message_length": MESSAGE_BYTES });
    server.addService(ResourceProviderService, calls(plugin, session));
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
        if (error !== null) crash(session, error);
        process.stdout.write(`${port}\n`);
    });
    endWithEngine(session);
}

function calls(plugin: Plugin, session: Session): IResourceProviderServer {
    const resources = new ResourceCalls(session);
    const configuration = new ConfigurationCalls(session);
    const refuse = (what: string) =>
        unsupported(`${what}: the fallback plugin for "${plugin.name}" has resources only, no functions and no components`);
    return {
        handshake: unary(session, async () => handshake()),
        getPluginInfo: unary(session, async () => new PluginInfo().setVersion(plugin.version)),
        attach: unary(session, async (request) => {
            session.log.attach(request.getAddress());
            return new Empty();
        }),
        getSchema: unary(session, async () => new proto.GetSchemaResponse().setSchema(packageSchema(plugin))),
        checkConfig: unary(session, (request) => configuration.checkConfig(request)),
        diffConfig: unary(session, (request) => configuration.diffConfig(request)),
        configure: unary(session, (request) => configuration.configure(request)),
        cancel: unary(session, () => configuration.cancel()),
        check: unary(session, (request) => resources.check(request)),
        diff: unary(session, (request) => resources.diff(request)),
        create: unary(session, (request) => resources.create(request)),
        read: unary(session, (request) => resources.readResource(request)),
        update: unary(session, (request) => resources.update(request)),
        delete: unary(session, (request) => resources.delete(request)),
        invoke: unary(session, async (request) => {
            const answer = plugin.functions?.[request.getTok()];
            if (answer === undefined) throw refuse(request.getTok());
            const values = answer(request.getArgs()?.toJavaScript() ?? {});
            return new proto.InvokeResponse().setReturn(Struct.fromJavaScript(values as Parameters<typeof Struct.fromJavaScript>[0]));
        }),
        call: unary(session, (request) => Promise.reject(refuse(request.getTok()))),
        construct: unary(session, (request) => Promise.reject(refuse(request.getType()))),
        parameterize: unary(session, () => Promise.reject(refuse("parameters"))),
        getMapping: unary(session, async () => new proto.GetMappingResponse()),
        getMappings: unary(session, async () => new proto.GetMappingsResponse()),
        list: (call) => void call.emit("error", refuse("a list of resources")),
    };
}

function unary<Request, Response>(
    session: Session,
    answer: (request: Request) => Promise<Response>,
): grpc.handleUnaryCall<Request, Response> {
    return (call, callback) => {
        answer(call.request).then(
            (response) => callback(null, response),
            (error: unknown) => callback(error instanceof CallError ? error : failed(session.scrubber.clean(messageOf(error)))),
        );
    };
}

function handshake(): proto.ProviderHandshakeResponse {
    // Without resource references and output values the engine sends plain ids and values.
    return new proto.ProviderHandshakeResponse().setAcceptSecrets(true).setAcceptResources(false).setAcceptOutputs(false);
}

/** The engine's flags come first (`--logtostderr`, `-v=9`, `--tracing ADDRESS`), the address of its log service last. */
function engineAddress(args: readonly string[]): string | undefined {
    const plain = args.filter((arg, index) => !arg.startsWith("-") && args[index - 1] !== "--tracing");
    return plain.at(-1);
}

function endWithEngine(session: Session): void {
    let ending = false;
    const end = async (): Promise<void> => {
        if (ending) return;
        ending = true;
        session.cancel();
        await session.settled(GRACE_MILLISECONDS);
        await session.plugin.close?.();
        process.exit(0);
    };
    const begin = (): void => void end().catch((error: unknown) => crash(session, error));
    process.on("SIGINT", begin);
    process.on("SIGTERM", begin);
    // The engine holds the other end of a pipe: it closes when the engine is gone, however it went.
    const input = fstatSync(0);
    if (input.isFIFO() || input.isSocket()) process.stdin.on("end", begin).on("error", begin).resume();
    process.on("uncaughtException", (error) => crash(session, error));
    process.on("unhandledRejection", (error) => crash(session, error));
}

function crash(session: Session, error: unknown): never {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    // Leaves even where cleaning fails: what isn't clean is never shown.
    try {
        process.stderr.write(`${session.scrubber.clean(text)}\n`);
    } finally {
        process.exit(1);
    }
}
