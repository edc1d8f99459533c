import type { Policy } from "./policy";
import { environmentVariables, items } from "./variables";

export const httpsOrigins: Policy = {
    id: "https-origins",
    why: "An origin without encryption that may call the API lets anyone on the visitor's network do it in their name (R37).",
    fix: "write it with https://",
    check: (settings) =>
        environmentVariables(settings)
            .filter(({ name }) => /ORIGIN|CORS|CSRF/i.test(name))
            .flatMap(({ path, value }) =>
                items(value).flatMap((item) =>
                    /^http:\/\//i.test(item) ? [`${path}: ${item.replace(/\/\/.*@/, "//…@")} is an origin without encryption`] : [],
                ),
            ),
};
