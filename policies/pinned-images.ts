import { pathText } from "../infra/settings";
import { IMAGE } from "./made";
import type { Policy } from "./policy";

export const pinnedImages: Policy = {
    id: "pinned-images",
    why: "A tag can move, and a build is not the same twice: only a digest says exactly what runs, and what a rollback brings back (R9).",
    fix: "push the image to a registry and write its digest too, name:tag@sha256:… (`docker buildx imagetools inspect` prints it)",
    check: ({ images }) =>
        Object.entries(images).flatMap(([service, image]) => {
            const path = pathText(["images", service]);
            if (typeof image !== "string") return [`${path}: is built during the deployment, from ${image.build}`];
            return image.includes("@sha256:") ? [] : [`${path}: ${image} has no digest`];
        }),
    checkResource: ({ type, inputs: { name } }) =>
        type === IMAGE && typeof name === "string" && /^[^@]*?(?::latest|(?:^|\/)[^:/]+)$/.test(name)
            ? [`image ${name}: has neither a version nor a digest`]
            : [],
};
