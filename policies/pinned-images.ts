import { pathText } from "../infra/settings";
import { buildsOf } from "../stacks/images";
import { IMAGE } from "./made";
import type { Policy } from "./policy";

export const pinnedImages: Policy = {
    id: "pinned-images",
    why: "A tag can move, and a build is not the same twice: only a digest says exactly what runs, and what a rollback brings back (R9).",
    fix: "push the image to a registry and write its digest too, name:tag@sha256:… (`docker buildx imagetools inspect` prints it)",
    check: ({ application, images }) => {
        const unnamed = Object.entries(buildsOf(application)).filter(([name]) => images[name] === undefined);
        return [...Object.entries(images), ...unnamed.map(([name, build]) => [name, { build }] as const)].flatMap(([name, image]) => {
            const path = pathText(["images", name]);
            if (typeof image !== "string") return [`${path}: is built during the deployment, from ${image.build}`];
            return image.includes("@sha256:") ? [] : [`${path}: ${image} has no digest`];
        });
    },
    checkResource: ({ type, inputs: { name } }) =>
        type === IMAGE && typeof name === "string" && /^[^@]*?(?::latest|(?:^|\/)[^:/]+)$/.test(name)
            ? [`image ${name}: has neither a version nor a digest`]
            : [],
};
