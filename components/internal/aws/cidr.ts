/** Address arithmetic for the network. Pure. */

export interface SubnetBlocks {
    readonly public: readonly string[];
    readonly private: readonly string[];
    readonly isolated: readonly string[];
}

/** What AWS allows for a network; each subnet is a sixteenth of it, and a subnet is /28 at least. */
const LARGEST = 16;
const SMALLEST = 24;

/**
 * The blocks of a network's subnets, by tier and zone: the network in sixteen parts, four of them for each tier, so that a fourth zone can be
 * added without moving what is there.
 *
 * @throws Error when `cidr` isn't an IPv4 block of /16 to /24 that begins where its mask says.
 */
export function subnetBlocks(cidr: string, zones: number, path = "quai:target.cidr"): SubnetBlocks {
    const { base, prefix } = parseBlock(cidr, path);
    const size = 2 ** (32 - prefix - 4);
    const tier = (first: number) => Array.from({ length: zones }, (_, zone) => `${text(base + (first + zone) * size)}/${prefix + 4}`);
    return { public: tier(0), private: tier(4), isolated: tier(8) };
}

/** @throws Error as `subnetBlocks`. */
export function parseBlock(cidr: string, path: string): { readonly base: number; readonly prefix: number } {
    const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(cidr);
    const bytes = (match ?? []).slice(1, 5).map(Number);
    const prefix = Number(match?.[5]);
    const base = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
    if (match === null || bytes.some((byte) => byte > 255) || prefix < LARGEST || prefix > SMALLEST || base % 2 ** (32 - prefix) !== 0) {
        throw new Error(`${path}: must be an IPv4 block of /${LARGEST} to /${SMALLEST} such as 10.0.0.0/16 (got ${JSON.stringify(cidr)})`);
    }
    return { base, prefix };
}

/** Whether two blocks share addresses. */
export function overlap(a: string, b: string): boolean {
    const [left, right] = [a, b].map((cidr) => {
        const [address = "", prefix = "32"] = cidr.split("/");
        const base = address.split(".").reduce((sum, byte) => sum * 256 + Number(byte), 0);
        return { base, end: base + 2 ** (32 - Number(prefix)) };
    });
    return left !== undefined && right !== undefined && left.base < right.end && right.base < left.end;
}

function text(address: number): string {
    return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}
