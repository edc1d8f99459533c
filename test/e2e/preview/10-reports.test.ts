import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { startRegistry } from "../../offline/docker/support/registry";
import { checkout, docker, mustUp, STACK_ID, type StackConfig, writeSettings } from "../support/checkout";
import { keepEvents, portable } from "../support/events";
import { BASE, PROPOSALS } from "./changes";
import { proposed } from "./propose";

/** QUAI_PREVIEW_CAPTURE=1 makes all and renews the fixtures of test/unit/cli/report; else a few, to see that reports still are what they were. */
const capture = process.env["QUAI_PREVIEW_CAPTURE"] !== undefined;
const FEW = ["nothing", "rules-refuse", "variable-that-looks-secret", "backups-off", "volume-renamed"];
const EXIT = { nothing: 0, safe: 2, downtime: 2, risk: 3, blocked: 1 };

/** The web front end's image with a label; as a stack file names it. */
function pushed(registry: string, commit: string): string {
    const [base = ""] = docker("image", "ls", "--filter", `reference=quai/${STACK_ID}/web`, "--format", "{{.Repository}}:{{.Tag}}").split(
        "\n",
    );
    const tag = `${registry}/shop/web:${commit}`;
    const lines = `FROM ${base}\nLABEL org.opencontainers.image.revision=${commit}\n`;
    execFileSync("docker", ["build", "--quiet", "--tag", tag, "-"], { input: lines, stdio: ["pipe", "ignore", "inherit"] });
    docker("push", "--quiet", tag);
    const digest = docker("image", "inspect", "--format", "{{index .RepoDigests 0}}", tag).trim().split("@")[1] ?? "";
    return `${registry}/shop/web@${digest}`;
}

async function deployed(settings: StackConfig): Promise<void> {
    writeSettings(settings);
    await mustUp();
}

describe("R106: reports of real previews", () => {
    test.each(
        PROPOSALS.filter(({ name, whole, commits }) => (whole ?? commits) === undefined && (capture || FEW.includes(name))).map(
            (each) => [each.name, each] as const,
        ),
    )("%s", async (name, proposal) => {
        const events = join(checkout(), ".quai", `${name}.events`);
        if (proposal.protect === true) await deployed({ ...BASE, "quai:protect": true });
        const result = await proposed(
            proposal,
            "preview",
            "--markdown",
            "--events",
            events,
            ...(proposal.offline === true ? ["--offline"] : []),
        );
        const [first = ""] = result.stdout.split("\n");
        expect([result.code, first]).toEqual([EXIT[proposal.level], expect.stringMatching(/^\S+ \*\*.+\*\*$/)]);
        expect(result.stdout).not.toMatch(/s3cr3t-enough|abcdef0123456789/);
        if (proposal.refused === true) return;
        expect(existsSync(events)).toBe(true);
        const text = portable(readFileSync(events, "utf8"));
        expect(text).not.toContain(checkout());
        if (proposal.protect === true) await deployed(BASE);
        if (!capture) return;
        keepEvents(name, text);
    });

    test("two images of a registry, by digest, which say what they were made of: the range of commits; the new one isn't on the host yet", async () => {
        const proposal = PROPOSALS.find(({ commits }) => commits !== undefined);
        if (proposal?.commits === undefined) throw new Error("no proposal with commits");
        const { name, commits } = proposal;
        const registry = await startRegistry();
        try {
            const [from, to] = [commits.from, commits.to].map((commit) => pushed(registry.address, commit));
            await deployed({ ...BASE, "quai:images": { web: from } });
            docker("image", "rm", `${registry.address}/shop/web:${commits.to}`);
            const events = join(checkout(), ".quai", `${name}.events`);
            const images = { ...proposal, settings: { "quai:images": { web: to } } };
            const result = await proposed(images, "preview", "--markdown", "--events", events);
            expect([result.code, result.stdout.split("\n")[0]]).toEqual([EXIT.safe, expect.stringContaining("**Safe")]);
            const range = `commits \`${commits.from.slice(0, 12)}..${commits.to.slice(0, 12)}\``;
            expect(result.stdout).toMatch(/- `web`: release .*, image `\S+@sha256:[0-9a-f]{12}…` → `\S+@sha256:[0-9a-f]{12}…`, commits/);
            expect(result.stdout).toContain(range);
            if (capture) keepEvents(name, readFileSync(events, "utf8").replaceAll(registry.address, "registry.example.com"));
        } finally {
            await deployed(BASE);
            const left = docker("image", "ls", "--quiet", `${registry.address}/shop/web`).trim();
            if (left !== "") docker("image", "rm", "--force", ...new Set(left.split("\n")));
            await registry.stop();
        }
    });
});
