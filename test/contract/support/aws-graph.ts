import { tokenOf } from "../../../tools/offline/plugins/aws/types";
import { rehearsed } from "../../unit/support/aws";
import type { Recording, Registered } from "../../unit/support/mocks";

/** The resources of a stack on AWS as a graph: who may talk to whom, and who may read what. Names stand for identifiers. */
export class AwsGraph {
    constructor(readonly recording: Recording<unknown>) {}

    of(type: string): Registered[] {
        return this.recording.of(tokenOf(type));
    }

    get(type: string, name: string): Registered {
        return this.recording.get(tokenOf(type), name);
    }

    /** Ways between security groups, by their logical names: `world > proxy:443`. */
    ways(): string[] {
        const rules = [...this.of("vpc/securityGroupIngressRule")];
        return rules
            .map(({ inputs }) => {
                const { cidrIpv4, prefixListId } = inputs as { cidrIpv4?: string; prefixListId?: string };
                const from = prefixListId === undefined ? (cidrIpv4 ?? this.group(inputs["referencedSecurityGroupId"])) : "cloudfront";
                return `${from === "0.0.0.0/0" ? "world" : from} > ${this.group(inputs["securityGroupId"])}:${String(inputs["fromPort"])}`;
            })
            .sort();
    }

    /** The same from the other end; what leads out of the network is `internet`. */
    waysOut(): string[] {
        return this.of("vpc/securityGroupEgressRule")
            .map(({ inputs }) => {
                const to = typeof inputs["cidrIpv4"] === "string" ? "internet" : this.group(inputs["referencedSecurityGroupId"]);
                return `${this.group(inputs["securityGroupId"])} > ${to}:${String(inputs["fromPort"])}`;
            })
            .sort();
    }

    private group(id: unknown): string {
        const found = this.of("ec2/securityGroup").find(({ name }) => this.idOf("ec2/securityGroup", name) === id);
        return found === undefined ? String(id) : found.name.replace(/-group$/, "");
    }

    idOf(type: string, name: string): string {
        return rehearsed(tokenOf(type), name, this.get(type, name).inputs).id;
    }

    arnOf(type: string, name: string): string {
        return String(rehearsed(tokenOf(type), name, this.get(type, name).inputs).state["arn"]);
    }

    outputOf(type: string, name: string, output: string): string {
        return String(rehearsed(tokenOf(type), name, this.get(type, name).inputs).state[output]);
    }

    /** Every name, identifier and suffix that something of the stack has. */
    names(): string[] {
        return this.recording.resources
            .filter(({ type }) => type.startsWith("aws:"))
            .flatMap(({ type, name, inputs }) => {
                const { id, state } = rehearsed(type, name, inputs);
                return [id, ...Object.values(state)].filter((value) => typeof value === "string");
            });
    }

    /** Statements of the policies of roles, with the role they belong to. */
    statements(): (Statement & { readonly role: string })[] {
        return this.of("iam/rolePolicy").flatMap(({ name, inputs }) =>
            statementsOf(inputs["policy"]).map((each) => ({ ...each, role: name })),
        );
    }

    /** The names of the secrets that each role may read. */
    readers(): Record<string, string[]> {
        const secrets = new Map(
            this.of("secretsmanager/secret").map(({ name }) => [this.arnOf("secretsmanager/secret", name), name.replace(/^secret-/, "")]),
        );
        const reads = this.statements().filter(({ Action }) => list(Action).some((action) => action.startsWith("secretsmanager:")));
        return Object.fromEntries(
            reads.map(({ role, Resource }) => [
                role,
                list(Resource)
                    .map((arn) => secrets.get(arn) ?? arn)
                    .sort(),
            ]),
        );
    }

    containers(task: string): Container[] {
        return JSON.parse(String(this.get("ecs/taskDefinition", task).inputs["containerDefinitions"])) as Container[];
    }
}

export interface Statement {
    readonly Effect: string;
    readonly Principal?: unknown;
    readonly Action: string | readonly string[];
    readonly Resource: string | readonly string[];
    readonly Condition?: Readonly<Record<string, unknown>>;
}

export interface Container {
    readonly logConfiguration: { readonly logDriver: string; readonly options: Readonly<Record<string, string>> };
    readonly name: string;
    readonly entryPoint?: readonly string[];
    readonly command?: readonly string[];
    readonly user?: string;
    readonly stopTimeout?: number;
    readonly readonlyRootFilesystem?: boolean;
    readonly environment: readonly { readonly name: string; readonly value: string }[];
    readonly secrets: readonly { readonly name: string; readonly valueFrom: string }[];
    readonly healthCheck?: Readonly<Record<string, unknown>> & { readonly command: readonly string[] };
    readonly mountPoints: readonly { readonly sourceVolume: string; readonly containerPath: string; readonly readOnly: boolean }[];
}

export function statementsOf(policy: unknown): Statement[] {
    return (JSON.parse(String(policy)) as { Statement: Statement[] }).Statement;
}

export function list(value: string | readonly string[]): readonly string[] {
    return typeof value === "string" ? [value] : value;
}
