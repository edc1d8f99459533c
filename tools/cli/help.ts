/** Headings of `./quai --help`, in the order of the commands' registration. Each command names its own with `.helpGroup()`. */
export const groups = {
    main: "The two you need:",
    begin: "From what you have:",
    look: "Look first, look after:",
    data: "Data:",
    machine: "This machine:",
} as const;

export const epilogue = `
Examples:
  ./quai up                      deploy stack dev on this machine's Docker engine
  ./quai up prod --yes           deploy stack prod without asking
  ./quai doctor --fix            get what is missing on this machine

Whoever has the official pulumi program may use it directly, with the same files. More: docs/`;
