import { readEvents } from "../../../tools/cli/report/engine-events";
import { masksOf } from "../../../infra/secrets/mask";
import type { Report } from "../../../tools/cli/report/report";
import { makeReport } from "../../../tools/cli/report/report";
import { tokenOf, TYPES, typeOf } from "../../../tools/offline/plugins/aws/types";
import type { Recording, Registered } from "../../unit/support/mocks";

/** The report of an update from one program to another: with the engine's events, as far as the program itself decides them. */
export function reportBetween(old: Recording<unknown>, now: Recording<unknown>, replaced?: { type: string; name: string }): Report {
    const key = ({ type, name }: Registered) => `${type}::${name}`;
    const [before, after] = [old, now].map(({ resources }) => new Map(resources.map((each) => [key(each), each])));
    const events = [...new Set([...(before?.keys() ?? []), ...(after?.keys() ?? [])])].flatMap((each) => {
        const [was, is] = [before?.get(each), after?.get(each)];
        const forced = replaced !== undefined && each === `${tokenOf(replaced.type)}::${replaced.name}` ? ["kmsKeyId"] : [];
        return stepsOf(was, is, forced);
    });
    const policies = { refused: [], warned: [], waived: [] };
    const context = { stack: "prod", stackId: "demo-prod", environment: "development", policies, now: new Date("2026-11-21T09:30:00Z") };
    return makeReport(readEvents([...events, { summaryEvent: {} }].map((each) => JSON.stringify(each))), context, masksOf([]));
}

function stepsOf(old: Registered | undefined, now: Registered | undefined, forced: readonly string[]): object[] {
    const known = now ?? old;
    if (known === undefined) return [];
    const urn = `urn:pulumi:prod::quai::${known.type}::${known.name}`;
    const step = (op: string, keys: readonly string[] = []) => ({
        resourcePreEvent: { metadata: { op, urn, type: known.type, keys, old: stateOf(old), new: stateOf(now) } },
    });
    if (old === undefined) return [step("create")];
    if (now === undefined) return [step("delete")];
    const differing = Object.keys({ ...old.inputs, ...now.inputs }).filter(
        (input) => JSON.stringify(old.inputs[input]) !== JSON.stringify(now.inputs[input]),
    );
    const replacing = TYPES[typeOf(known.type)] ?? [];
    const keys = [...forced, ...differing.filter((input) => replacing.includes(input) || replacing.includes("*"))];
    if (keys.length > 0) return [step("create-replacement", keys), step("replace", keys), step("delete-replaced", keys)];
    return [step(differing.length > 0 ? "update" : "same")];
}

function stateOf(registered: Registered | undefined): object | null {
    if (registered === undefined) return null;
    return { inputs: registered.inputs, outputs: {}, protect: registered.protect };
}
