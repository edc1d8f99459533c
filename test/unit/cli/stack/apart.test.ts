import { encryptedPaths, withoutSources } from "../../../../tools/cli/stack/apart";

test("R26: of a stranger's stack file no variable is looked at and no command run: each counts as an encrypted value", () => {
    const closed = { secure: "v1:x" };
    const config = withoutSources({
        "quai:domain": "app.quay.eu",
        "quai:secrets": {
            smtp: closed,
            openai: { environment: "OPENAI_API_KEY" },
            stripe: { command: ["curl", "https://evil.example"], timeout: "5m", former: { command: ["rm"] } },
            django: { value: closed, former: { environment: "OLD" } },
        },
    });
    const empty = { secure: "" };
    expect(config).toEqual({
        "quai:domain": "app.quay.eu",
        "quai:secrets": { smtp: closed, openai: empty, stripe: { value: empty, former: empty }, django: { value: closed, former: empty } },
    });
    expect(encryptedPaths(config)).toEqual([
        "quai:secrets.django.former",
        "quai:secrets.django.value",
        "quai:secrets.openai",
        "quai:secrets.smtp",
        "quai:secrets.stripe.former",
        "quai:secrets.stripe.value",
    ]);
});
