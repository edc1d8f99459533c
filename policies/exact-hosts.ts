import type { Policy } from "./policy";
import { environmentVariables, isOn, items } from "./variables";

export const exactHosts: Policy = {
    id: "exact-hosts",
    why: "An application that accepts any host or origin can be made to answer, and to send links, in another site's name (R37).",
    fix: "list the host names one by one, or leave it out: it derives from quai:domain and quai:aliases",
    check: (settings) =>
        environmentVariables(settings).flatMap(({ path, name, value }) => {
            if (/ALLOW_ALL/i.test(name)) return isOn(value) ? [`${path}: allows every origin`] : [];
            if (!/ALLOWED_HOSTS?$|ORIGINS?$/i.test(name)) return [];
            if (items(value).length === 0) return [`${path}: is empty`];
            if (items(value).some((item) => item.includes("*"))) return [`${path}: has a wildcard (*)`];
            // Django and Rails: a name that begins with a dot.
            const wide = items(value).find((item) => /^\.[a-z0-9-]/i.test(item));
            return wide === undefined ? [] : [`${path}: ${wide} stands for every name below it`];
        }),
};
