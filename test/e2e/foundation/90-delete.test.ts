import { existsSync } from "node:fs";
import { join } from "node:path";
import { checkout, docker, objects, quai, STACK, STACK_ID, writeSettings } from "../support/checkout";

describe("the end", () => {
    test("wrong settings are refused all at once, before anything is touched", async () => {
        const before = objects("container");
        writeSettings({ "quai:domain": "https://demo.example", "quai:ports": { http: 0, https: 70000 }, "quai:nothing": true });
        const result = await quai("up", STACK, "--yes").finally(() => writeSettings());
        expect(result.code).toBe(2);
        for (const path of ["quai:domain", "quai:ports.http", "quai:ports.https", "quai:nothing"])
            expect(result.text).toContain(`${path}: `);
        expect(objects("container")).toEqual(before);
    });

    test("down --delete-data asks, and does nothing where nobody can be asked", async () => {
        const result = await quai("down", STACK, "--delete-data");
        expect(result.code).toBe(2);
        expect(objects("container").length).toBeGreaterThan(0);
    });

    test("down --delete-data leaves no container, network, volume or image of ours", async () => {
        const result = await quai("down", STACK, "--yes", "--delete-data");
        expect(result.code).toBe(0);
        for (const kind of ["container", "network", "volume", "image"] as const) expect([kind, objects(kind)]).toEqual([kind, []]);
        const all = [
            docker("ps", "-a", "--format", "{{.Names}}"),
            docker("volume", "ls", "-q"),
            docker("network", "ls", "--format", "{{.Name}}"),
            docker("images", "--format", "{{.Repository}}"),
        ];
        expect(all.join("\n")).not.toContain(STACK_ID);
        expect(existsSync(join(checkout(), ".quai", "state", ".pulumi", "stacks", "quai", `${STACK}.json`))).toBe(false);
    });
});
