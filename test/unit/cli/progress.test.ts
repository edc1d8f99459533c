import { progressFilter } from "../../../tools/cli/stack/update";

test("beginning, end, a sign of life every five seconds, and all that a command prints", () => {
    let clock = 0;
    const filter = progressFilter(() => clock);
    const shown = (line: string, at: number) => {
        clock = at * 1000;
        return filter(line) !== undefined;
    };
    expect(shown(" +  docker:index:Container api-1 creating (0s) ", 0)).toBe(true);
    expect(shown(" +  docker:index:Container api-1 creating (2s) waiting to be healthy: starting, 2 of 93 s", 2)).toBe(false);
    expect(shown(" +  docker:index:Container api-1 creating (6s) waiting to be healthy: starting, 6 of 93 s", 6)).toBe(true);
    expect(shown(" +  docker:index:Container api-1 created (7s) waiting to be healthy", 7)).toBe(true);
    expect(shown(" +  command:local:Command migrate-1 creating (0s) ", 8)).toBe(true);
    expect(shown(" +  command:local:Command migrate-1 creating (0.5s) applied 0001", 8)).toBe(true);
    expect(shown(" +  command:local:Command migrate-1 creating (0.6s) applied 0002", 8)).toBe(true);
    expect(shown(" +  command:local:Command migrate-1 creating (0.7s) applied 0002", 8)).toBe(false);
    expect(shown("@ updating....", 9)).toBe(false);
    expect(shown("Resources:", 9)).toBe(true);
    expect(shown("    error: container never became healthy", 9)).toBe(true);
});

test("the engine's hint that the stack could be removed is left out: ./quai down --delete-data does it", () => {
    const lines = [
        "Resources:",
        "    - 65 deleted",
        "",
        "Duration: 14s",
        "",
        "The resources in the stack have been deleted, but the history and configuration associated with the stack are still maintained. ",
        "If you want to remove the stack completely, run `pulumi stack rm dev`.",
    ];
    const filter = progressFilter();
    expect(lines.filter((line) => filter(line) !== undefined)).toEqual(["Resources:", "    - 65 deleted", "Duration: 14s"]);
});
