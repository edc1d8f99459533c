import { sshConnection } from "../../../../components/targets/ssh";
import { sshKeySteps, stepsFor } from "../../../../tools/cli/stack/given-rotation";
import { parse } from "../../settings/base";

const APPLICATION = {
    name: "shop",
    secrets: { session: { kind: "given" }, mail: { kind: "given" }, stripe: { kind: "given" } },
    services: { web: { port: 80, user: 1, env: { KEY_FILE: "${file:secrets.session}", OLD_FILE: "${file:former.session}" } } },
    routes: [{ to: "web" }],
};
const shop = (secrets: Record<string, unknown>, more: Record<string, unknown> = {}) =>
    parse(
        {
            application: "custom",
            custom: APPLICATION,
            secrets: { session: "session-key-1234567", mail: "m-12345678901", stripe: "s-12345678901", ...secrets },
            ...more,
        },
        { applications: ["custom"] },
    );

describe("./quai rotate of what somebody else makes: steps instead of an update", () => {
    test("a secret whose user accepts a former one", () => {
        expect(stepsFor(shop({}), "session")).toBe(
            [
                "session stands encrypted in the stack file (quai:secrets.session), so the new value is yours to give:",
                "  1. give the new value, and keep the present one beside it: ./quai secrets set session --stack prod --keep-former",
                "  2. ./quai up prod: the new value signs, both are accepted; no request fails",
                "  3. when nothing of the former value is in use any more, take quai:secrets.session.former out of the stack file and run ./quai up prod: the former value is refused",
            ].join("\n"),
        );
    });

    test("one that is checked elsewhere, in a variable or a vault", () => {
        expect(stepsFor(shop({ mail: { environment: "MAIL" } }), "mail")).toContain(
            "mail comes from variable MAIL, so the new value is yours to give:\n  1. make the new value valid where it is checked",
        );
        expect(stepsFor(shop({ stripe: { command: ["op", "read", "x"] } }), "stripe")).toContain(
            "  2. put the new value there, in the vault",
        );
    });

    test("a registry's login", () => {
        const steps = stepsFor(shop({}, { registries: { "registry.quay.eu": { username: "me", passwordSecret: "mail" } } }), "mail");
        expect(steps).toContain("1. make the new value valid at registry.quay.eu");
        expect(steps).toContain("the next pull logs in with it");
        expect(steps).toContain("4. take the former value away at registry.quay.eu");
    });

    test("own certificates; what is generated is none of these", () => {
        const files = { tls: { mode: "files", certificate: "tls/app.pem", key: "tls/app.key" } };
        expect(stepsFor(shop({}, files), "tls")).toContain("put the files in the place of tls/app.pem and tls/app.key");
        expect(stepsFor(shop({}), "tls")).toBeUndefined();
        expect(stepsFor(shop({}), "databasePassword")).toBeUndefined();
    });

    test("an SSH key that no setting names", () => {
        const steps = sshKeySteps(sshConnection("ssh://deploy@app-1.quay.eu"), "prod");
        expect(steps).toContain("2. let it in beside the present one: ssh-copy-id -i <file>.pub deploy@app-1.quay.eu");
        expect(steps.split("\n")).toHaveLength(5);
    });
});
