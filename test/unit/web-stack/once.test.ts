import * as pulumi from "@pulumi/pulumi";
import { keptOf, ranOf } from "../../../components/web-stack/once";
import type { JobSpec } from "../../../components/web-stack/spec";
import { valueOf } from "../support/mocks";

const job = (name: string, once: boolean) => ({ name, once }) as JobSpec;
const JOBS = [job("migrate", false), job("admin", true), job("seed", true)];
const made = (urn: Promise<string>) => ({ urn: pulumi.output(urn) }) as pulumi.Resource;

describe("R124: jobs that run once and for all", () => {
    test("are noted when all of them have run, and not before: one that failed must run again", async () => {
        let ends: (urn: string) => void = () => undefined;
        const admin = made(new Promise((resolve) => (ends = resolve)));
        const ran = ranOf(JOBS.map((each) => [each, each.name === "admin" ? admin : made(Promise.resolve(each.name))]));
        if (ran === undefined) throw new Error("none runs once");
        let noted = false;
        const names = valueOf(ran).finally(() => (noted = true));
        await new Promise((resolve) => setTimeout(resolve, 50));
        expect(noted).toBe(false);
        ends("admin");
        expect(await names).toEqual(["admin", "seed"]);
    });

    test("where there is none, nothing is noted, and nothing waits", () => {
        expect(ranOf([[job("migrate", false), made(new Promise(() => undefined))]])).toBeUndefined();
    });

    test("of a stopped stack those are kept that have run and are still described", () => {
        expect(keptOf(JOBS, ["migrate", "admin", "gone"]).map(({ name }) => name)).toEqual(["admin"]);
        expect(keptOf(JOBS)).toEqual([]);
    });
});
