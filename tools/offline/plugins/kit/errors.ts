import * as grpc from "@grpc/grpc-js";
import { Any } from "google-protobuf/google/protobuf/any_pb";
import type { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { ErrorResourceInitFailed } from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";

/** What a call answers instead of a response. */
export class CallError extends Error {
    constructor(
        readonly code: grpc.status,
        readonly details: string,
        readonly metadata?: grpc.Metadata,
    ) {
        super(details);
    }
}

/** The call failed and left nothing behind that the engine has to know of. */
export function failed(message: string): CallError {
    return new CallError(grpc.status.FAILED_PRECONDITION, message);
}

export function cancelled(message: string): CallError {
    return new CallError(grpc.status.CANCELLED, message);
}

export function unsupported(message: string): CallError {
    return new CallError(grpc.status.INVALID_ARGUMENT, message);
}

/** The resource exists but isn't fit for use: the engine keeps it in the state, with the reasons. */
export function initFailed(id: string, properties: Struct, inputs: Struct | undefined, reasons: readonly string[]): CallError {
    const detail = new ErrorResourceInitFailed();
    detail.setId(id);
    detail.setProperties(properties);
    detail.setInputs(inputs);
    detail.setReasonsList([...reasons]);
    const any = new Any();
    any.pack(detail.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
    const message = reasons.join("; ");
    const status = new Status();
    status.setCode(grpc.status.UNKNOWN);
    status.setMessage(message);
    status.addDetails(any);
    const metadata = new grpc.Metadata();
    metadata.add("grpc-status-details-bin", Buffer.from(status.serializeBinary()));
    return new CallError(grpc.status.UNKNOWN, message, metadata);
}

export function messageOf(error: unknown): string {
    return error instanceof Error ? error.message : String(error);
}
