import * as pulumi from "@pulumi/pulumi";
import { deploy, deployHost } from "./deploy";
import { HOST_ONLY } from "./host";

function outputs() {
    try {
        // An output that is undefined would be a warning at every update.
        return Object.fromEntries(
            Object.entries<unknown>(process.env[HOST_ONLY] === undefined ? deploy() : deployHost()).filter(
                ([, value]) => value !== undefined,
            ),
        );
    } catch (error) {
        // People need the message and not where in our code it was noticed; PULUMI's own error type is shown without a stack trace.
        throw error instanceof Error && process.env["QUAI_DEBUG"] === undefined ? new pulumi.RunError(error.message) : error;
    }
}

export = outputs();
