import * as pulumi from "@pulumi/pulumi";
import { lazily } from "../internal/lazily";
import { unreachable } from "../targets";
import type { ReleasedService, ServiceEndpoint, WebStackArgs } from "./args";
import { describeWebStack } from "./describe";
import { webStackOnDocker } from "./docker";

export type { ContainerArgs, HealthArgs, ImageSource, JobArgs, ReleasedService, ServiceArgs, ServiceEndpoint, WebStackArgs } from "./args";

/** What a realization gives back, whatever the target. */
export interface WebStackContract {
    readonly endpoints: Readonly<Record<string, ServiceEndpoint>>;
    readonly released: readonly ReleasedService[];
    /** Jobs that have run once and for all, when they have; undefined where there is none. */
    readonly once: pulumi.Output<string[]> | undefined;
    /** All services and workers of the release are healthy. */
    readonly ready: readonly pulumi.Resource[];
    /** Starts the schedulers: called once what must come before them (the switch of the proxy) is known. Returns what then runs. */
    startSchedulers(after: readonly pulumi.Resource[]): readonly pulumi.Resource[];
}

/**
 * The application: services, workers, schedulers, and jobs that run before a release. A release starts beside the old one and replaces
 * it only when healthy; the old one is stopped last. If a job fails or a container never gets healthy, the old release has not been touched.
 *
 * @throws Error listing every problem of the arguments, each beginning with the setting's path.
 */
export class WebStack extends pulumi.ComponentResource {
    private readonly contract: WebStackContract;

    constructor(name: string, args: WebStackArgs, opts?: pulumi.ComponentResourceOptions) {
        super("quai:index:WebStack", name, {}, opts);
        switch (args.target.kind) {
            case "docker":
                this.contract = webStackOnDocker(this, args.target, args);
                break;
            case "aws":
                this.contract = lazily<typeof import("./aws")>(module, "./aws").webStackOnAws(this, args.target, args);
                break;
            default:
                this.contract = unreachable(args.target);
        }
        // Who is given which secrets is hidden in what the host gets: this is what pictures show of it.
        this.registerOutputs(describeWebStack(args));
    }

    /** Services by name. @throws Error that names the services with a port. */
    endpoint(name: string): ServiceEndpoint {
        const endpoint = this.contract.endpoints[name];
        if (endpoint === undefined) {
            throw new Error(
                `services.${name}: no service of this name has a port; there are: ${Object.keys(this.contract.endpoints).join(", ")}`,
            );
        }
        return endpoint;
    }

    get released(): readonly ReleasedService[] {
        return this.contract.released;
    }

    get once(): pulumi.Output<string[]> | undefined {
        return this.contract.once;
    }

    get ready(): readonly pulumi.Resource[] {
        return this.contract.ready;
    }

    /** Lets the schedulers follow, last of the release (R12). `after`: what must have happened, e.g. the proxy's switch. Returns all that then runs. */
    startSchedulers(after: readonly pulumi.Resource[]): readonly pulumi.Resource[] {
        return [...this.ready, ...this.contract.startSchedulers(after)];
    }
}
