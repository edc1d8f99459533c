/** The area's own stack and ports; imported before anything else that reads them. */
process.env["QUAI_E2E_STACK"] = "server";
process.env["QUAI_E2E_HTTP"] = "19080";
process.env["QUAI_E2E_HTTPS"] = "19443";
