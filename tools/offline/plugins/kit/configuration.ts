import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import * as proto from "@pulumi/pulumi/proto/provider_pb";
import { checkAgainstFacts } from "./check";
import { compareInputs } from "./diff";
import { refusal } from "./resources";
import { secretByFacts, textsToHide } from "./secrecy";
import type { Session } from "./session";
import type { PropertyFacts, Properties } from "./types";
import { decode, encode } from "./values";

/** Set by the engine on every provider, known to none. */
const ENGINE_KEYS: readonly string[] = ["version", "pluginDownloadURL"];

/** The calls that are about the provider itself. */
export class ConfigurationCalls {
    constructor(private readonly session: Session) {}

    async checkConfig(request: proto.CheckRequest): Promise<proto.CheckResponse> {
        const { plugin } = this.session;
        const { facts, name } = plugin;
        const sent = decode(request.getNews());
        const given = readConfig(facts.provider, sent.values);
        this.session.scrubber.add(textsToHide(facts.provider, { ...sent, values: given }, facts));
        const checked = checkAgainstFacts(
            facts,
            `the ${name} provider`,
            facts.provider,
            given,
            secretByFacts(facts.provider, given, facts),
        );
        const rules = checked.wellFormed ? (plugin.checkConfig?.(checked.values) ?? []) : [];
        const response = refusal([...checked.failures, ...rules]);
        response.setInputs(encode(sent.values, new Set([...sent.secretKeys, ...secretByFacts(facts.provider, given, facts)])));
        return response;
    }

    async diffConfig(request: proto.DiffRequest): Promise<proto.DiffResponse> {
        const { facts } = this.session.plugin;
        const before = readConfig(facts.provider, decode(request.getOldInputs() ?? request.getOlds()).values);
        const { changed } = compareInputs(facts.provider, before, readConfig(facts.provider, decode(request.getNews()).values));
        const response = new proto.DiffResponse();
        const { DIFF_NONE, DIFF_SOME } = proto.DiffResponse.DiffChanges;
        response.setChanges(changed.length > 0 ? DIFF_SOME : DIFF_NONE);
        response.setDiffsList([...changed]);
        return response;
    }

    async configure(request: proto.ConfigureRequest): Promise<proto.ConfigureResponse> {
        const { facts, name } = this.session.plugin;
        const sent = decode(request.getArgs());
        const given = readConfig(facts.provider, sent.values);
        this.session.scrubber.add(textsToHide(facts.provider, { ...sent, values: given }, facts));
        this.session.config = checkAgainstFacts(facts, name, facts.provider, given).values;
        const response = new proto.ConfigureResponse();
        response.setAcceptsecrets(true);
        response.setAcceptresources(false);
        response.setAcceptoutputs(false);
        response.setSupportspreview(true);
        return response;
    }

    async cancel(): Promise<Empty> {
        this.session.cancel();
        return new Empty();
    }
}

/** The SDK sends a provider's lists, numbers and switches as JSON texts. */
function readConfig(bag: Readonly<Record<string, PropertyFacts>>, values: Properties): Properties {
    const entries = Object.entries(values).filter(([key]) => !ENGINE_KEYS.includes(key) && !key.startsWith("__"));
    return Object.fromEntries(entries.map(([key, value]) => [key, bag[key]?.type === "string" ? value : parseJson(value)]));
}

function parseJson(value: unknown): unknown {
    if (typeof value !== "string") return value;
    try {
        return JSON.parse(value) as unknown;
    } catch {
        return value;
    }
}
