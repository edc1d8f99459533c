import * as pulumi from "@pulumi/pulumi";
import { deploy } from "./deploy";

function outputs() {
    try {
        // An output that is undefined would be a warning at every update.
        return Object.fromEntries(Object.entries(deploy()).filter(([, value]) => value !== undefined));
    } catch (error) {
        // People need the message and not where in our code it was noticed; PULUMI's own error type is shown without a stack trace.
        throw error instanceof Error && process.env["QUAI_DEBUG"] === undefined ? new pulumi.RunError(error.message) : error;
    }
}

export = outputs();
