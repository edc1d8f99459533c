import { randomUUID } from "node:crypto";
import { version } from "@pulumi/aws/package.json";
import facts from "../facts/aws.json";
import type { CallContext, Plugin, Properties, ResourceHandler } from "../kit/types";
import { keysOf, sameValue } from "../kit/values";
import { ATTRIBUTES, birth } from "./attributes";
import { RULES } from "./rules";
import { Service } from "./service";
import { tokenOf, TYPES } from "./types";
import { World } from "./world";

const world = new World();
/** Where tests have things really made; nowhere otherwise. */
let service: Promise<Service | undefined> | undefined;

/** Set by tests: nobody must take a rehearsal for a deployment. */
export const REHEARSAL = "QUAI_AWS_REHEARSAL";

function region(config: Properties): string {
    return typeof config["region"] === "string" ? config["region"] : "us-east-1";
}

function handlerOf(type: string): ResourceHandler {
    const replaces = TYPES[type] ?? [];
    const needsNew = (key: string): boolean => (replaces.includes("*") ? key !== "tags" && key !== "skipDestroy" : replaces.includes(key));
    return {
        check: (inputs) => (RULES[type] ?? []).flatMap((rule) => rule(inputs)),
        diff(id, previousInputs, previousOutputs, inputs) {
            world.learn(type, id, previousInputs, previousOutputs);
            const changed = keysOf(previousInputs, inputs).filter((key) => !sameValue(previousInputs[key], inputs[key]));
            // A call is made anew with another input, unless the function is told of changes.
            const again = type === "lambda/invocation" && inputs["lifecycleScope"] !== "CRUD" ? ["input"] : [];
            return { changed, replaces: changed.filter((key) => needsNew(key) || again.includes(key)) };
        },
        async create(inputs, context: CallContext) {
            world.mustHold(type, undefined, inputs);
            const place = region(context.config);
            const madeUp = (ATTRIBUTES[type] ?? (() => ({ id: randomUUID(), outputs: {} })))(
                birth(randomUUID(), context.resource.name, inputs, place),
            );
            service ??= Service.start(place);
            const there = await service;
            const made = there?.makes(type) === true ? await there.make(type, inputs) : madeUp;
            const outputs = { ...inputs, ...madeUp.outputs, ...made.outputs };
            world.learn(type, made.id, inputs, outputs);
            return { id: made.id, outputs };
        },
        async update(id, _previousInputs, previousOutputs, inputs) {
            world.mustHold(type, id, inputs);
            const outputs = { ...previousOutputs, ...inputs };
            world.learn(type, id, inputs, outputs);
            return outputs;
        },
        async read(id, inputs, outputs) {
            if (inputs === undefined || outputs === undefined) throw new Error(`${id}: nothing can be imported from a rehearsal`);
            world.learn(type, id, inputs, outputs);
            return { id, inputs, outputs };
        },
        async delete(id, inputs) {
            if (inputs["deletionProtection"] === true || inputs["enableDeletionProtection"] === true) {
                throw new Error(`${id}: deletion protection is on; switch it off first`);
            }
            world.forget(type, id);
        },
    };
}

/** What is asked of AWS before anything is made. */
export const FUNCTIONS: NonNullable<Plugin["functions"]> = {
    "aws:ec2/getManagedPrefixList:getManagedPrefixList": (args) => ({ ...args, id: "pl-75b1541c0a1b2c3d4", maxEntries: 55 }),
};

/**
 * A rehearsal of AWS for tests: it answers as the official plugin would, with identifiers made up, refuses what the service would refuse as far
 * as that is cheap to know, and makes nothing. It never stands in for the official plugin by itself.
 */
export const plugin: Plugin = {
    name: "aws",
    version,
    facts,
    resources: Object.fromEntries(Object.keys(TYPES).map((type) => [tokenOf(type), handlerOf(type)])),
    functions: FUNCTIONS,
    close: async () => (await service)?.close(),
    checkConfig: () =>
        process.env[REHEARSAL] === "1"
            ? []
            : [
                  {
                      property: "",
                      reason: `this plugin makes nothing in AWS, it is for tests; set ${REHEARSAL}=1 to rehearse, or install the official one`,
                  },
              ],
};
