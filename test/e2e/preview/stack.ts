// Imported before ../support/checkout: the area's own stack and ports.
process.env["QUAI_E2E_STACK"] = "prve2e";
process.env["QUAI_E2E_HTTP"] = "18210";
process.env["QUAI_E2E_HTTPS"] = "18211";
