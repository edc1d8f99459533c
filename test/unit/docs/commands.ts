import type { Command, Option } from "commander";

/** What is wrong with a `./quai …` line; undefined: the program would take it. Words in brackets stand for anything. */
export function wrongCommand(program: Command, line: string): string | undefined {
    const words = line.split(/\s+/).slice(1);
    let command = program;
    const given: string[] = [];
    while (words.length > 0) {
        const word = words.shift() ?? "";
        // What follows is another program's.
        if (word === "--") break;
        if (word.startsWith("-")) {
            const option = optionOf(program, command, word);
            if (option === undefined) return `${command.name()} has no option ${word}`;
            if (option.required && !word.includes("=")) words.shift();
            continue;
        }
        const below = command.commands.find((each) => each.name() === word);
        if (below !== undefined) command = below;
        else if (command.commands.length > 0) return `${command.name()} has no command ${word}`;
        else given.push(word);
    }
    const most = command.registeredArguments.at(-1)?.variadic === true ? Infinity : command.registeredArguments.length;
    return given.length > most ? `${command.name()} takes ${most} arguments, not ${given.join(" ")}` : undefined;
}

function optionOf(program: Command, command: Command, word: string): Option | undefined {
    const name = word.split("=")[0];
    return [...command.options, ...program.options].find(({ long, short }) => long === name || short === name);
}
