import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { DockerHost } from "../../../../tools/cli/stack/docker";
import { scratchFolder } from "../../support/scratch";
import { type Answers, container, fakeProgram } from "./fakes";

const scratch = scratchFolder("docker-host");

function host(answers: Answers, remote?: string) {
    const { path, asked } = fakeProgram(scratch, "docker", answers);
    return { host: new DockerHost("demo-dev", remote, { PATH: `${join(path, "..")}:${process.env["PATH"]}` }), asked };
}

describe("a stack's Docker host", () => {
    test("containers, with their health and what the labels say", async () => {
        const lines = [
            container({ id: "a1", name: "demo-dev-api-3fa9c1d2", service: "api", release: "3fa9c1d2" }),
            // Run by somebody from an image of the stack, whose labels it has: nobody's business.
            container({ id: "c3", name: "brave_hopper", role: "image", service: "api" }),
            container({
                id: "b2",
                name: "demo-dev-migrate-3fa9c1d2",
                role: "job",
                state: "exited",
                status: "Exited (0) 3 hours ago",
                service: "migrate",
            }),
        ];
        const { host: docker, asked } = host({ "ps ": `${lines.join("\n")}\n` });
        expect(await docker.containers()).toEqual([
            {
                id: "a1",
                name: "demo-dev-api-3fa9c1d2",
                state: "running",
                health: "healthy",
                role: "service",
                service: "api",
                release: "3fa9c1d2",
            },
            { id: "b2", name: "demo-dev-migrate-3fa9c1d2", state: "exited", health: "none", role: "job", service: "migrate", release: "" },
        ]);
        expect(asked()[0]).toContain("--all --no-trunc --filter label=io.quai.stack=demo-dev");
    });

    test("equivalents of official images may go only when no other stack is on the engine", async () => {
        const images = { "image ls --filter reference=quai.local/*": "quai.local/nginx:1.30-abc\n" };
        const alone = host({
            ...images,
            "volume ls --filter label=io.quai.stack ": "demo-dev\ndemo-dev\n",
            "ps --all --filter label=io.quai.stack ": "",
        });
        expect(await alone.host.equivalents()).toEqual(["quai.local/nginx:1.30-abc"]);
        const shared = host({
            ...images,
            "volume ls --filter label=io.quai.stack ": "demo-dev\n",
            "ps --all --filter label=io.quai.stack ": "demo-other\n",
        });
        expect(await shared.host.equivalents()).toEqual([]);
    });

    test("images of the stack are found by name, which no other stack's begins with", async () => {
        const { host: docker, asked } = host({ "image ls": "quai/demo-dev/api:3fa9c1d2\n" });
        expect(await docker.images()).toEqual(["quai/demo-dev/api:3fa9c1d2"]);
        expect(asked()[0]).toContain("reference=quai/demo-dev/*");
    });

    test("the engine's own words when it fails", async () => {
        await expect(host({ "volume ls": "!Cannot connect to the Docker daemon\n" }).host.volumes()).rejects.toThrow(
            "docker volume failed: Cannot connect to the Docker daemon",
        );
    });

    test("another host is reached by DOCKER_HOST, never by an argument", async () => {
        const { path, asked } = fakeProgram(scratch, "docker", {});
        const script = `#!/bin/sh\necho "$DOCKER_HOST"\n`;
        writeFileSync(path, script, { mode: 0o755 });
        const docker = new DockerHost("demo-dev", "ssh://deploy@203.0.113.7", { PATH: `${join(path, "..")}:${process.env["PATH"]}` });
        expect((await docker.docker(["version"])).trim()).toBe("ssh://deploy@203.0.113.7");
        expect(asked()).toEqual([]);
    });
});
