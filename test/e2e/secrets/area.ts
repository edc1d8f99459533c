/** The area's own stack and ports; imported before anything else that reads them. */
process.env["QUAI_E2E_STACK"] = "secrets";
process.env["QUAI_E2E_HTTP"] = "18700";
process.env["QUAI_E2E_HTTPS"] = "18743";
