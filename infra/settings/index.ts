export type { Context, Preset } from "./context";
export { clearSecrets, setCommand } from "./giving";
export { nearest } from "./leaf";
export { type Names, refuseUnknownNames } from "./names";
export { parseSettings } from "./parse";
export { pathText, SettingsError } from "./problems";
export type * from "./types";
export { formatDuration, formatSize, parseDuration, parseSize } from "./units";
export { parseSshHost, type SshHost } from "./values";
