/** Times in the words of cron, in UTC: minute, hour, day of the month, month, day of the week (0 and 7 are Sunday). Pure. */
export interface Cron {
    readonly minutes: readonly number[];
    readonly hours: readonly number[];
    readonly days: readonly number[];
    readonly months: readonly number[];
    readonly weekdays: readonly number[];
}

interface Field {
    readonly name: keyof Cron;
    readonly first: number;
    readonly last: number;
}

const FIELDS: readonly Field[] = [
    { name: "minutes", first: 0, last: 59 },
    { name: "hours", first: 0, last: 23 },
    { name: "days", first: 1, last: 31 },
    { name: "months", first: 1, last: 12 },
    { name: "weekdays", first: 0, last: 6 },
];

/** @returns undefined where it isn't five fields of numbers, ranges, lists and steps */
export function parseCron(text: string): Cron | undefined {
    const words = text.trim().split(/\s+/);
    if (words.length !== FIELDS.length) return undefined;
    const fields = FIELDS.map((field, index) => [field.name, numbersOf(words[index] ?? "", field)] as const);
    return fields.some(([, numbers]) => numbers === undefined) ? undefined : (Object.fromEntries(fields) as unknown as Cron);
}

/** cron itself runs when either of the two days fits, and AWS can't say that. */
export function hasBothDays({ days, weekdays }: Cron): boolean {
    return days.length < 31 && weekdays.length < 7;
}

function numbersOf(word: string, field: Field): readonly number[] | undefined {
    // Sunday has two numbers.
    const last = field.name === "weekdays" ? 7 : field.last;
    const found = new Set<number>();
    for (const part of word.split(",")) {
        const [, all, from, to, step = "1"] = /^(?:(\*)|(\d{1,2})(?:-(\d{1,2}))?)(?:\/(\d{1,2}))?$/.exec(part) ?? [];
        if (all === undefined && from === undefined) return undefined;
        const start = all === undefined ? Number(from) : field.first;
        const end = all !== undefined ? field.last : Number(to ?? (part.includes("/") ? field.last : from));
        if (start < field.first || end > last || start > end || Number(step) < 1) return undefined;
        for (let number = start; number <= end; number += Number(step)) found.add(field.name === "weekdays" ? number % 7 : number);
    }
    return [...found].sort((a, b) => a - b);
}

/** As a shell looks a number up: each between spaces, of two digits as `date` prints it (days of the week of one). */
export function shellFields({ minutes, hours, days, months, weekdays }: Cron): readonly string[] {
    const list = (numbers: readonly number[], digits: number) => ` ${numbers.map((each) => String(each).padStart(digits, "0")).join(" ")} `;
    return [...[minutes, hours, days, months].map((numbers) => list(numbers, 2)), list(weekdays, 1)];
}

/** In AWS's form: days of the week count from 1, and one of the two days must be left open. */
export function awsCron({ minutes, hours, days, months, weekdays }: Cron): string {
    const list = (numbers: readonly number[], all: number) => (numbers.length === all ? "*" : numbers.join(","));
    const weekly = weekdays.length < 7;
    const [day, weekday] = weekly ? ["?", weekdays.map((each) => each + 1).join(",")] : [list(days, 31), "?"];
    return `cron(${list(minutes, 60)} ${list(hours, 24)} ${day} ${list(months, 12)} ${weekday} *)`;
}
