import { officialImage } from "../../../components/internal/images";
import { ensureOfflineImages } from "../../../tools/offline/images";
import { removeAll } from "./engine";
import { load, type LoadResult } from "./kept-alive-load";
import { HOST, ProxyStand } from "./proxy-stand";

jest.setTimeout(600_000);
const SWITCHES = 30;
const releases = ["one", "two"] as const;
let stand: ProxyStand;
let port: number;

beforeAll(async () => {
    const reference = officialImage("nginx");
    const map = await ensureOfflineImages([{ reference }]);
    stand = new ProxyStand(map[reference] ?? reference, releases);
    port = await stand.start();
}, 900_000);
afterAll(() => {
    stand.remove();
    removeAll();
});

/** Releases follow each other under load; each is killed as soon as the switch away from it has ended. */
async function switchUnderLoad(edit: (text: string) => string, enough: (failures: readonly string[]) => boolean): Promise<LoadResult> {
    await stand.switchTo("one", edit);
    const clients = load({ port, host: HOST, ca: stand.pem.certificate, kept: 20, fresh: 2, pause: 50 });
    for (let i = 1; i <= SWITCHES && !enough(clients.failures); i++) {
        const [next, former] = i % 2 === 1 ? (["two", "one"] as const) : (["one", "two"] as const);
        await stand.switchTo(next, edit);
        await stand.kill(former);
        await stand.revive(former);
    }
    return clients.stop();
}

test(`R101: ${SWITCHES} releases in a row lose no request, even of clients that keep their connection and never try twice`, async () => {
    const result = await switchUnderLoad(
        (text) => text,
        (failures) => failures.length > 0,
    );
    expect(result.failures).toEqual([]);
    expect(result.releases).toEqual([...releases].sort());
    // The load was one that could have lost something: see the next test.
    expect(result.reused).toBeGreaterThan(1000);
    expect(result.closing).toBeGreaterThanOrEqual(SWITCHES);
});

test("the same load does lose requests where idle connections are closed at once", async () => {
    const result = await switchUnderLoad(
        (text) => text.replace(/^ *keepalive_min_timeout .*\n/m, ""),
        (failures) => failures.length > 0,
    );
    expect(result.failures.length).toBeGreaterThan(0);
    expect(
        result.failures.filter((failure) => !/^kept connection: Error: (socket hang up|read ECONNRESET|write EPIPE)/.test(failure)),
    ).toEqual([]);
});
