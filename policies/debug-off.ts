import type { Policy } from "./policy";
import { environmentVariables, isOn } from "./variables";

export const debugOff: Policy = {
    id: "debug-off",
    why: "Debug mode shows source code, settings and sometimes secrets to whoever provokes an error (R37).",
    fix: "remove it, or set it to false",
    check: (settings) =>
        environmentVariables(settings)
            .filter(({ name, value }) => /(^|_)DEBUG$/i.test(name) && isOn(value))
            .map(({ path }) => `${path}: debug mode is on`),
};
