import type { RateLimit } from "./args";
import type { ProxySpec, RouteSpec } from "./spec";

/** The firewall's rules in the form of its API: they nest deeper than the provider's own form goes. Pure. */

type Json = { readonly [key: string]: unknown };

/** Windows that a rate is counted in, in seconds, and the least count (WAF developer guide, as of 2026-11). */
const WINDOWS = [60, 120, 300, 600];
const LEAST = 10;

export interface Rate {
    /** Requests of one address within the window; more are answered 429. */
    readonly limit: number;
    /** Seconds. */
    readonly window: number;
}

/**
 * The same rate as on a Docker host, in the firewall's terms: what the rate lets through in the shortest window that can be counted, and the
 * burst once. It is looked at every few seconds, so a peak may get further than nginx would let it.
 */
export function rateOf(limit: RateLimit): Rate {
    const perSecond = limit.rate.requests / (limit.rate.per === "second" ? 1 : 60);
    const count = (window: number) => Math.ceil(perSecond * window) + limit.burst;
    const window = WINDOWS.find((seconds) => count(seconds) >= LEAST) ?? 600;
    return { limit: Math.max(LEAST, count(window)), window };
}

/** AWS's own rules. Sizes are judged by the stack's limits, so that one rule only counts. */
const MANAGED: readonly { readonly name: string; readonly count: readonly string[] }[] = [
    { name: "AWSManagedRulesAmazonIpReputationList", count: [] },
    { name: "AWSManagedRulesCommonRuleSet", count: ["SizeRestrictions_BODY"] },
    { name: "AWSManagedRulesKnownBadInputsRuleSet", count: [] },
];

export function firewallRules(spec: ProxySpec): Json[] {
    const limits = spec.zones.map((zone) => rateRule(spec, zone));
    const rules = [...limits, ...bodyRules(spec), ...denyRules(spec), ...MANAGED.map(managedRule)];
    return rules.map((rule, index) => ({ ...rule, Priority: index + 1 }));
}

function rateRule(spec: ProxySpec, zone: RateLimit): Json {
    const { limit, window } = rateOf(zone);
    return {
        Name: `rate-${zone.name}`,
        Statement: {
            RateBasedStatement: {
                Limit: limit,
                EvaluationWindowSec: window,
                AggregateKeyType: "IP",
                ScopeDownStatement: only(spec, (route) => route.limit?.name === zone.name),
            },
        },
        Action: answer(429),
        VisibilityConfig: visible(`rate-${zone.name}`),
    };
}

/** Longer bodies are known by their announced length; one that isn't announced is the service's to refuse. */
function bodyRules(spec: ProxySpec): Json[] {
    const sizes = [...new Set(spec.routes.map(({ bodyLimit }) => bodyLimit))].sort((a, b) => a - b);
    return sizes.map((size) => ({
        Name: `body-${size}`,
        Statement: all([header("content-length", `^(${numbersAbove(size).join("|")})$`), only(spec, (route) => route.bodyLimit === size)]),
        Action: answer(413),
        VisibilityConfig: visible(`body-${size}`),
    }));
}

function denyRules(spec: ProxySpec): Json[] {
    return spec.routes
        .filter(({ deny }) => deny.length > 0)
        .map((route, index) => ({
            Name: `deny-${index + 1}`,
            Statement: all([
                ...hostOf(route),
                path(`^${escaped(route.path)}.*\\.(${route.deny.map((ending) => ending.slice(1)).join("|")})$`, ["LOWERCASE"]),
            ]),
            Action: answer(403),
            VisibilityConfig: visible(`deny-${index + 1}`),
        }));
}

function managedRule({ name, count }: (typeof MANAGED)[number]): Json {
    return {
        Name: name,
        Statement: {
            ManagedRuleGroupStatement: {
                VendorName: "AWS",
                Name: name,
                RuleActionOverrides: count.map((rule) => ({ Name: rule, ActionToUse: { Count: {} } })),
            },
        },
        OverrideAction: { None: {} },
        VisibilityConfig: visible(name),
    };
}

/** Requests that some routes take, and not those that a more special route takes from them. */
function only(spec: ProxySpec, wanted: (route: RouteSpec) => boolean): Json {
    const mine = spec.routes.filter(wanted);
    const others = spec.routes.filter((route) => !wanted(route) && mine.some((each) => isWithin(route, each)));
    const statement = any(mine.map(matches));
    return others.length === 0 ? statement : all([statement, { NotStatement: { Statement: any(others.map(matches)) } }]);
}

/** Whether a route takes its requests out of a more general one. */
function isWithin(special: RouteSpec, general: RouteSpec): boolean {
    const sameHost = general.host === undefined || general.host === special.host;
    return sameHost && !general.exact && special.path.startsWith(general.path);
}

function matches(route: RouteSpec): Json {
    return all([...hostOf(route), path(`^${escaped(route.path)}${route.exact ? "$" : ""}`, [])]);
}

function hostOf(route: RouteSpec): Json[] {
    return route.host === undefined ? [] : [header("host", `^${escaped(route.host)}(:[0-9]+)?$`)];
}

/** Spelled differently, it is still the same path. */
function path(expression: string, more: readonly string[]): Json {
    return regex(expression, { UriPath: {} }, ["URL_DECODE", "NORMALIZE_PATH", ...more]);
}

function header(name: string, expression: string): Json {
    return regex(expression, { SingleHeader: { Name: name } }, ["LOWERCASE"]);
}

function regex(expression: string, field: Json, transformations: readonly string[]): Json {
    return {
        RegexMatchStatement: {
            RegexString: expression,
            FieldToMatch: field,
            TextTransformations: transformations.map((Type, Priority) => ({ Priority, Type })),
        },
    };
}

function all(statements: readonly Json[]): Json {
    const [first, ...rest] = statements;
    return first !== undefined && rest.length === 0 ? first : { AndStatement: { Statements: statements } };
}

function any(statements: readonly Json[]): Json {
    const [first, ...rest] = statements;
    return first !== undefined && rest.length === 0 ? first : { OrStatement: { Statements: statements } };
}

function answer(ResponseCode: number): Json {
    return { Block: { CustomResponse: { ResponseCode } } };
}

function visible(MetricName: string): Json {
    return { SampledRequestsEnabled: true, CloudWatchMetricsEnabled: true, MetricName };
}

function escaped(text: string): string {
    return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

/** Expressions for all whole numbers above one, without leading zeros: longer ones, and as long ones that are larger from some digit on. */
export function numbersAbove(number: number): string[] {
    const digits = String(number);
    const larger = [...digits].flatMap((digit, index) =>
        digit === "9" ? [] : [`${digits.slice(0, index)}[${Number(digit) + 1}-9]${repeated(digits.length - index - 1)}`],
    );
    return [`[1-9][0-9]{${digits.length},}`, ...larger];
}

function repeated(times: number): string {
    return times === 0 ? "" : `[0-9]{${times}}`;
}
