import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { officialImage } from "../../../components/internal/images";
import { checkout, docker, proxy, STACK, STACK_ID } from "../support/checkout";

const OTHER = `${STACK_ID}-nginx:next`;

/** The image that the proxy has, with another layer: what a new version of nginx is to the stack. A map for `quai:imageMirror`. */
export function anotherNginx(): Readonly<Record<string, string>> {
    const image = docker("inspect", "--format", "{{.Config.Image}}", proxy()).trim();
    execFileSync("docker", ["build", "--quiet", "--tag", OTHER, "-"], { input: `FROM ${image}\nENV NEXT=1\n`, stdio: "pipe" });
    // What the last update used of equivalents, where no registry answers.
    const used = parse(readFileSync(join(checkout(), ".quai", "stacks", `Pulumi.${STACK}.yaml`), "utf8")) as {
        config: { "quai:imageMirror"?: Record<string, string> };
    };
    return { ...used.config["quai:imageMirror"], [officialImage("nginx")]: OTHER };
}

export function removeOtherNginx(): void {
    docker("image", "rm", "--force", OTHER);
}
