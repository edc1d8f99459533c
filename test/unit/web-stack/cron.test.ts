import { awsCron, hasBothDays, parseCron, shellFields } from "../../../components/web-stack/cron";

const EVERY_MINUTE = Array.from({ length: 60 }, (_, minute) => String(minute).padStart(2, "0")).join(" ");

test.each([
    ["30 4 * * *", "cron(30 4 * * ? *)", [" 30 ", " 04 "], " 0 1 2 3 4 5 6 "],
    ["* * * * *", "cron(* * * * ? *)", [` ${EVERY_MINUTE} `], " 0 1 2 3 4 5 6 "],
    ["*/20 8-10 * * 1-5", "cron(0,20,40 8,9,10 ? * 2,3,4,5,6 *)", [" 00 20 40 ", " 08 09 10 "], " 1 2 3 4 5 "],
    ["0 0 1,15 */6 *", "cron(0 0 1,15 1,7 ? *)", [" 00 ", " 00 ", " 01 15 ", " 01 07 "], " 0 1 2 3 4 5 6 "],
    // Sunday has two numbers, and a step without an end goes on to the last.
    ["10/25 3 * * 0,7", "cron(10,35 3 ? * 1 *)", [" 10 35 ", " 03 "], " 0 "],
    ["5 12 * * 5-7", "cron(5 12 ? * 1,6,7 *)", [" 05 ", " 12 "], " 0 5 6 "],
])("%s is %s for AWS", (text, aws, fields, weekdays) => {
    const cron = parseCron(text);
    if (cron === undefined) throw new Error("not read");
    expect(awsCron(cron)).toBe(aws);
    expect(shellFields(cron).slice(0, fields.length)).toEqual(fields);
    expect(shellFields(cron)[4]).toBe(weekdays);
});

test.each([
    "",
    "* * * *",
    "* * * * * *",
    "60 * * * *",
    "* 24 * * *",
    "* * 0 * *",
    "* * * 13 *",
    "* * * * 8",
    "*/0 * * * *",
    "5-3 * * * *",
    "@daily",
    "* * * jan *",
    "1,,2 * * * *",
])("%j is no time", (text) => expect(parseCron(text)).toBeUndefined());

test.each([
    ["0 0 1 * 1", true],
    ["0 0 1 * *", false],
    ["0 0 * * 1", false],
    ["0 0 1-31 * 1", false],
])("%s: both days are restricted: %p", (text, both) => {
    const cron = parseCron(text);
    expect(cron === undefined ? undefined : hasBothDays(cron)).toBe(both);
});
