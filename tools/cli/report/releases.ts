import type { Change, Preview, ResourceState } from "./engine-events";
import { environmentOf, hostName, labelOf, mountsOf, TYPE } from "./resources";
import { inWords, stops } from "./downtime";
import { asText, differences, own, shown, stable } from "./values";

/** A service that goes from one release to another; without `from` it is new, without `to` it goes. */
export interface Release {
    readonly service: string;
    readonly kind: "service" | "worker" | "scheduler";
    readonly from?: string;
    readonly to?: string;
    readonly image?: { readonly from?: string; readonly to?: string };
    /** Commits of the sources, where both images carry `org.opencontainers.image.revision`. */
    readonly commits?: { readonly from: string; readonly to: string };
    readonly containers: { readonly from: number; readonly to: number };
    /** What makes it another release, in words. */
    readonly reasons: readonly string[];
}

const KINDS = ["service", "worker", "scheduler"] as const;

/** Commits by image reference or id, where somebody has looked. */
export type Revisions = Readonly<Record<string, string>>;

export function releasesOf(preview: Preview, revisions: Revisions = {}): readonly Release[] {
    if (stops(preview)) return [];
    const containers = preview.changes.filter(({ type }) => type === TYPE.container);
    const services = new Set(containers.flatMap((change) => serviceOf(change) ?? []));
    return [...services].sort().flatMap((service) => {
        const own = containers.filter((change) => serviceOf(change) === service);
        const before = own.filter(({ operation }) => operation !== "create");
        const after = own.filter(({ operation }) => operation !== "delete");
        const old = before.find(({ operation }) => operation !== "same")?.old ?? before[0]?.old;
        const next = after.find(({ operation }) => operation !== "same")?.new ?? after[0]?.new;
        const [from, to] = [labelOf(old, "release"), labelOf(next, "release")];
        const role = labelOf(next ?? old, "role");
        const kind = KINDS.find((each) => each === role) ?? "service";
        const count = { from: before.length, to: after.length };
        if (from === to && count.from === count.to) return [];
        const image = imagesOf(preview, old, next);
        const commits = commitsOf(image, revisions);
        const reasons = from === undefined || to === undefined || from === to ? [] : reasonsOf(old, next, image);
        return [{ service, kind, from, to, ...(image === undefined ? {} : { image }), ...commits, containers: count, reasons }];
    });
}

function serviceOf({ new: next, old }: Change): string | undefined {
    const state = next ?? old;
    return KINDS.some((kind) => kind === labelOf(state, "role")) ? labelOf(state, "service") : undefined;
}

/** References of the images, before and after; undefined where they are the same. */
function imagesOf(preview: Preview, old: ResourceState | undefined, next: ResourceState | undefined): Release["image"] {
    const [from, to] = [nameOfImage(preview, old, undefined), nameOfImage(preview, next, old)];
    return from === to ? undefined : { from, to };
}

function nameOfImage(preview: Preview, container: ResourceState | undefined, former: ResourceState | undefined): string | undefined {
    if (container === undefined) return undefined;
    const images = preview.changes.filter(({ type }) => type === TYPE.image);
    const id = asText(container.inputs["image"]);
    if (id !== undefined) {
        const known = images.find(({ old, new: next }) => [old, next].some((state) => state?.outputs["imageId"] === id));
        return hostName(known?.new ?? known?.old) ?? id;
    }
    // It isn't made yet, so it is one of those that will be: that of the same repository, or the only one.
    const coming = images.flatMap((change) => (change.operation === "create" ? (hostName(change.new) ?? []) : []));
    const repository = repositoryOf(nameOfImage(preview, former, undefined) ?? "");
    return coming.find((name) => repositoryOf(name) === repository) ?? (coming.length === 1 ? coming[0] : undefined);
}

function repositoryOf(reference: string): string {
    return reference.replace(/@.*$/, "").replace(/:[^:/]*$/, "");
}

function commitsOf(image: Release["image"], revisions: Revisions): Pick<Release, "commits"> {
    const [from, to] = [own(revisions, image?.from ?? ""), own(revisions, image?.to ?? "")];
    return from === undefined || to === undefined || from === to ? {} : { commits: { from, to } };
}

function reasonsOf(old: ResourceState | undefined, next: ResourceState | undefined, image: Release["image"]): string[] {
    const has = (name: string) => stable(old?.inputs[name]) !== stable(next?.inputs[name]);
    const limits = [
        ...unit("memory", old?.inputs["memory"], next?.inputs["memory"], " MiB"),
        ...unit("CPUs", old?.inputs["cpus"], next?.inputs["cpus"], ""),
    ];
    const command = has("command") || has("entrypoints") ? ["another command"] : [];
    const health = has("healthcheck") ? ["another health check"] : [];
    const grace = unit("time to stop", old?.inputs["stopTimeout"], next?.inputs["stopTimeout"], " s");
    const mounts = mountReasons(old, next);
    const found = [...variables(old, next), ...limits, ...command, ...health, ...grace, ...mounts, ...otherReasons(old, next)];
    return found.length > 0 || image !== undefined ? found : ["a secret that it uses has another version"];
}

/** Inputs that are told above, or that differ with every release. */
const TOLD =
    /^(envs|memory|memorySwap|cpus|command|entrypoints|healthcheck|stopTimeout|destroyGraceSeconds|mounts|image|labels|name|networksAdvanced|hostname)$/;

function otherReasons(old: ResourceState | undefined, next: ResourceState | undefined): string[] {
    const names = Object.keys({ ...old?.inputs, ...next?.inputs }).filter((name) => !TOLD.test(name));
    return [...new Set(names.filter((name) => stable(old?.inputs[name]) !== stable(next?.inputs[name])).map(inWords))].sort();
}

function variables(old: ResourceState | undefined, next: ResourceState | undefined): string[] {
    const [before, after] = [{ ...environmentOf(old) }, { ...environmentOf(next) }];
    delete before["RELEASE"];
    delete after["RELEASE"];
    return differences(before, after).map(({ path, old: from, new: to }) => `${path}: ${shown(from)} → ${shown(to)}`);
}

function unit(what: string, from: unknown, to: unknown, suffix: string): string[] {
    const text = (value: unknown) => (value === undefined || value === 0 || value === "" ? "no limit" : `${shown(value)}${suffix}`);
    return text(from) === text(to) ? [] : [`${what}: ${text(from)} → ${text(to)}`];
}

/** Volumes of files; those of secrets carry the release in their name and always differ. */
function mountReasons(old: ResourceState | undefined, next: ResourceState | undefined): string[] {
    const files = (state: ResourceState | undefined) =>
        Object.fromEntries(
            mountsOf(state)
                .filter(({ target }) => target !== "/run/secrets")
                .map(({ source, target, readOnly }) => [target, readOnly ? `${source}, read only` : source]),
        );
    return differences(files(old), files(next)).map(({ path, old: from, new: to }) => `files at ${path}: ${shown(from)} → ${shown(to)}`);
}
