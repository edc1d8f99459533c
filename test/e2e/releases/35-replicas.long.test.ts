import "./area";
import { constantLoad } from "../../bench/constant-load";
import { askJson } from "../support/ask";
import { api, docker, HOST, HTTPS, mustUp, objects, STACK_ID, type StackConfig } from "../support/checkout";
import { settings } from "./stack";

const RATE = 40;
const load = () => constantLoad({ port: HTTPS, host: HOST, rate: RATE, sockets: 5 });
/** The state of what serves: which containers, since when. */
const serving = () =>
    objects("container")
        .filter((name) => name.startsWith(`${STACK_ID}-api-`))
        .sort();
const replicas = (count: number, version: string): StackConfig => ({
    ...api({ DEMO_VERSION: version }),
    "quai:services": { api: { replicas: count, health: { timeout: "2s", retries: 3, startPeriod: "10s" } } },
});

/** Who answers, by container, of a hundred requests one after the other. */
async function answering(): Promise<string[]> {
    const seen = new Set<string>();
    for (let i = 0; i < 100; i++) seen.add((await askJson<{ instance: string }>("/api/echo")).instance);
    return [...seen].sort();
}
const instances = () => serving().map((name) => docker("inspect", "--format", "{{.Config.Hostname}}", name).trim());

describe("replicas, under a constant load", () => {
    test("R101: from 1 to 3, a release of 3, to 2, to 1: no request fails, and each replica has its share", async () => {
        settings(replicas(1, "3"));
        await mustUp();
        const former = serving();
        expect(former).toHaveLength(1);
        const clients = load();
        settings(replicas(3, "3"));
        await mustUp();
        // The one that was there is one of the three.
        expect(serving()).toEqual([...former, `${former[0]}-2`, `${former[0]}-3`]);
        expect(await answering()).toEqual(instances().sort());
        settings(replicas(3, "4"));
        await mustUp();
        expect(serving()).toHaveLength(3);
        expect(serving()).not.toContain(former[0]);
        expect(await answering()).toEqual(instances().sort());
        const release = serving()[0] ?? "";
        for (const count of [2, 1]) {
            settings(replicas(count, "4"));
            await mustUp();
            expect(serving()).toEqual([release, `${release}-2`].slice(0, count));
            expect(await answering()).toEqual(instances().sort());
        }
        const { requests, slow, failures } = await clients.stop();
        expect([...failures]).toEqual([]);
        expect(requests).toBeGreaterThan(RATE * 60);
        expect(slow).toBeGreaterThan(RATE);
    });
});
