import type { Path, Problem } from "./problems";
import type { Parsed } from "./schema";

/* What is wrong between settings of a target on AWS. */

type Some = Partial<Parsed>;
type Aws = Extract<NonNullable<Some["target"]>, { kind: "aws" }>;

const missing = (path: Path, message: string): Problem => ({ path, message, show: false });
const wrong = (path: Path, message: string): Problem => ({ path, message, show: true });

/** What is wrong between the settings of a target on AWS. */
export function awsTarget({ target }: Some): Problem[] {
    return target?.kind === "aws" ? [...network(target), ...watched(target), ...scaled(target)] : [];
}

function network(target: Aws): Problem[] {
    const found: Problem[] = [];
    const { zones, nat, endpoints, vpc } = target;
    if (Array.isArray(zones) && (zones.length < 2 || zones.length > 3)) {
        found.push(wrong(["target", "zones"], "must be 2 or 3, or the names of two or three zones"));
    }
    if (nat === "none" && !endpoints && vpc === undefined) {
        found.push(wrong(["target", "nat"], "leaves containers no way to their images: set quai:target.endpoints: true, or nat: one"));
    }
    for (const tier of ["public", "private", "isolated"] as const) {
        if (vpc !== undefined && vpc[tier].length < 2) {
            found.push(missing(["target", "vpc", tier], "needs a subnet in each of at least two zones"));
        }
    }
    return found;
}

function watched({ monthlyBudget, alarmEmail, backupCopy, region, aurora }: Aws): Problem[] {
    const found: Problem[] = [];
    if (monthlyBudget !== undefined && alarmEmail === undefined) {
        found.push(missing(["target", "alarmEmail"], "is required with quai:target.monthlyBudget: the address that is told"));
    }
    if (backupCopy !== undefined && backupCopy === region) {
        found.push(wrong(["target", "backupCopy"], "must be another region than quai:target.region"));
    }
    if (aurora !== undefined && (aurora.least < 0.5 || aurora.most < aurora.least || aurora.least % 0.5 !== 0 || aurora.most % 0.5 !== 0)) {
        found.push(wrong(["target", "aurora"], "must be halves or whole units, 0.5 or more, and least not above most"));
    }
    return found;
}

function scaled({ scaleTo, scaleOn, cdn, sites }: Aws): Problem[] {
    const useless = Object.keys(scaleOn ?? {}).filter((name) => scaleTo?.[name] === undefined);
    return [
        ...useless.map((name) =>
            missing(["target", "scaleOn", name], `has no use without quai:target.scaleTo.${name}: the most tasks that there may be`),
        ),
        ...(Object.keys(sites ?? {}).length > 0 && cdn !== true
            ? [missing(["target", "sites"], "needs quai:target.cdn: true: CloudFront is what reads a site's files")]
            : []),
    ];
}
