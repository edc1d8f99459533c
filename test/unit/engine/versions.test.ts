import { compareVersions, engineVersion, isNewEnough, parseVersion, pluginVersions } from "../../../tools/engine/versions";

describe("versions", () => {
    it.each([
        ["v3.259.0", [3, 259, 0]],
        ["go1.25.11", [1, 25, 11]],
        ["20.10.24+dfsg1", [20, 10, 24]],
        ["3.68", [3, 68, 0]],
        ["3.260.0-alpha.1a2b", [3, 260, 0]],
    ])("reads %s", (text, numbers) => expect(parseVersion(text)).toEqual(numbers));

    it("finds no version in a text without one", () => expect(parseVersion("command not found")).toBeUndefined());

    it.each([
        ["1.25.11", "1.25.9", 1],
        ["1.25.11", "1.25.11", 0],
        ["1.9.0", "1.25.0", -1],
        ["20.10.24+dfsg1", "20.10.0", 1],
        ["nonsense", "0.0.1", -1],
    ])("compares %s with %s", (a, b, sign) => expect(Math.sign(compareVersions(a, b))).toBe(sign));

    it.each([
        ["3.259.0", true],
        ["v3.259.4", true],
        ["3.300.1", true],
        ["3.258.9", false],
        ["4.0.0", false],
        ["2.259.0", false],
        ["", false],
    ])("takes an installed engine %s for a 3.259.0 SDK: %s", (version, taken) => expect(isNewEnough(version, "3.259.0")).toBe(taken));

    it("takes the engine's and the plugins' versions from package.json", () => {
        expect(engineVersion).toMatch(/^3\.\d+\.\d+$/);
        expect(pluginVersions(["docker", "random"]).get("docker")).toMatch(/^\d+\.\d+\.\d+$/);
    });

    it("says which dependency is missing for a plugin", () => {
        expect(() => pluginVersions(["nonesuch"])).toThrow('package.json: dependencies["@pulumi/nonesuch"] is missing');
    });
});
