import type { Finding } from "./findings";

/** A rule that lets strangers in. */
interface Opening {
    /** `9090/tcp`, `7000-7010/tcp`; undefined: everything. */
    readonly port?: string;
    /** As the firewall shows it. */
    readonly rule: string;
    /** Zone of firewalld, whose rules come back where only they are deleted. */
    readonly zone?: string;
}

/**
 * What the firewall lets in and nobody declared. Pure.
 *
 * @param iptables rules as `iptables -S` lists them
 * @param nft the lines of `nft list ruleset`
 * @param ports those that belong there, `443/tcp`
 */
export function openings(iptables: readonly string[], nft: readonly string[], ports: readonly string[]): readonly Finding[] {
    // What iptables shows, nft shows once more where it is the one that keeps it.
    const tables = iptables.length === 0 ? inputRules(nft) : inputRules(nft).filter(({ table }) => !/^ip6? filter$/.test(table));
    const found = [...iptables.flatMap(byIptables), ...tables.flatMap(byNft)];
    return found.filter(({ port }) => port === undefined || !ports.includes(port)).map(finding);
}

function finding({ port, rule, zone }: Opening): Finding {
    const how =
        zone === undefined
            ? "delete the rule"
            : `take it out of firewalld's zone ${zone} (firewall-cmd --permanent --zone=${zone} --list-all shows it), then firewall-cmd --reload`;
    const what = port === undefined ? `the firewall lets everything in: ${rule}` : `the firewall lets in ${port}`;
    const kept = port === undefined ? "" : `, or name it in quai:target.belongs: ${JSON.stringify(port)}`;
    return { kind: "undeclared", what, repair: { kind: "hand", how: `${how}${kept}` } };
}

/** Chains that strangers come through; the last is firewalld's. */
const CHAINS = /^-A (?:INPUT|DOCKER-USER|ufw6?-user-input|IN_(\w+)_allow) /;

function byIptables(rule: string): Opening[] {
    const chain = CHAINS.exec(rule);
    if (chain === null || !rule.endsWith(" -j ACCEPT")) return [];
    const zone = chain[1];
    if (/^-A \S+(?: -p \w+)?(?: -m (?:tcp|udp))? -j ACCEPT$/.test(rule)) return [{ rule, zone }];
    const [, protocol = "", ports = ""] = /\b(tcp|udp) .*--dports? (\S+)/.exec(rule) ?? [];
    return portsIn(ports, protocol).map((port) => ({ port, rule, zone }));
}

interface NftRule {
    /** `inet firewalld` */
    readonly table: string;
    readonly chain: string;
    readonly rule: string;
}

/** Rules of the chains that what comes in goes through: those hooked to input, and where they lead. */
function inputRules(lines: readonly string[]): NftRule[] {
    let [table, chain] = ["", ""];
    const rules: NftRule[] = [];
    for (const line of lines.map((each) => each.trim())) {
        table = /^table (.+) \{$/.exec(line)?.[1] ?? table;
        chain = /^chain (\S+) \{$/.exec(line)?.[1] ?? (line === "}" ? "" : chain);
        if (chain !== "" && !line.startsWith("chain ")) rules.push({ table, chain, rule: line });
    }
    const roots = rules.filter(({ rule }) => /^type \w+ hook input /.test(rule));
    const reached = new Set(roots.map(({ table: of, chain: name }) => `${of} ${name}`));
    // A set hands out what is added to it meanwhile.
    for (const place of reached) {
        for (const { table: of, chain: name, rule } of rules) {
            const next = /\b(?:jump|goto) (\S+)$/.exec(rule)?.[1];
            if (`${of} ${name}` === place && next !== undefined && !INSIDE.test(rule)) reached.add(`${of} ${next}`);
        }
    }
    return rules.filter((each) => reached.has(`${each.table} ${each.chain}`));
}

/** From the machine itself, or from Docker's own networks: no stranger comes in there. */
const INSIDE = /\biif(?:name)? "(?:lo|docker\d*|br-[0-9a-f]+)"/;

function byNft({ chain, rule }: NftRule): Opening[] {
    if (!/\baccept$/.test(rule) || INSIDE.test(rule)) return [];
    const zone = /^filter_IN_(\w+?)(?:_(?:allow|pre|post))?$/.exec(chain)?.[1];
    const bare = rule.replace(/counter packets \d+ bytes \d+ /, "");
    if (/^(?:meta l4proto (?:tcp|udp) )?accept$/.test(bare)) return [{ rule: `${bare}, in chain ${chain}`, zone }];
    const [, protocol = "", ports = ""] = /\b(tcp|udp) dport (\{[^}]*\}|\S+)/.exec(bare) ?? [];
    return portsIn(ports, protocol).map((port) => ({ port, rule, zone }));
}

/** `22,8000:8010`, `{ 22, 8000-8010 }` */
function portsIn(text: string, protocol: string): string[] {
    return text
        .replace(/(\d):(\d)/g, "$1-$2")
        .split(/[^0-9-]+/)
        .filter((port) => /^\d+(?:-\d+)?$/.test(port))
        .map((port) => `${port}/${protocol}`);
}
