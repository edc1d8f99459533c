/** Every Docker object of a stack carries these, so that what an interrupted update left behind can be found and told apart. */
export const LABEL = {
    stack: "io.quai.stack",
    service: "io.quai.service",
    release: "io.quai.release",
    role: "io.quai.role",
} as const;

export type Role =
    | "service"
    | "worker"
    | "scheduler"
    | "job"
    | "one-off"
    | "proxy"
    | "port"
    | "postgres"
    | "redis"
    | "backup"
    | "certificates"
    | "volume"
    | "network"
    | "image"
    | "tool";

export interface LabelValues {
    readonly role: Role;
    readonly service?: string;
    readonly release?: string;
}

export function labelMap(stack: string, values: LabelValues): Record<string, string> {
    return {
        [LABEL.stack]: stack,
        [LABEL.role]: values.role,
        ...(values.service === undefined ? {} : { [LABEL.service]: values.service }),
        ...(values.release === undefined ? {} : { [LABEL.release]: values.release }),
    };
}

/** The same labels in the form of the docker provider's resources. */
export function labelList(stack: string, values: LabelValues): { label: string; value: string }[] {
    return Object.entries(labelMap(stack, values)).map(([label, value]) => ({ label, value }));
}

/** The same labels as arguments of the docker command line. */
export function labelArguments(stack: string, values: LabelValues): string[] {
    return Object.entries(labelMap(stack, values)).flatMap(([label, value]) => ["--label", `${label}=${value}`]);
}
