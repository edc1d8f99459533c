import type { SecretRef } from "../../../components/secrets-bundle";
import { SecretsBundle } from "../../../components/secrets-bundle";
import { Files } from "../../../components/files";
import type { DockerTarget } from "../../../components/targets";
import type { DockerTargetArgs } from "../../../components/targets/docker-target";
import type { ServiceArgs, WebStackArgs } from "../../../components/web-stack";
import { WebStack } from "../../../components/web-stack";
import { record } from "../support/mocks";
import { dockerTarget } from "../support/target";

const USER = { uid: 10001, gid: 10001 };

export interface Parts {
    readonly target: DockerTarget;
    readonly key: SecretRef;
    readonly password: SecretRef;
    readonly uploads: Files;
}

/** An application with a service, a worker, a scheduler and two jobs. */
export function application({ target, key, password, uploads }: Parts): WebStackArgs {
    return {
        target,
        host: "app.example.com",
        images: { api: { reference: "registry.example.com/api:1.0.0" }, web: { reference: "registry.example.com/web:1.0.0" } },
        services: {
            api: {
                image: "api",
                command: ["api", "serve"],
                port: 8000,
                user: USER,
                health: { http: "/health" },
                env: { LOG_LEVEL: "info" },
                secrets: { sessionKey: key },
                files: { "/data": { files: uploads } },
                replicas: 2,
            },
            web: {
                image: "web",
                port: 8080,
                user: { uid: 101, gid: 101 },
                health: { command: ["true"] },
                memory: 128 * 1024 * 1024,
                cpus: 0.5,
            },
            worker: {
                kind: "worker",
                image: "api",
                command: ["api", "work"],
                user: USER,
                health: { command: ["true"] },
                secretEnv: { PASSWORD: password },
            },
            beat: {
                kind: "scheduler",
                image: "api",
                command: ["api", "beat"],
                user: USER,
                health: { command: ["true"] },
                secrets: { sessionKey: key },
            },
        },
        jobs: {
            migrate: { image: "api", command: ["api", "migrate"], user: USER, secrets: { password } },
            collect: { image: "api", command: ["api", "collect"], user: USER, files: { "/static": { files: uploads, readOnly: true } } },
        },
        after: [],
    };
}

export interface Change {
    readonly args?: (args: WebStackArgs) => WebStackArgs;
    readonly rotation?: Readonly<Record<string, string>>;
    readonly target?: Partial<DockerTargetArgs>;
}

export function webStack(change: Change = {}) {
    return record(() => {
        const target = dockerTarget(change.target);
        const secrets = new SecretsBundle("secrets", {
            target,
            generate: { sessionKey: { kind: "key" }, password: { kind: "password" } },
            rotation: change.rotation,
        });
        const uploads = new Files("uploads", { target, uid: 10001, gid: 10001 });
        const args = application({
            target,
            uploads,
            key: secrets.get("sessionKey"),
            password: { ...secrets.get("password"), opens: ["postgres"] },
        });
        const stack = new WebStack("application", change.args?.({ ...args }) ?? args);
        stack.startSchedulers([]);
        return stack;
    });
}

/** The application with another description of one service. */
export function withService(name: string, change: Partial<ServiceArgs>): Change {
    return {
        args: (args) => {
            const service = args.services[name];
            if (service === undefined) throw new Error(`no service ${name}`);
            return { ...args, services: { ...args.services, [name]: { ...service, ...change } } };
        },
    };
}
