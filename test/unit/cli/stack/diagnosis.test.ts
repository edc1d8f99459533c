import type { HostContainer } from "../../../../tools/cli/stack/docker";
import { databaseChecks } from "../../../../tools/cli/stack/diagnosis";
import type { Session } from "../../../../tools/cli/stack/session";

const server: HostContainer = {
    id: "1",
    name: "shop-postgres",
    state: "running",
    health: "healthy",
    role: "postgres",
    service: "postgres",
    release: "",
};
const asked = (answer: () => Promise<string>, containers = [server]) =>
    databaseChecks({ stack: "shop", host: { docker: answer } as unknown as Session["host"] }, containers);

describe("what ./quai doctor says of the database (R128)", () => {
    test.each([
        ["3 100 31457280", "ok", "3 of 100 connections, 30m"],
        ["79 100 31457281", "ok", "79 of 100 connections, 31m"],
        ["80 100 31457280", "warning", "80 of 100 connections, 30m"],
    ])("R128: %s: %s", async (answer, state, from) => {
        const [found] = await asked(() => Promise.resolve(`${answer}\n`));
        expect(found).toMatchObject({ name: "database", state, from });
        expect(found?.fix?.includes("quai:postgres.maxConnections") ?? false).toBe(state === "warning");
    });

    test("R128: one that refuses is told in its own words; where there is none, nothing is", async () => {
        const refused = "docker exec failed: FATAL: sorry, too many clients already";
        expect(await asked(() => Promise.reject(new Error(refused)))).toEqual([
            { name: "database", state: "missing", from: refused, fix: "./quai logs postgres --stack shop shows why" },
        ]);
        expect(await asked(() => Promise.reject(new Error("not asked")), [])).toEqual([]);
    });
});
