import * as grpc from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb";
import type { CallContext } from "./types";

export type Severity = Parameters<CallContext["log"]>[0];

const SEVERITIES: Readonly<Record<Severity, 0 | 1 | 2 | 3>> = {
    debug: LogSeverity.DEBUG,
    info: LogSeverity.INFO,
    warning: LogSeverity.WARNING,
    error: LogSeverity.ERROR,
};

/** Sends lines to the engine, in order, so that it shows them under their resource. */
export class EngineLog {
    private client: EngineClient | undefined;
    private last: Promise<void> = Promise.resolve();

    constructor(private address: string | undefined) {}

    attach(address: string): void {
        this.address = address;
        this.client = undefined;
    }

    write(urn: string, severity: Severity, text: string, ephemeral: boolean): void {
        if (this.address === undefined) return;
        this.client ??= new EngineClient(this.address, grpc.credentials.createInsecure());
        const client = this.client;
        const request = new LogRequest();
        request.setSeverity(SEVERITIES[severity]);
        request.setMessage(text);
        request.setUrn(urn);
        request.setEphemeral(ephemeral);
        // A line that can't be shown is no reason to fail what it tells of.
        this.last = this.last.then(() => new Promise((resolve) => client.log(request, () => resolve())));
    }

    /** Resolves when everything written so far has arrived. */
    async flush(): Promise<void> {
        await this.last;
    }
}
