import type { EngineClient } from "../engine/client";
import { inspectImage } from "../image/find";
import { defined, labelList, type Values } from "../values";
import type { InspectedContainer } from "./inspect";

/**
 * What an import knows beyond the ordinary outputs: values that a refresh leaves alone because the image adds its own to them. What the
 * image adds is taken off here.
 */
export async function importedValues(engine: EngineClient, found: InspectedContainer): Promise<Values> {
    const image = await inspectImage(engine, found.Image);
    const ofImage = image?.Config?.Env ?? [];
    const labelsOfImage = image?.Config?.Labels ?? {};
    const labels = Object.entries(found.Config.Labels ?? {}).filter(([name, value]) => labelsOfImage[name] !== value);
    const envs = (found.Config.Env ?? []).filter((entry) => !ofImage.includes(entry));
    const volumes = (found.HostConfig.Binds ?? []).map(volumeOf);
    const networks = networksOf(found);
    return defined({
        mustRun: true,
        start: true,
        envs: envs.length > 0 ? envs : undefined,
        labels: labels.length > 0 ? labelList(Object.fromEntries(labels)) : undefined,
        volumes: volumes.length > 0 ? volumes : undefined,
        networksAdvanced: networks.length > 0 ? networks : undefined,
        ports: Object.keys(found.NetworkSettings.Ports ?? {}).length > 0 ? [] : undefined,
        ulimits: (found.HostConfig.Ulimits ?? []).length > 0 ? [] : undefined,
        logOpts: Object.keys(found.HostConfig.LogConfig.Config ?? {}).length > 0 ? found.HostConfig.LogConfig.Config : undefined,
    });
}

function volumeOf(bind: string): Values {
    const [source = "", containerPath = "", mode = ""] = bind.split(":");
    const options = mode.split(",");
    return defined({
        [source.startsWith("/") ? "hostPath" : "volumeName"]: source,
        containerPath,
        readOnly: options.includes("ro") ? true : undefined,
        selinuxRelabel: options.find((option) => option === "z" || option === "Z"),
    });
}

function networksOf(found: InspectedContainer): Values[] {
    return Object.entries(found.NetworkSettings.Networks ?? {})
        .filter(([name]) => !["bridge", "host", "none"].includes(name))
        .map(([name, endpoint]) => {
            // The engine adds the container's short id to what was asked for.
            const aliases = (endpoint.Aliases ?? []).filter((alias) => !found.Id.startsWith(alias));
            return defined({
                name,
                aliases: aliases.length > 0 ? aliases : undefined,
                ipv4Address: endpoint.IPAMConfig?.IPv4Address || undefined,
                ipv6Address: endpoint.IPAMConfig?.IPv6Address || undefined,
            });
        });
}
