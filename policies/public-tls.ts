import type { Policy } from "./policy";

export const publicTls: Policy = {
    id: "public-tls",
    why: "A certificate of the local authority is trusted by no visitor's browser, and people learn to click warnings away.",
    fix: "set acme (with quai:tls.email) or files",
    check: ({ tls }) => (tls.mode === "local" ? ["quai:tls.mode: local is for development"] : []),
};
