import * as pulumi from "@pulumi/pulumi";
import { createHash } from "node:crypto";
import { FUNCTIONS } from "../../../tools/offline/plugins/aws";
import { rehearsed } from "./aws";

// A busy machine takes its time.
jest.setTimeout(60_000);

/** A resource as the program registered it. Names stand for resources; secrets' values are there, their paths in `secrets`. */
export interface Registered {
    readonly type: string;
    readonly name: string;
    readonly inputs: Readonly<Record<string, unknown>>;
    /** Paths of the inputs that the program marked as secret, e.g. `stdin`, `envs[0]`. */
    readonly secrets: readonly string[];
    readonly parent: string;
    /** Logical name of the explicit provider; empty: none. */
    readonly provider: string;
    /** Everything it waits for: `dependsOn` and resources whose outputs it uses. */
    readonly after: readonly string[];
    readonly protect: boolean;
    readonly retainOnDelete: boolean;
    readonly deleteBeforeReplace: boolean | undefined;
    readonly ignoreChanges: readonly string[];
    readonly replaceOnChanges: readonly string[];
    readonly additionalSecretOutputs: readonly string[];
    /** What a component says of itself at its end. @default nothing */
    readonly outputs?: Readonly<Record<string, unknown>>;
}

/** What the SDK sends for each resource; it declares it as `any`. */
interface Request {
    getType(): string;
    getName(): string;
    getParent(): string;
    getProvider(): string;
    getProtect(): boolean | undefined;
    getRetainondelete(): boolean | undefined;
    getCustom(): boolean;
    getObject(): { toJavaScript(): Record<string, unknown> };
    getDependenciesList(): string[];
    getDeletebeforereplace(): boolean;
    getDeletebeforereplacedefined(): boolean;
    getIgnorechangesList(): string[];
    getReplaceonchangesList(): string[];
    getAdditionalsecretoutputsList(): string[];
}

interface OutputsRequest {
    getUrn(): string;
    getOutputs(): { toJavaScript(): Record<string, unknown> };
}

interface Monitor {
    registerResource(request: Request, callback: (error: Error | null, response: unknown) => void): Promise<void>;
    registerResourceOutputs(request: OutputsRequest, callback: (error: Error | null, response: unknown) => void): void;
}

const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";

export const IMAGE = "docker:index/remoteImage:RemoteImage";
export const CONTAINER = "docker:index/container:Container";
export const VOLUME = "docker:index/volume:Volume";
export const NETWORK = "docker:index/network:Network";
export const COMMAND = "command:local:Command";

/** Everything one program registered. */
export class Recording<T> {
    constructor(
        readonly result: T,
        readonly resources: readonly Registered[],
        /** Values that the mocked generators gave out. */
        readonly generated: ReadonlySet<string>,
    ) {}

    readonly of = (type: string): Registered[] => this.resources.filter((resource) => resource.type === type);

    readonly get = (type: string, name: string | RegExp): Registered => {
        const found = this.of(type).filter((resource) => (typeof name === "string" ? resource.name === name : name.test(resource.name)));
        if (found.length !== 1 || found[0] === undefined) {
            const names = this.of(type).map((resource) => resource.name);
            throw new Error(`${found.length} resources ${type} ${String(name)}; there are: ${names.join(", ")}`);
        }
        return found[0];
    };

    /** `type name` of each resource, or of those of some types, sorted. */
    readonly list = (...types: readonly string[]): string[] =>
        this.resources
            .filter(({ type }) => types.length === 0 || types.includes(type))
            .map(({ type, name }) => `${type} ${name}`)
            .sort();
}

export interface RecordOptions {
    /** @default "dev" */
    readonly stack?: string;
    /** Pulumi's configuration, values as Pulumi hands them over. */
    readonly config?: Readonly<Record<string, string>>;
    readonly secretKeys?: readonly string[];
}

/** Runs a program on mocks and waits until all that it registers is registered. */
export async function record<T>(program: () => T, options: RecordOptions = {}): Promise<Recording<T>> {
    const resources: Registered[] = [];
    const generated = new Set<string>();
    const mocks: pulumi.runtime.Mocks = {
        call: ({ token, inputs }) => FUNCTIONS[token]?.(inputs as Record<string, unknown>) ?? (inputs as Record<string, unknown>),
        newResource: ({ type, name, inputs }) => {
            const made = generatedBy(type, name, inputs as Record<string, unknown>);
            for (const value of made.secrets) generated.add(value);
            const { value: plain } = unwrap(inputs, "");
            if (type.startsWith("aws:")) return rehearsed(type, name, plain as Record<string, unknown>);
            return { id: idOf(name), state: { ...(plain as object), ...made.outputs } };
        },
    };
    const stack = options.stack ?? "dev";
    await pulumi.runtime.setMocks(mocks, "quai", stack);
    noteRequests(resources);
    pulumi.runtime.setAllConfig({ ...options.config }, [...(options.secretKeys ?? [])]);
    // The SDK keeps a stack trace for each of its many promises; under jest they'd take most of the time.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    try {
        return new Recording(program(), resources, generated);
    } finally {
        await pulumi.runtime.disconnect();
        Error.stackTraceLimit = stackTraceLimit;
    }
}

