import type { PostgresWithBackupArgs } from "../../../components/postgres-with-backup";
import { resolvePostgres, tuning } from "../../../components/postgres-with-backup/spec";
import { MIB } from "../support/target";

type Args = Omit<PostgresWithBackupArgs, "target" | "secrets" | "files">;
const BASE: Args = { version: 17, database: "demo", backup: false };

function problems(change: Partial<Args>): string[] {
    try {
        resolvePostgres({ ...BASE, ...change });
        return [];
    } catch (error) {
        return error instanceof Error ? error.message.split("\n") : [];
    }
}

describe("server parameters from the memory limit", () => {
    test.each([
        // MiB, connections: shared_buffers, effective_cache_size, maintenance_work_mem, work_mem
        [128, 100, "32MB", "96MB", "16MB", "1MB"],
        [256, 100, "64MB", "192MB", "16MB", "1MB"],
        [512, 100, "128MB", "384MB", "32MB", "1MB"],
        [1024, 100, "256MB", "768MB", "64MB", "2MB"],
        [4096, 200, "1024MB", "3072MB", "256MB", "5MB"],
        [65536, 100, "16384MB", "49152MB", "1024MB", "64MB"],
    ])("%d MiB and %d connections", (mebibytes, connections, shared, cache, maintenance, work) => {
        expect(tuning(mebibytes * MIB, connections)).toMatchObject({
            max_connections: String(connections),
            shared_buffers: shared,
            effective_cache_size: cache,
            maintenance_work_mem: maintenance,
            work_mem: work,
        });
    });

    test("never promise more than there is: buffers and work memory of all connections stay below the limit", () => {
        for (const mebibytes of [128, 256, 512, 1024, 2048, 16384]) {
            const { shared_buffers, work_mem } = tuning(mebibytes * MIB, 100);
            expect(parseInt(shared_buffers ?? "") + (100 * parseInt(work_mem ?? "")) / 4).toBeLessThan(mebibytes);
        }
    });
});

describe("what the database is", () => {
    test("roles derive from its name (R45)", () => {
        expect(resolvePostgres(BASE).roles).toEqual({ owner: "demo_owner", application: "demo_app" });
    });

    test.each([
        [15, "/var/lib/postgresql/data", "/var/lib/postgresql/data/pgdata"],
        [16, "/var/lib/postgresql/data", "/var/lib/postgresql/data/pgdata"],
        [17, "/var/lib/postgresql/data", "/var/lib/postgresql/data/pgdata"],
        [18, "/var/lib/postgresql", "/var/lib/postgresql/18/docker"],
    ] as const)("R41: version %d keeps its data below %s", (version, dataMount, dataFolder) => {
        expect(resolvePostgres({ ...BASE, version })).toMatchObject({ dataMount, dataFolder });
        expect(dataFolder.startsWith(`${dataMount}/`)).toBe(true);
    });

    test("defaults: 1 GiB, 100 connections, no extensions", () => {
        expect(resolvePostgres(BASE)).toMatchObject({ memory: 1024 * MIB, extensions: [], parameters: { max_connections: "100" } });
    });

    test("buffers are a quarter of the memory, or as asked", () => {
        expect(resolvePostgres({ ...BASE, memory: 1024 * MIB }).parameters["shared_buffers"]).toBe("256MB");
        expect(resolvePostgres({ ...BASE, memory: 1024 * MIB, sharedBuffers: 400 * MIB }).parameters["shared_buffers"]).toBe("400MB");
    });

    test("R47: connections are settable", () => {
        expect(resolvePostgres({ ...BASE, maxConnections: 250 }).parameters["max_connections"]).toBe("250");
    });

    const NAME = "must be lower case letters, digits and _, beginning with a letter, at most 40 characters";
    test.each<[Partial<Args>, string]>([
        [{ database: "Demo" }, `quai:postgres.database: ${NAME} (got "Demo")`],
        [{ database: "1demo" }, `quai:postgres.database: ${NAME} (got "1demo")`],
        [{ database: 'demo"; DROP TABLE x' }, `quai:postgres.database: ${NAME} (got "demo\\"; DROP TABLE x")`],
        [{ database: "a".repeat(41) }, `quai:postgres.database: ${NAME} (got "${"a".repeat(41)}")`],
        [{ memory: 127 * MIB }, "quai:postgres.memory: must be at least 128m (got 127m)"],
    ])("%j is refused", (change, message) => {
        expect(problems(change)).toEqual([message]);
    });

    test("all problems are told at once; the limits themselves are fine", () => {
        expect(problems({ database: "", memory: MIB })).toHaveLength(2);
        expect(problems({ database: "a".repeat(40), memory: 128 * MIB })).toEqual([]);
    });
});
