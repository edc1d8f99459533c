import { UNKNOWN, type CheckFailure, type Properties } from "../../kit/types";
import { Problems } from "../checks";
import { nanoseconds } from "../durations";
import { isRecord, type Values } from "../values";

const UNSUPPORTED = ["deviceRequests", "gpus"];
const COUNTS = ["memory", "memoryReservation", "shmSize", "cpuShares", "cpuPeriod", "cpuQuota"];

export function checkContainer(inputs: Properties): readonly CheckFailure[] {
    const problems = new Problems();
    problems.unsupported(inputs, UNSUPPORTED);
    problems.pattern(inputs, "restart", /^(no|on-failure|always|unless-stopped)$/, "no, on-failure, always or unless-stopped");
    problems.pattern(inputs, "cpuSet", /^\d+([,-]\d+)*$/, 'a list of processors such as "0-2,4"');
    problems.pattern(inputs, "cpus", /^\d+(\.\d+)?$/, 'a number of processors such as "1.5"');
    problems.pattern(inputs, "cgroupnsMode", /^(private|host)$/, "private or host");
    COUNTS.forEach((name) => problems.atLeast(inputs, name, 0));
    problems.atLeast(inputs, "memorySwap", -1);
    checkCommand(problems, inputs);
    checkHealthcheck(problems, inputs);
    problems.each(inputs, "mounts", (entry, prefix) => checkMount(problems, entry, prefix));
    problems.each(inputs, "volumes", (entry, prefix) => checkVolume(problems, entry, prefix));
    problems.each(inputs, "uploads", (entry, prefix) => checkUpload(problems, entry, prefix));
    problems.each(inputs, "networksAdvanced", (entry, prefix) => problems.atLeast(entry, "gwPriority", 0, prefix));
    for (const name of ["deviceReadBps", "deviceReadIops", "deviceWriteBps", "deviceWriteIops"]) {
        problems.each(inputs, name, (entry, prefix) => problems.atLeast(entry, "rate", 0, prefix));
    }
    return problems.found;
}

function checkCommand(problems: Problems, inputs: Values): void {
    if (Array.isArray(inputs.command) && inputs.command.includes("")) {
        problems.add("command", 'an entry may not be "" (the official plugin refuses it too); leave the entry out');
    }
}

function checkHealthcheck(problems: Problems, inputs: Values): void {
    if (!isRecord(inputs.healthcheck)) {
        return;
    }
    for (const name of ["interval", "timeout", "startPeriod", "startInterval"]) {
        const value = inputs.healthcheck[name];
        if (typeof value === "string" && nanoseconds(value) === undefined) {
            problems.add(`healthcheck.${name}`, `must be a duration such as "10s" or "1m30s" (got ${JSON.stringify(value)})`);
        }
    }
    problems.atLeast(inputs.healthcheck, "retries", 0, "healthcheck.");
}

function checkMount(problems: Problems, mount: Values, prefix: string): void {
    problems.pattern(mount, "type", /^(bind|volume|tmpfs)$/, "bind, volume or tmpfs", prefix);
    if (isRecord(mount.bindOptions)) {
        const allowed = /^(private|rprivate|shared|rshared|slave|rslave)$/;
        problems.pattern(
            mount.bindOptions,
            "propagation",
            allowed,
            "private, rprivate, shared, rshared, slave or rslave",
            `${prefix}bindOptions.`,
        );
    }
}

function checkVolume(problems: Problems, volume: Values, prefix: string): void {
    problems.pattern(volume, "hostPath", /^[a-zA-Z]:[\\/]|^\//, "an absolute path", prefix);
    problems.pattern(volume, "selinuxRelabel", /^[zZ]$/, "z or Z", prefix);
    const from = isGiven(volume.fromContainer);
    const path = isGiven(volume.containerPath);
    if (from === path) {
        problems.add(
            `${prefix}containerPath`,
            from ? "conflicts with fromContainer; give one of them" : "give containerPath or fromContainer",
        );
    }
}

function checkUpload(problems: Problems, upload: Values, prefix: string): void {
    problems.pattern(upload, "permissions", /^0[0-7]{3}$/, 'four octal digits such as "0644"', prefix);
    const given = ["content", "contentBase64", "source"].filter((name) => isGiven(upload[name]));
    if (given.length !== 1) {
        const found = given.length === 0 ? "none is set" : `${given.join(" and ")} are set`;
        problems.add(`${prefix}content`, `exactly one of content, contentBase64 and source must be set, and not empty (${found})`);
    }
    const encoded = upload.contentBase64;
    if (typeof encoded === "string" && !/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(encoded)) {
        // The value may be a secret: it isn't shown.
        problems.add(`${prefix}contentBase64`, "must be base64");
    }
}

function isGiven(value: unknown): boolean {
    return value === UNKNOWN || (value !== undefined && value !== "");
}
