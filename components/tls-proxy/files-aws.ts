import { fargateSize } from "../internal/aws/fargate-size";
import { referred } from "../internal/aws/image";
import type { Door } from "../internal/aws/service";
import { fargateService } from "../internal/aws/service";
import { fargateTask } from "../internal/aws/task";
import { officialImage } from "../internal/images";
import { releaseOf } from "../internal/release";
import type { AwsTarget } from "../targets/aws-target";
import type { ServiceEndpoint } from "../web-stack";
import type { TlsProxy } from ".";
import type { Route } from "./args";
import { fileServerConfig } from "./nginx-files";
import type { ProxySpec } from "./spec";

const PORT = 8080;
const MEBIBYTE = 1024 * 1024;
/** The user of the official image. */
const USER = { uid: 101, gid: 101 };
const HEALTH = "/quai-files-health";

/** Files that routes lead to: a load balancer can't read them, so an nginx does, which mounts them and nothing else. */
export function fileService(self: TlsProxy, name: string, spec: ProxySpec, target: AwsTarget, routes: readonly Route[]): ServiceEndpoint {
    const logical = `${name}-files`;
    const served = [...new Set(routes.flatMap(({ to }) => ("files" in to ? [to.files] : [])))];
    const config = fileServerConfig(spec, PORT, HEALTH);
    const release = releaseOf(config);
    const task = fargateTask(target, self, {
        logical,
        description: "Serves files",
        size: fargateSize(0.25, 512 * MEBIBYTE, logical),
        image: referred(target, target.reference(officialImage("nginx"))),
        main: {
            name: "nginx",
            entryPoint: ["/bin/sh", "-euc"],
            command: [`printf %s "$CONFIG" > /tmp/nginx.conf; exec nginx -c /tmp/nginx.conf -g 'daemon off;'`],
            env: { CONFIG: config },
            secretFiles: {},
            secretEnv: {},
            user: USER,
            readOnlyRoot: true,
            temporary: ["/tmp"],
            port: PORT,
            stopTimeout: spec.drain,
        },
        files: Object.fromEntries(served.map((files) => [`/srv/files/${files.name}`, { files, readOnly: true }])),
        exec: false,
    });
    let open: (door: Door) => void = () => undefined;
    const door = new Promise<Door>((resolve) => (open = resolve));
    const service = fargateService(target, self, {
        name: logical,
        kind: "service",
        alone: false,
        replicas: target.production ? 2 : 1,
        container: "nginx",
        port: PORT,
        startPeriod: 10,
        task,
        door,
        after: [],
    });
    const serves = target.runner.verify(`${logical}-${release}`, service, task.definition, self, [service]);
    const onAws = { group: task.group.id, startPeriod: 10, open };
    return { name: logical, release, address: logical, port: PORT, healthPath: HEALTH, ready: [serves], onAws };
}
