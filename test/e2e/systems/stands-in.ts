import { given } from "../support/checkout";
import { equivalent } from "../support/images";
import { ask, context, docker, mustUp, quai, type System } from "./system";

type Image = { readonly build: string; readonly args: Readonly<Record<string, string>> };

/** A front end like those of the guides, under any of the variables that they build it with. */
export async function frontEnd(): Promise<Image> {
    const made = await context("front");
    return { ...made, args: { BASE: await equivalent("nginx") } };
}

/** A public application's image, in a version of its own. */
export async function application(name: string, version: string, args: Readonly<Record<string, string>> = {}): Promise<Image> {
    const made = await context(name);
    return { ...made, args: { ...made.args, ...args, VERSION: version } };
}

/** Asks a path without a pause while something is done; the statuses that weren't 200, each how often. */
export async function underRequests(
    system: System,
    path: string,
    host: string,
    work: () => Promise<void>,
): Promise<{ asked: number; failed: string[] }> {
    let ended = false;
    let asked = 0;
    const failed: string[] = [];
    const asking = (async () => {
        while (!ended) {
            asked++;
            const status = await ask(system, path, { host }).then(
                (answer) => String(answer.status),
                (error: unknown) => String(error),
            );
            if (status !== "200") failed.push(status);
            await new Promise((resolve) => setTimeout(resolve, 100));
        }
    })();
    try {
        await work();
    } finally {
        ended = true;
        await asking;
    }
    return { asked, failed };
}

/** `./quai` that has to end well. */
export async function mustRun(...words: string[]): Promise<string> {
    const result = await quai(...words);
    if (result.code !== 0) throw new Error(`./quai ${words.join(" ")} ended with ${result.code}:\n${result.text.slice(-3000)}`);
    return result.text;
}

/** Down, and what is left: data, and nothing that runs. */
export async function downAndUp(system: System): Promise<{ readonly containers: string; readonly volumes: number }> {
    await mustRun("down", system.stack, "--yes");
    const label = `label=io.quai.stack=${system.stack}`;
    const containers = docker("ps", "--quiet", "--filter", label).trim();
    const volumes = docker("volume", "ls", "--quiet", "--filter", label).split("\n").filter(Boolean).length;
    await mustUp(system);
    return { containers, volumes };
}

/** `./quai secrets set`. */
export function give({ stack }: System, name: string, value: string): { readonly code: number; readonly text: string } {
    return given(value, "secrets", "set", name, "--stack", stack);
}

/** A generated secret, as the person who deploys can read it. */
export async function secret(system: System, name: string): Promise<string> {
    const { code, stdout } = await quai("secrets", "show", name, "--stack", system.stack, "--yes");
    if (code !== 0) throw new Error(`./quai secrets show ${name} ended with ${code}`);
    return stdout.trim();
}
