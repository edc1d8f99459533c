import type * as grpc from "@grpc/grpc-js";
import type { Any } from "google-protobuf/google/protobuf/any_pb";
import type { JavaScriptValue, Struct } from "google-protobuf/google/protobuf/struct_pb";
import * as proto from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";

export type Bag = Record<string, JavaScriptValue>;

/** What the engine sends for a value that is known only after the update. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";

export function secret(value: JavaScriptValue): Bag {
    return { [SIGNATURE]: SECRET, value };
}

export function textAsset(text: string, hash: string): Bag {
    return { [SIGNATURE]: "c44067f5952c0a294b673a41bacd8c17", hash, text };
}

/** The value inside a secret; fails where it is not one. */
export function revealed(value: unknown): JavaScriptValue {
    if (!isSecret(value)) throw new Error(`not a secret: ${JSON.stringify(value)}`);
    return (value as { value: JavaScriptValue }).value;
}

/** A value that must be a text. */
export function textOf(value: JavaScriptValue | undefined): string {
    if (typeof value !== "string") throw new Error(`not a text: ${JSON.stringify(value)}`);
    return value;
}

export function isSecret(value: unknown): boolean {
    return typeof value === "object" && value !== null && (value as Record<string, unknown>)[SIGNATURE] === SECRET;
}

/** A failed call, as the engine would understand it. */
export class CallFailure extends Error {
    constructor(
        readonly code: grpc.status,
        message: string,
        readonly initFailed:
            { readonly id: string; readonly properties: Bag; readonly inputs: Bag; readonly reasons: string[] } | undefined,
    ) {
        super(message);
    }
}

export function bag(struct: Struct | undefined): Bag {
    return struct?.toJavaScript() ?? {};
}

/** One call of the protocol; its failure is a `CallFailure`. */
export function unary<T>(call: (done: (error: grpc.ServiceError | null, response: T) => void) => unknown): Promise<T> {
    return new Promise((resolve, reject) => {
        call((error, response) => {
            if (error === null) resolve(response);
            else reject(new CallFailure(error.code, error.details, initFailureOf(error)));
        });
    });
}

function initFailureOf(error: grpc.ServiceError): CallFailure["initFailed"] {
    const [bytes] = error.metadata.get("grpc-status-details-bin");
    if (!(bytes instanceof Uint8Array)) return undefined;
    const [detail]: Any[] = Status.deserializeBinary(bytes).getDetailsList();
    const failure = detail?.unpack(
        (data: Uint8Array) => proto.ErrorResourceInitFailed.deserializeBinary(data),
        "pulumirpc.ErrorResourceInitFailed",
    );
    if (failure === undefined || failure === null) return undefined;
    return {
        id: failure.getId(),
        properties: bag(failure.getProperties()),
        inputs: bag(failure.getInputs()),
        reasons: failure.getReasonsList(),
    };
}
