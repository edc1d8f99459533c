import { userInfo, hostname } from "node:os";
import { run } from "../../engine/process";

/** Whoever made an update, and by which command: what the engine doesn't note itself. It travels in the update's message, which every backend keeps. */
export interface Note {
    /** What somebody said with `--message`, or what the command did. */
    readonly text: string;
    readonly by?: string;
    /** `./quai up` */
    readonly command?: string;
}

const LONGEST = 200;

/** Arguments of the engine that note who does this and why. */
export async function noted(command: string, checkout: string, message?: string): Promise<string[]> {
    const by = await whoRuns(checkout, process.env);
    return ["--message", noteText({ text: message ?? command, by, command: `./quai ${command}` })];
}

/** In the way of Git's trailers. */
export function noteText({ text, by, command }: Note): string {
    const trailers = [...(by === undefined ? [] : [`By: ${line(by)}`]), ...(command === undefined ? [] : [`Command: ${line(command)}`])];
    return `${line(text)}\n\n${trailers.join("\n")}`;
}

/** A message of somebody else's has no trailers: it's the text. */
export function noteIn(message: string): Note {
    const paragraphs = message.trim().split(/\n{2,}/);
    const last = paragraphs.length > 1 ? (paragraphs.at(-1) ?? "") : "";
    const trailers = last.split("\n").every((each) => /^[A-Z][a-z]+: /.test(each)) ? last : "";
    const text = trailers === "" ? message : paragraphs.slice(0, -1).join("\n\n");
    const value = (name: string) => new RegExp(`^${name}: (.*)$`, "m").exec(trailers)?.[1];
    return { text: line(text), by: value("By"), command: value("Command") };
}

/** Without what a terminal would obey. */
export function line(text: string): string {
    const plain = text.replace(/\p{Cc}+/gu, " ");
    return plain.trim().slice(0, LONGEST);
}

type Variables = Readonly<Record<string, string | undefined>>;

/** A job of a pipeline says who started it; at a desk it's Git's name, else the user's. Nothing proves it. */
export async function whoRuns(checkout: string, env: Variables): Promise<string> {
    if (env["GITHUB_ACTIONS"] === "true") return `${env["GITHUB_ACTOR"] ?? "somebody"} (GitHub Actions)`;
    if (env["GITLAB_CI"] === "true") return `${env["GITLAB_USER_LOGIN"] ?? "somebody"} (GitLab CI)`;
    const git = async (key: string) => {
        const result = await run("git", ["-C", checkout, "config", key], { env }).catch(() => undefined);
        return result?.code === 0 ? result.stdout.trim() : "";
    };
    const [name, email] = await Promise.all([git("user.name"), git("user.email")]);
    if (name !== "") return email === "" ? name : `${name} <${email}>`;
    return `${userInfo().username}@${hostname()}`;
}
