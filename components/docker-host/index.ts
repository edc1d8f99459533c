import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { oneLine, RUN_FROM_INPUT } from "../targets/over-ssh";
import { asRoot, asRootConfirmed, isGuarded, preflightProgram, stepProgram } from "./programs";
import type { HostSpec } from "./spec";

export type { DockerHostArgs } from "./args";
export type { HostSpec } from "./spec";

export const HOST_TYPE = "quai:docker:Host";

/**
 * Prepares a machine: a look before anything is touched, then one step after the other. Each looks first, changes only what differs, and looks
 * again. A step runs when its text or settings changed; `./quai up` runs it, too, where the machine isn't as it was left.
 */
export class DockerHost extends pulumi.ComponentResource {
    constructor(name: string, spec: HostSpec, opts?: pulumi.ComponentResourceOptions) {
        super(HOST_TYPE, name, {}, opts);
        const provider = new command.Provider(`${name}-commands`, {}, { parent: this });
        const run = (step: string, about: string, here: string, there: string, after: pulumi.Resource[]) =>
            new command.local.Command(
                `${name}-${step}`,
                {
                    create: `# ${step}: ${about}\n${RUN_FROM_INPUT}`,
                    stdin: [oneLine(here), oneLine(there), ""].join("\n"),
                    interpreter: ["/bin/sh", "-euc"],
                },
                { parent: this, provider, dependsOn: after },
            );
        let last: pulumi.Resource = run("preflight", "is this machine fit for it", asRoot(spec), preflightProgram(spec), []);
        for (const step of spec.steps) {
            const here = isGuarded(step) ? asRootConfirmed(spec, step) : asRoot(spec);
            last = run(step, spec.about[step], here, stepProgram(spec, step), [last]);
        }
        this.registerOutputs({});
    }
}
