import type { Priced } from "./prices";
import { PRICES, PRICES_AS_OF, REGION_FACTOR } from "./prices";

export interface CostLine {
    readonly what: Priced;
    readonly count: number;
    /** US dollars a month. */
    readonly monthly: number;
}

/** What runs day and night, summed up as it is declared. Traffic, requests, logs and snapshots are not in it: they depend on use. */
export class Costs {
    private readonly counts = new Map<Priced, number>();

    constructor(private readonly region: string) {}

    add(what: Priced, count: number): void {
        this.counts.set(what, (this.counts.get(what) ?? 0) + count);
    }

    lines(): readonly CostLine[] {
        const factor = REGION_FACTOR[this.region] ?? 1.15;
        return [...this.counts]
            .map(([what, count]) => ({ what, count, monthly: Math.round(PRICES[what] * count * factor * 100) / 100 }))
            .sort((a, b) => b.monthly - a.monthly || (a.what < b.what ? -1 : 1));
    }

    /** US dollars a month, whole. */
    total(): number {
        return Math.round(this.lines().reduce((sum, line) => sum + line.monthly, 0));
    }

    /** For the outputs of the stack, where the next preview finds it. */
    noted() {
        const each = Object.fromEntries(this.lines().map(({ what, monthly }) => [what, monthly]));
        return { region: this.region, asOf: PRICES_AS_OF, monthly: this.total(), each };
    }

    /** For the preview. */
    summary(): string {
        const largest = this.lines()
            .slice(0, 4)
            .map(({ what, monthly }) => `${what} ${Math.round(monthly)}`);
        return `about ${this.total()} US dollars a month in ${this.region} (an estimate; prices of ${PRICES_AS_OF}, without traffic, requests, logs and snapshots); most of it: ${largest.join(", ")}`;
    }
}
