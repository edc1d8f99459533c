import * as pulumi from "@pulumi/pulumi";
import { settingsWithin } from "../../../infra/deploy";
import { valueOf } from "../support/mocks";

const LAST = "the-value-of-the-last-update-1";

/** A stack whose secret comes from a variable, with what the last update has read. */
async function stack(preview: boolean, last: Record<string, string> | undefined, running = true): Promise<string[]> {
    await pulumi.runtime.setMocks(
        {
            newResource: ({ type, name, inputs }) => ({
                id: name,
                state:
                    type === "pulumi:pulumi:StackReference"
                        ? { ...(inputs as object), outputs: last === undefined ? {} : { outside: last }, secretOutputNames: ["outside"] }
                        : (inputs as object),
            }),
            call: ({ inputs }) => inputs as object,
        },
        "quai",
        "dev",
        preview,
        "organization",
    );
    pulumi.runtime.setAllConfig({
        "quai:application": "demo",
        "quai:environment": "development",
        "quai:running": String(running),
        "quai:secrets": JSON.stringify({ mail: { environment: "QUAI_TEST_MAIL" } }),
    });
    const warned: string[] = [];
    jest.spyOn(pulumi.log, "warn").mockImplementation((text) => Promise.resolve(void warned.push(text)));
    return warned;
}

const NOT_SET = "quai:secrets.mail: variable QUAI_TEST_MAIL is not set: set it where you deploy";

afterEach(() => {
    delete process.env["QUAI_TEST_MAIL"];
    jest.restoreAllMocks();
});

describe("R26: secrets whose source is out of reach", () => {
    test("a preview goes by the value of the last update, and says so", async () => {
        const warned = await stack(true, { mail: LAST });
        const { secrets, outside } = await settingsWithin();
        expect(await valueOf(secrets["mail"]?.value ?? pulumi.output(""))).toBe(LAST);
        expect(outside["mail"]).toBe(LAST);
        expect(warned).toEqual([
            `${NOT_SET}. This preview goes by the value of the last update, so it can't say whether it has changed. The update needs it.`,
        ]);
    });

    test("the version is that of the value, so that nothing seems to change", async () => {
        await stack(true, { mail: LAST });
        const { secrets: without } = await settingsWithin();
        process.env["QUAI_TEST_MAIL"] = LAST;
        const { secrets } = await settingsWithin();
        expect(without["mail"]?.version).toBe(secrets["mail"]?.version);
    });

    test("before the first update something else stands in", async () => {
        const warned = await stack(true, undefined);
        const { outside } = await settingsWithin();
        expect(outside["mail"]?.length).toBeGreaterThan(32);
        expect(warned).toEqual([
            `${NOT_SET}. No update has read it yet: this preview goes by something else in its place. The update needs it.`,
        ]);
    });

    test("an update needs it", async () => {
        const warned = await stack(false, { mail: LAST });
        await expect(settingsWithin()).rejects.toThrow(new RegExp(`^${NOT_SET}$`));
        expect(warned).toEqual([]);
    });

    test("one that only stops the application keeps the value of the last update; where there was none, it fails", async () => {
        const warned = await stack(false, { mail: LAST }, false);
        expect((await settingsWithin()).outside["mail"]).toBe(LAST);
        expect(warned).toEqual([`${NOT_SET}. The application is stopped, so the value of the last update is kept.`]);
        await stack(false, undefined, false);
        await expect(settingsWithin()).rejects.toThrow(NOT_SET);
    });

    test("where it is at hand, nobody is asked for the last one", async () => {
        const warned = await stack(true, { mail: LAST });
        process.env["QUAI_TEST_MAIL"] = "a-new-value-from-outside";
        expect((await settingsWithin()).outside["mail"]).toBe("a-new-value-from-outside");
        expect(warned).toEqual([]);
    });
});
