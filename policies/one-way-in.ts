import { CONTAINER, mappings, roleOf } from "./made";
import type { Policy } from "./policy";

export const oneWayIn: Policy = {
    id: "one-way-in",
    why: "A published port is open to the internet, past the proxy's limits and encryption, and Docker opens it past the firewall, too (R15).",
    fix: "publish nothing but the ports that are held for the proxy; give others a route",
    staging: "refuse",
    checkResource: (made) =>
        made.type !== CONTAINER || roleOf(made) === "port"
            ? []
            : [
                  ...mappings(made.inputs["ports"]).map(
                      ({ internal, external }) =>
                          `container ${made.name}: publishes port ${typeof external === "number" ? external : String(internal)}`,
                  ),
                  ...(made.inputs["publishAllPorts"] === true ? [`container ${made.name}: publishes all ports`] : []),
              ],
};
