import { EngineError, type EngineClient } from "../engine/client";
import { defined, integer, records, text, texts, type Values } from "../values";

/** Takes a new container off the default network and connects it to those the program names, before it starts. */
export async function connectNetworks(engine: EngineClient, id: string, inputs: Values): Promise<void> {
    const networks = records(inputs, "networksAdvanced");
    if (networks.length === 0) {
        return;
    }
    await leaveBridge(engine, id);
    // In the order of names: the program's order has no meaning, as in the official plugin.
    const named = networks.map((network) => ({ network, name: text(network, "name") ?? "" }));
    for (const { network, name } of named.sort((a, b) => (a.name < b.name ? -1 : 1))) {
        try {
            const json = { Container: id, EndpointConfig: endpointConfig(network) };
            await engine.send("POST", `/networks/${encodeURIComponent(name)}/connect`, { json });
        } catch (error) {
            throw new Error(`networksAdvanced: can't connect to network "${name}": ${messageOf(error)}`);
        }
    }
}

async function leaveBridge(engine: EngineClient, id: string): Promise<void> {
    try {
        await engine.send("POST", "/networks/bridge/disconnect", { json: { Container: id, Force: false } });
    } catch (error) {
        if (!(error instanceof EngineError) || !/is not connected to (the )?network bridge/i.test(error.message)) {
            throw new Error(`networksAdvanced: can't leave the default network: ${messageOf(error)}`);
        }
    }
}

function endpointConfig(network: Values): Values {
    const options = texts(network, "driverOpts").flatMap((option): [string, string][] => {
        const equals = option.indexOf("=");
        return equals < 0 ? [] : [[option.slice(0, equals), option.slice(equals + 1)]];
    });
    const linkLocal = texts(network, "linkLocalIps");
    return defined({
        Aliases: texts(network, "aliases"),
        IPAMConfig: defined({
            IPv4Address: text(network, "ipv4Address"),
            IPv6Address: text(network, "ipv6Address"),
            LinkLocalIPs: linkLocal.length > 0 ? linkLocal : undefined,
        }),
        MacAddress: text(network, "macAddress"),
        DriverOpts: options.length > 0 ? Object.fromEntries(options) : undefined,
        GwPriority: integer(network, "gwPriority"),
    });
}

function messageOf(error: unknown): string {
    return error instanceof Error ? error.message : String(error);
}
