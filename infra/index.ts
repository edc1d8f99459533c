import * as pulumi from "@pulumi/pulumi";
import { deploy, deployHost, settingsWithin } from "./deploy";
import { HOST_ONLY } from "./host";
import { lastLogs, lastOnce } from "./last-values";

async function deployed() {
    const read = await settingsWithin();
    const { running, protect, target } = read.settings;
    return deploy(read, {
        ranOnce: running ? [] : await lastOnce(),
        logs: target.kind === "aws" && (protect || !running) ? await lastLogs() : {},
    });
}

async function outputs(): Promise<Record<string, unknown>> {
    try {
        const made = process.env[HOST_ONLY] === undefined ? await deployed() : deployHost();
        // An output that is undefined would be a warning at every update.
        return Object.fromEntries(Object.entries<unknown>(made).filter(([, value]) => value !== undefined));
    } catch (error) {
        // People need the message and not where in our code it was noticed; PULUMI's own error type is shown without a stack trace.
        throw error instanceof Error && process.env["QUAI_DEBUG"] === undefined ? new pulumi.RunError(error.message) : error;
    }
}

export = outputs;
