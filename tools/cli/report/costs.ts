import type { Preview } from "./engine-events";
import { asText, isRecord, own } from "./values";

/** What a stack on AWS costs a month, before and after; an estimate from list prices (docs/aws-costs.md). */
export interface CostChange {
    readonly region: string;
    /** Day of the prices. */
    readonly asOf: string;
    /** US dollars a month, whole; undefined: nothing there yet, or deployed before this was noted. */
    readonly from?: number;
    /** Undefined: it leaves AWS. */
    readonly to?: number;
    /** What differs, the largest difference first. */
    readonly lines: readonly { readonly what: string; readonly from: number; readonly to: number }[];
}

interface Noted {
    readonly region: string;
    readonly asOf: string;
    readonly total: number;
    readonly lines: Readonly<Record<string, number>>;
}

/** From what the program noted in its outputs, of the last update and of this one. */
export function costChange({ outputs }: Preview): CostChange | undefined {
    const [old, next] = [notedIn(outputs.old), notedIn(outputs.new)];
    const known = next ?? old;
    if (known === undefined || (next === undefined && outputs.new === undefined)) return undefined;
    const lines = [...new Set([...Object.keys(old?.lines ?? {}), ...Object.keys(next?.lines ?? {})])]
        .map((what) => ({ what, from: own(old?.lines ?? {}, what) ?? 0, to: own(next?.lines ?? {}, what) ?? 0 }))
        .filter(({ from, to }) => from !== to)
        .sort((a, b) => Math.abs(b.to - b.from) - Math.abs(a.to - a.from) || (a.what < b.what ? -1 : 1));
    return lines.length === 0 ? undefined : { region: known.region, asOf: known.asOf, from: old?.total, to: next?.total, lines };
}

function notedIn(outputs: Readonly<Record<string, unknown>> | undefined): Noted | undefined {
    const costs = outputs?.["costs"];
    if (!isRecord(costs)) return undefined;
    const [region, asOf, total] = [asText(costs["region"]), asText(costs["asOf"]), costs["monthly"]];
    if (region === undefined || asOf === undefined || typeof total !== "number") return undefined;
    const each = isRecord(costs["each"]) ? costs["each"] : {};
    const lines = Object.entries(each).filter((line): line is [string, number] => typeof line[1] === "number");
    return { region, asOf, total, lines: Object.fromEntries(lines) };
}

/** Lines that say most; the rest is in the total. */
const MOST = 6;

export function costLines(cost: CostChange | undefined): string[] {
    if (cost === undefined) return [];
    const { region, asOf, from, to, lines } = cost;
    const estimate = `an estimate; list prices of ${asOf}, without traffic, requests, logs and snapshots`;
    const head =
        to === undefined
            ? `About ${from ?? 0} US dollars a month less in ${region} (${estimate})`
            : from === undefined
              ? `About ${to} US dollars a month in ${region} (${estimate})`
              : `About ${from} → ${to} US dollars a month in ${region}, ${difference(to - from)} (${estimate})`;
    const dollars = (value: number) => String(Math.round(value * 10) / 10);
    const both = from !== undefined && to !== undefined;
    const each = (line: (typeof lines)[number]) => (both ? `${dollars(line.from)} → ${dollars(line.to)}` : dollars(line.from + line.to));
    return [head, ...lines.slice(0, MOST).map((line) => `${line.what}: ${each(line)}`)];
}

function difference(dollars: number): string {
    if (dollars === 0) return "about the same";
    return dollars > 0 ? `${dollars} more` : `${-dollars} less`;
}
