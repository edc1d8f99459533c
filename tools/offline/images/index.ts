/** Images where no registry answers: see docs/images.md. */
export { imagesFor, type ImageChoice, type ImagesForOptions, type ImagesForResult } from "./choose";
export type { DockerOptions } from "./docker";
export { ensureOfflineImages, type EnsureOptions, imageCacheFolder, type ImageMap } from "./ensure";
export { neededByOthers } from "./needed";
export { type ImageNeed, offeredVersions, recipeFor } from "./recipes";
export { registryAnswers, type RegistryOptions } from "./registry";
