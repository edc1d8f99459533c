import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { answered, checkout, docker, quai } from "../support/checkout";
import { container, DESCRIPTION, must, objects, PRODUCTION, stackOf, touched, up, WAIVED, write } from "./stacks";

const released = (note: string) => ({
    "quai:custom": {
        ...DESCRIPTION,
        services: { web: { ...DESCRIPTION.services.web, env: { ...DESCRIPTION.services.web.env, NOTE: note } } },
    },
});
const snapshots = async () =>
    JSON.parse((await must(quai("backup", "list", PRODUCTION, "--json"))).stdout) as {
        readonly reason?: string;
        readonly tags?: string[];
    }[];

describe("R58: a snapshot before each migration of production", () => {
    test("a release makes one first, and says what for", async () => {
        write("production", released("one"));
        const before = await snapshots();
        const { text } = await must(up("production"));
        expect(text.indexOf("A snapshot before the migration:")).toBeGreaterThan(-1);
        expect(text.indexOf("A snapshot before the migration:")).toBeLessThan(text.indexOf("Deploying stack"));
        const after = await snapshots();
        expect(after.length).toBe(before.length + 1);
        expect(JSON.stringify(after)).toContain("before-migration");
    });

    test("an update without a migration makes none", async () => {
        write("production", { ...released("one"), "quai:proxy": { requestsPerSecond: 20 } });
        const { text } = await must(up("production"));
        expect(text).not.toContain("A snapshot before");
    });

    test("where it fails, nothing is touched and the former release serves; with the rule waived, the update goes on without", async () => {
        const serving = container("production", "web");
        const repository = (from: string, to: string) =>
            docker(
                "exec",
                container("production", "backup"),
                "sh",
                "-c",
                `cd "$(dirname "$(find /backup -name config)")" && mv ${from} ${to}`,
            );
        repository("keys", "keys-away");
        try {
            const before = touched();
            write("production", released("two"));
            const { code, text } = await up("production");
            expect([code !== 0, touched() === before]).toEqual([true, true]);
            expect(text).toContain("A snapshot before the migration:");
            expect(container("production", "web")).toBe(serving);
            write("production", { ...released("two"), "quai:waive": { ...WAIVED, "backup-fresh": WAIVED["public-tls"] } });
            expect((await must(up("production"))).text).not.toContain("A snapshot before");
            expect(container("production", "web")).not.toBe(serving);
        } finally {
            repository("keys-away", "keys");
        }
        write("production");
        await must(up("production"));
    });
});

describe("R32: the question of ./quai rotate", () => {
    const stackFile = () => readFileSync(join(checkout(), `Pulumi.${PRODUCTION}.yaml`), "utf8");

    test("no: the stack file is as it was, byte for byte, and nothing was touched", async () => {
        const [text, before] = [stackFile(), touched()];
        const { code, text: said } = await answered("n", "rotate", "siteKey", PRODUCTION);
        expect(said).toMatch(/quai:rotation\.siteKey: "\d{4}-\d\d-\d\d"/);
        expect(said).toContain("siteKey is rotated");
        expect(said).toMatch(/Do it\? \[y\/N\] [\s\S]*Nothing was changed\.[\s\S]*is as it was\./);
        expect([code, stackFile(), touched()]).toEqual([0, text, before]);
    });

    test("yes: rotated, and the file keeps the date", async () => {
        const { code, text: said } = await answered("y", "rotate", "siteKey", stackOf("staging"));
        expect([code, said]).toEqual([0, expect.stringMatching(/is up \(/)]);
        const kept = parse(readFileSync(join(checkout(), `Pulumi.${stackOf("staging")}.yaml`), "utf8")) as { config: object };
        expect(kept.config).toMatchObject({ "quai:rotation": { siteKey: expect.stringMatching(/^\d{4}-\d\d-\d\d(\.2)?$/) as string } });
        expect(objects("container", stackOf("staging")).length).toBeGreaterThan(2);
    });
});
