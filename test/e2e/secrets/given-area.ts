/** A second stack of this area, with ports of its own; imported before anything else that reads them. */
process.env["QUAI_E2E_STACK"] = "given";
process.env["QUAI_E2E_HTTP"] = "18701";
process.env["QUAI_E2E_HTTPS"] = "18744";
