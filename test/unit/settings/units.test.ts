import fc from "fast-check";
import { formatDuration, formatSize, parseDuration, parseSize } from "../../../infra/settings";

describe("durations", () => {
    test.each([
        ["0s", 0],
        ["45s", 45],
        ["90s", 90],
        ["5m", 300],
        ["1h30m", 5400],
        ["26h", 93600],
        ["7d", 604800],
        ["1d1h1m1s", 90061],
    ])("%s is %d seconds", (text, seconds) => expect(parseDuration(text)).toBe(seconds));

    test.each(["", "5", "m", "1.5h", "-1s", "5 m", "1m1h", "1m1m", "5x", "5M", "5ms", "99999999999999999s", "9007199254740991d"])(
        "%j is refused",
        (text) => expect(() => parseDuration(text)).toThrow(RangeError),
    );

    test.each([
        [0, "0s"],
        [60, "1m"],
        [5400, "1h30m"],
        [93600, "1d2h"],
    ])("%d seconds are written %s", (seconds, text) => expect(formatDuration(seconds)).toBe(text));

    test.each([-1, 1.5, NaN, Infinity])("%d seconds can't be written", (seconds) =>
        expect(() => formatDuration(seconds)).toThrow(RangeError),
    );

    test("what is written is read back", () => {
        fc.assert(fc.property(fc.maxSafeNat(), (seconds) => parseDuration(formatDuration(seconds)) === seconds));
    });

    test("units in any one order other than largest first are refused", () => {
        const unit = fc.constantFrom("d", "h", "m", "s");
        fc.assert(
            fc.property(unit, unit, fc.nat(99), fc.nat(99), (first, second, a, b) => {
                const rightOrder = "dhms".indexOf(first) < "dhms".indexOf(second);
                const read = (): number => parseDuration(`${a}${first}${b}${second}`);
                if (rightOrder) expect(read()).toBe(parseDuration(`${a}${first}`) + parseDuration(`${b}${second}`));
                else expect(read).toThrow(RangeError);
            }),
        );
    });
});

describe("sizes", () => {
    test.each([
        ["0b", 0],
        ["10b", 10],
        ["1k", 1024],
        ["512m", 536870912],
        ["1g", 1073741824],
        ["1.5g", 1610612736],
        ["64MiB", 67108864],
        ["64MB", 67108864],
        ["2T", 2199023255552],
    ])("%s is %d bytes", (text, bytes) => expect(parseSize(text)).toBe(bytes));

    test.each(["", "512", "m", "-1m", "1 g", "1,5g", "0.1k", "1.5b", "1gg", "1ib", "9999999999t"])("%j is refused", (text) =>
        expect(() => parseSize(text)).toThrow(RangeError),
    );

    test.each([
        [0, "0b"],
        [1000, "1000b"],
        [1610612736, "1536m"],
        [1099511627776, "1t"],
    ])("%d bytes are written %s", (bytes, text) => expect(formatSize(bytes)).toBe(text));

    test.each([-1, 0.5, NaN])("%d bytes can't be written", (bytes) => expect(() => formatSize(bytes)).toThrow(RangeError));

    test("what is written is read back", () => {
        fc.assert(fc.property(fc.maxSafeNat(), (bytes) => parseSize(formatSize(bytes)) === bytes));
        fc.assert(
            fc.property(fc.nat(4096), fc.constantFrom("k", "m", "g", "t"), (count, unit) => {
                const bytes = parseSize(`${count}${unit}`);
                expect(parseSize(formatSize(bytes))).toBe(bytes);
            }),
        );
    });
});
