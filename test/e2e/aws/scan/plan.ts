import facts from "../../../../tools/offline/plugins/facts/aws.json";
import { typeOf } from "../../../../tools/offline/plugins/aws/types";
import { rehearsed } from "../../../unit/support/aws";
import type { Recording, Registered } from "../../../unit/support/mocks";

/*
 * What a program declares, as the plan of Terraform that tools for policies read. Pulumi's provider is Terraform's, bridged: names are the same
 * but for their spelling, blocks that are lists are in the plural, and those that can be there but once stand alone.
 */

interface Fact {
    readonly type: string;
}
type Bag = Readonly<Record<string, Fact>>;
const RESOURCES = facts.resources as unknown as Readonly<Record<string, { readonly inputs: Bag }>>;
const NESTED = facts.types as unknown as Readonly<Record<string, Bag>>;

/** Types whose name isn't the module and the type in snake case. */
const TYPE_NAMES: Readonly<Record<string, string>> = {
    "cfg/deliveryChannel": "aws_config_delivery_channel",
    "cfg/recorder": "aws_config_configuration_recorder",
    "cfg/recorderStatus": "aws_config_configuration_recorder_status",
    "cloudtrail/trail": "aws_cloudtrail",
    "cloudwatch/eventRule": "aws_cloudwatch_event_rule",
    "lb/loadBalancer": "aws_lb",
    "rds/instance": "aws_db_instance",
    "rds/clusterInstance": "aws_rds_cluster_instance",
    "rds/clusterParameterGroup": "aws_rds_cluster_parameter_group",
    "rds/parameterGroup": "aws_db_parameter_group",
    "rds/subnetGroup": "aws_db_subnet_group",
    "s3/bucketObjectv2": "aws_s3_object",
    "scheduler/schedule": "aws_scheduler_schedule",
    "servicediscovery/privateDnsNamespace": "aws_service_discovery_private_dns_namespace",
    "servicediscovery/service": "aws_service_discovery_service",
};
/** Properties that Pulumi calls otherwise. */
const PROPERTY_NAMES: Readonly<Record<string, string>> = {
    "lambda/function.name": "function_name",
    "cloudwatch/metricAlarm.name": "alarm_name",
    "lambda/permission.function": "function_name",
};

const snake = (name: string) => name.replace(/([a-z0-9])([A-Z])/g, "$1_$2").toLowerCase();
const singular = (name: string) => (name.endsWith("ies") ? `${name.slice(0, -3)}y` : name.replace(/s$/, ""));

export function terraformType(type: string): string {
    const known = TYPE_NAMES[type];
    if (known !== undefined) return known;
    const [module = "", name = ""] = type.split("/");
    // The modules of the network have no part in the names.
    return module === "ec2" ? `aws_${snake(name)}` : `aws_${snake(module)}_${snake(name)}`;
}

export function terraformPlan(recording: Recording<unknown>): object {
    const all = recording.resources.filter(({ type }) => RESOURCES[type] !== undefined);
    const addresses = addressesOf(all);
    const entries = all.map((registered) => {
        const type = typeOf(registered.type);
        const address = { address: addressOf(registered), mode: "managed", type: terraformType(type), name: clean(registered.name) };
        const values = block(registered.inputs, RESOURCES[registered.type]?.inputs ?? {}, type);
        return {
            values: { ...address, values: { ...values, ...firewallRules(type, registered.inputs) } },
            address,
            expressions: referencesIn(values, addresses),
        };
    });
    return {
        format_version: "1.2",
        terraform_version: "1.9.0",
        planned_values: { root_module: { resources: entries.map(({ values }) => values) } },
        resource_changes: entries.map(({ values: { values, ...address } }) => ({
            ...address,
            change: { actions: ["create"], before: null, after: values, after_unknown: {} },
        })),
        configuration: { root_module: { resources: entries.map(({ address, expressions }) => ({ ...address, expressions })) } },
    };
}

const clean = (name: string) => name.replace(/[^A-Za-z0-9_-]/g, "_");
export const addressOf = ({ type, name }: Pick<Registered, "type" | "name">): string => `${terraformType(typeOf(type))}.${clean(name)}`;

type Block = Readonly<Record<string, unknown>>;

function block(inputs: Block, known: Bag, path: string): Block {
    return Object.fromEntries(
        Object.entries(inputs).flatMap(([key, value]): [string, unknown][] => {
            if (value === undefined || value === null) return [];
            const { type = "" } = known[key] ?? {};
            const list = /^list<(aws:.*)>$/.exec(type)?.[1];
            const name = PROPERTY_NAMES[`${path}.${key}`] ?? snake(list === undefined ? key : singular(key));
            const nested = NESTED[list ?? type];
            if (nested === undefined || typeof value !== "object") return [[name, value]];
            const items = (Array.isArray(value) ? value : [value]) as readonly Block[];
            return [[name, items.map((item) => block(item, nested, ""))]];
        }),
    );
}

/** A firewall's rules are JSON of the service here, and blocks there. */
function firewallRules(type: string, inputs: Block): Block {
    if (type !== "wafv2/webAcl") return {};
    const blocks = (value: unknown): unknown => {
        if (Array.isArray(value)) return value.map(blocks);
        if (typeof value !== "object" || value === null) return value;
        return Object.fromEntries(
            Object.entries(value).map(([key, each]: [string, unknown]) => {
                const inner = blocks(each);
                return [snake(key), typeof inner === "object" && inner !== null && !Array.isArray(inner) ? [inner] : inner];
            }),
        );
    };
    return { rule: blocks(JSON.parse(String(inputs["ruleJson"]))) };
}

/** By what else others refer to a resource. */
const OTHER_NAMES = ["arn", "dnsName", "domainName", "bucketRegionalDomainName"];

/** Identifier → the resources that it stands for. */
function addressesOf(all: readonly Registered[]): ReadonlyMap<string, string> {
    const found = new Map<string, string>();
    for (const registered of all) {
        const { id, state } = rehearsed(registered.type, registered.name, registered.inputs);
        // What is a part of something has that one's identifier, and comes after it.
        for (const value of [id, ...OTHER_NAMES.map((name) => state[name])]) {
            if (typeof value === "string" && !found.has(value)) found.set(value, addressOf(registered));
        }
    }
    return found;
}

/** Where a plan says what refers to what. */
function referencesIn(values: Block, addresses: ReadonlyMap<string, string>): Block {
    return Object.fromEntries(
        Object.entries(values).flatMap(([key, value]): [string, unknown][] => {
            if (Array.isArray(value) && value.some((item) => typeof item === "object")) {
                return [[key, value.map((item) => referencesIn(item as Block, addresses))]];
            }
            const references = (Array.isArray(value) ? value : [value]).flatMap((each) => addresses.get(String(each)) ?? []);
            return references.length === 0 ? [] : [[key, { references: references.flatMap((address) => [`${address}.id`, address]) }]];
        }),
    );
}
