/** What a Dockerfile's text says about how it must be built. Not a parser: only what the choice of a builder needs. */

/** The instructions of a Dockerfile, comments left out, continued lines joined. */
export function instructionsOf(content: string): string[] {
    const lines = content.split(/\r?\n/).filter((line) => !/^\s*#/.test(line) || /^#\s*syntax\s*=/i.test(line));
    const joined: string[] = [];
    let open = false;
    for (const line of lines) {
        if (open && joined.length > 0) {
            joined[joined.length - 1] += ` ${line.trim().replace(/\\$/, "")}`;
        } else if (line.trim() !== "") {
            joined.push(line.trim().replace(/\\$/, ""));
        }
        open = /\\\s*$/.test(line);
    }
    return joined;
}

/** Whether it uses what the classic builder doesn't know: mounts, heredocs, `--link`, `--chmod`, a syntax line. */
export function needsBuildKit(instructions: readonly string[]): boolean {
    return instructions.some(
        (line) =>
            /^#\s*syntax\s*=/i.test(line) ||
            /^RUN\s+(--\w+=\S+\s+)*--(mount|network|security)=/i.test(line) ||
            /^(COPY|ADD)\s+(--\S+\s+)*--(link|chmod|parents|exclude|checksum|keep-git-dir)\b/i.test(line) ||
            /^(RUN|COPY|ADD)\b.*<<-?["']?\w+/i.test(line),
    );
}

/** Images it builds upon, as far as they are known before the build (no variables, no earlier stages). */
export function baseImages(instructions: readonly string[]): string[] {
    const stages = new Set<string>(["scratch"]);
    const images = new Set<string>();
    for (const line of instructions) {
        const [, image, stage] = /^FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?/i.exec(line) ?? [];
        if (image !== undefined && !image.includes("$") && !stages.has(image.toLowerCase())) {
            images.add(image);
        }
        if (stage !== undefined) {
            stages.add(stage.toLowerCase());
        }
    }
    return [...images];
}
