import { mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { builtImage } from "../../../components/internal/docker/built-image";
import { IMAGE, record } from "../support/mocks";
import { dockerTarget } from "../support/target";
import { scratchFolder } from "../support/scratch";

const scratch = scratchFolder("image");

function folder(text: string): string {
    const made = mkdtempSync(join(scratch, "app-"));
    writeFileSync(join(made, "Dockerfile"), text);
    return made;
}

async function build(context: string, args: { dockerfile?: string; target?: string; args?: Record<string, string> } = {}) {
    const { of, result } = await record(() => {
        const target = dockerTarget();
        return builtImage(target, "api", { context, setting: "quai:images.api", parent: target, ...args });
    });
    return { resource: of(IMAGE)[0], reference: result.reference };
}

describe("an image built on the host", () => {
    const context = folder("FROM scratch\n");

    test("is named by its content, labelled, and kept when no longer used", async () => {
        const { resource, reference } = await build(context, { args: { BASE: "debian:12" }, target: "production" });
        expect(reference).toMatch(/^quai\/demo-dev\/api:[0-9a-f]{8}$/);
        const tag = reference.split(":")[1];
        expect(resource).toMatchObject({
            name: `api-image-${tag}`,
            provider: "host",
            inputs: {
                name: reference,
                keepLocally: true,
                build: {
                    context,
                    dockerfile: "Dockerfile",
                    target: "production",
                    buildArgs: { BASE: "debian:12" },
                    labels: { "io.quai.stack": "demo-dev", "io.quai.role": "image", "io.quai.service": "api" },
                },
            },
        });
    });

    test("R10: content, arguments, stage and Dockerfile each make another image; the folder's place doesn't", async () => {
        writeFileSync(join(context, "Other"), "FROM scratch\n");
        const references = [
            await build(context),
            await build(context, { args: { VITE_API_URL: "https://a.example.com" } }),
            await build(context, { args: { VITE_API_URL: "https://b.example.com" } }),
            await build(context, { target: "production" }),
            await build(context, { dockerfile: "Other" }),
        ].map(({ reference }) => reference);
        expect(new Set(references).size).toBe(references.length);
        expect((await build(folder("FROM scratch\n"))).reference).toBe((await build(folder("FROM scratch\n"))).reference);
    });
});
