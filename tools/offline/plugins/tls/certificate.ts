import { randomBytes } from "node:crypto";
import { compareInputs } from "../kit/diff";
import { suggest } from "../kit/suggest";
import type { CallContext, CheckFailure, DiffAnswer, Properties, ResourceHandler } from "../kit/types";
import { ALLOWED_USES, extensions } from "./extensions";
import { keyIdentifier } from "./x509";
import { strings } from "./subject";

const HOUR = 3_600_000;
const SERIAL_BYTES = 16;

/** What the two kinds of certificate share: what changes mean, and when a new one is due. */
export function certificateHandler(
    defaults: Properties,
    make: (inputs: Properties, context: CallContext) => Properties & { readonly serial: Buffer },
    check: (inputs: Properties) => readonly CheckFailure[],
): ResourceHandler {
    const settings = (inputs: Properties): Properties => ({
        earlyRenewalHours: 0,
        isCaCertificate: false,
        setSubjectKeyId: false,
        ...defaults,
        ...inputs,
    });
    return {
        check: (inputs) => [...checkTimes(inputs), ...checkUses(inputs), ...check(inputs)],
        diff(_id, previousInputs, previousOutputs, inputs): DiffAnswer {
            const { changed } = compareInputs({}, settings(previousInputs), settings(inputs));
            const due = isDue(previousOutputs, settings(inputs)) ? ["readyForRenewal"] : [];
            return { changed: [...changed, ...due], replaces: [...changed.filter((name) => name !== "earlyRenewalHours"), ...due] };
        },
        previewCreate: (inputs) => ({ ...settings(inputs), readyForRenewal: false }),
        previewUpdate: (_id, _previousInputs, previousOutputs, inputs) => ({ ...previousOutputs, ...settings(inputs) }),
        async create(inputs, context) {
            const { serial, ...made } = make(settings(inputs), context);
            const outputs = { ...settings(inputs), ...made, readyForRenewal: isDue(made, settings(inputs)) };
            return { id: BigInt(`0x${serial.toString("hex")}`).toString(), outputs };
        },
        async read(id, inputs, outputs) {
            if (inputs === undefined || outputs === undefined) throw new Error("certificates can't be imported");
            return { id, inputs, outputs: { ...outputs, readyForRenewal: isDue(outputs, settings(inputs)) } };
        },
        // Only when to renew can change without a new certificate.
        update: async (_id, _previousInputs, previousOutputs, inputs) => ({ ...previousOutputs, ...settings(inputs) }),
        async delete() {
            // The certificate lives in the state alone.
        },
    };
}

/** Whether the certificate has expired, or will within `earlyRenewalHours`. */
function isDue(outputs: Properties, inputs: Properties): boolean {
    const { validityEndTime } = outputs;
    const early = typeof inputs["earlyRenewalHours"] === "number" ? inputs["earlyRenewalHours"] : 0;
    return typeof validityEndTime === "string" && Date.parse(validityEndTime) - early * HOUR <= Date.now();
}

export interface Validity {
    readonly from: Date;
    readonly until: Date;
}

/** From now on, in whole seconds, as certificates count. */
export function validity(inputs: Properties): Validity {
    const from = new Date(Math.floor(Date.now() / 1000) * 1000);
    return { from, until: new Date(from.getTime() + Number(inputs["validityPeriodHours"]) * HOUR) };
}

export function validityOutputs({ from, until }: Validity): Properties {
    const text = (date: Date): string => date.toISOString().replace(/\.\d+Z$/, "Z");
    return { validityStartTime: text(from), validityEndTime: text(until) };
}

export function newSerial(): Buffer {
    const serial = randomBytes(SERIAL_BYTES);
    // Never zero, and never so large that a sign byte is due.
    serial.writeUInt8((serial.readUInt8(0) & 0x7f) | 0x40, 0);
    return serial;
}

/** The extensions that the inputs ask for, for a certificate on this public key. */
export function extensionsFor(
    inputs: Properties,
    subject: { readonly publicKey: Buffer; readonly name: Buffer; readonly alternativeNames: Buffer | undefined },
    authorityKeyId: Buffer | undefined,
): Buffer[] {
    const isCa = inputs["isCaCertificate"] === true;
    const maximum = inputs["maxPathLength"];
    return extensions({
        allowedUses: strings(inputs["allowedUses"]),
        isCa,
        maxPathLength: typeof maximum === "number" && maximum >= 0 ? maximum : undefined,
        subjectKeyId: hasSubjectKeyId(inputs) ? keyIdentifier(subject.publicKey) : undefined,
        authorityKeyId,
        alternativeNames: subject.alternativeNames,
        subjectEmpty: subject.name.length <= 2,
    });
}

export function hasSubjectKeyId(inputs: Properties): boolean {
    return inputs["setSubjectKeyId"] === true || inputs["isCaCertificate"] === true;
}

function checkTimes(inputs: Properties): CheckFailure[] {
    const rules = [
        { property: "validityPeriodHours", least: 0 },
        { property: "earlyRenewalHours", least: 0 },
        { property: "maxPathLength", least: -1 },
    ];
    return rules.flatMap(({ property, least }): CheckFailure[] => {
        const value = inputs[property];
        return typeof value === "number" && value < least ? [{ property, reason: `must be at least ${least} (got ${value})` }] : [];
    });
}

function checkUses(inputs: Properties): CheckFailure[] {
    const uses = inputs["allowedUses"];
    if (!Array.isArray(uses)) return [];
    return uses.flatMap((use: unknown, index): CheckFailure[] => {
        if (typeof use !== "string" || ALLOWED_USES.includes(use)) return [];
        const guess = suggest(use, ALLOWED_USES);
        const help = guess === undefined ? `there are ${ALLOWED_USES.join(", ")}` : `did you mean "${guess}"?`;
        return [{ property: `allowedUses[${index}]`, reason: `unknown use ${JSON.stringify(use)}; ${help}` }];
    });
}