/** A recording that several tests look at: made when the first one asks. What it holds isn't changed by anybody. */
export function shared<T>(make: () => Promise<T>): () => Promise<T> {
    let made: Promise<T> | undefined;
    return () => (made ??= make());
}

/** The mocked engine's id for a resource. */
export function idOf(name: string): string {
    return createHash("sha256").update(name).digest("hex");
}

/** The value of an output. */
export function valueOf<T>(output: pulumi.Output<T>): Promise<T> {
    return new Promise((resolve) => void output.apply((value) => resolve(value)));
}

/** The mocks of the SDK show no options, so requests are noted on their way to them. */
function noteRequests(resources: Registered[]): void {
    const monitor = pulumi.runtime.getMonitor() as unknown as Monitor;
    const registerResource = monitor.registerResource.bind(monitor);
    monitor.registerResource = (request, callback) => {
        const { value, secrets } = unwrap(request.getObject().toJavaScript(), "");
        resources.push({
            type: request.getType(),
            name: request.getName(),
            inputs: value as Record<string, unknown>,
            secrets,
            parent: lastPart(request.getParent()),
            provider: request.getProvider().split("::").at(-2) ?? "",
            after: request.getDependenciesList().map(lastPart).sort(),
            protect: request.getProtect() ?? false,
            retainOnDelete: request.getRetainondelete() ?? false,
            deleteBeforeReplace: request.getDeletebeforereplacedefined() ? request.getDeletebeforereplace() : undefined,
            ignoreChanges: request.getIgnorechangesList(),
            replaceOnChanges: request.getReplaceonchangesList(),
            additionalSecretOutputs: request.getAdditionalsecretoutputsList(),
        });
        return registerResource(request, callback);
    };
    const registerResourceOutputs = monitor.registerResourceOutputs.bind(monitor);
    monitor.registerResourceOutputs = (request, callback) => {
        const at = resources.findIndex(({ type, name }) => request.getUrn().endsWith(`${type}::${name}`));
        const outputs = unwrap(request.getOutputs().toJavaScript(), "").value as Record<string, unknown>;
        if (resources[at] !== undefined) resources[at] = { ...resources[at], outputs };
        registerResourceOutputs(request, callback);
    };
}

function lastPart(urn: string): string {
    return urn.split("::").at(-1) ?? "";
}

/** A value without the wire's marks for secrets, and the paths where they were. */
function unwrap(value: unknown, path: string): { value: unknown; secrets: string[] } {
    if (Array.isArray(value)) {
        const items = value.map((item, index) => unwrap(item, `${path}[${index}]`));
        return { value: items.map((item) => item.value), secrets: items.flatMap((item) => item.secrets) };
    }
    if (value !== null && typeof value === "object") {
        const members = value as Record<string, unknown>;
        if (members[SIGNATURE] === SECRET) {
            return { value: unwrap(members["value"], path).value, secrets: [path] };
        }
        const entries = Object.entries(members).map(
            ([key, member]) => [key, unwrap(member, path === "" ? key : `${path}.${key}`)] as const,
        );
        return {
            value: Object.fromEntries(entries.map(([key, member]) => [key, member.value])),
            secrets: entries.flatMap(([, member]) => member.secrets),
        };
    }
    return { value, secrets: [] };
}

/** What a provider would make up, the same each time. */
function generatedBy(type: string, name: string, inputs: Record<string, unknown>): { outputs: object; secrets: string[] } {
    const bytes = (length: number) =>
        Buffer.concat([0, 1, 2, 3].map((part) => createHash("sha512").update(`${type} ${name} ${part}`).digest())).subarray(0, length);
    const pem = (label: string) => `-----BEGIN ${label}-----\n${bytes(48).toString("base64")}\n-----END ${label}-----\n`;
    switch (type) {
        case "random:index/randomPassword:RandomPassword": {
            const result = bytes(128)
                .toString("hex")
                .slice(0, inputs["length"] as number);
            return { outputs: { result }, secrets: [result] };
        }
        case "random:index/randomBytes:RandomBytes": {
            const value = bytes(inputs["length"] as number);
            return {
                outputs: { base64: value.toString("base64"), hex: value.toString("hex") },
                secrets: [value.toString("base64"), value.toString("hex"), value.toString("base64url")],
            };
        }
        case "tls:index/privateKey:PrivateKey": {
            const keys = { privateKeyPem: pem("EC PRIVATE KEY"), privateKeyPemPkcs8: pem("PRIVATE KEY") };
            return { outputs: { ...keys, publicKeyPem: pem("PUBLIC KEY") }, secrets: [keys.privateKeyPem, keys.privateKeyPemPkcs8] };
        }
        case "tls:index/selfSignedCert:SelfSignedCert":
        case "tls:index/locallySignedCert:LocallySignedCert":
            return { outputs: { certPem: pem("CERTIFICATE") }, secrets: [] };
        case "tls:index/certRequest:CertRequest":
            return { outputs: { certRequestPem: pem("CERTIFICATE REQUEST") }, secrets: [] };
        case IMAGE:
            return { outputs: { imageId: `sha256:${idOf(name)}` }, secrets: [] };
        default:
            return { outputs: {}, secrets: [] };
    }
}
