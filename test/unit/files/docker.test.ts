import type { FilesArgs } from "../../../components/files";
import { Files } from "../../../components/files";
import type { DockerTargetArgs } from "../../../components/targets/docker-target";
import { COMMAND, CONTAINER, record, VOLUME } from "../support/mocks";
import { commandOf, dockerTarget } from "../support/target";

function files(change: Partial<FilesArgs> = {}, target: Partial<DockerTargetArgs> = {}) {
    return record(() => new Files("uploads", { target: dockerTarget(target), uid: 10001, gid: 10002, ...change }));
}

describe("files on a Docker host", () => {
    test("a volume, and its owner", async () => {
        const { list, get, result } = await files();
        expect(list(CONTAINER, COMMAND, VOLUME)).toEqual([`${COMMAND} uploads-owner`, `${VOLUME} uploads`]);
        expect(get(VOLUME, "uploads").inputs).toEqual({
            name: "demo-dev-uploads",
            labels: [
                { label: "io.quai.stack", value: "demo-dev" },
                { label: "io.quai.role", value: "volume" },
                { label: "io.quai.service", value: "uploads" },
            ],
        });
        expect(result).toMatchObject({ name: "uploads", critical: true, gid: 10002, mount: { volume: "demo-dev-uploads" } });
    });

    test("R13: it belongs to the user that writes there, before anybody mounts it", async () => {
        const { get } = await files();
        const owner = get(COMMAND, "uploads-owner");
        expect(owner.after).toContain("uploads");
        expect(commandOf(owner).script).toMatch(/ -euc 'chown "\$1:\$2" \/files && chmod 0750 \/files' tool 10001 10002$/);
        expect(owner.inputs["create"]).toMatch(/^# uploads-owner, fills volume demo-dev-uploads\n/);
    });

    test.each([
        [true, true, true],
        [true, false, false],
        [false, true, false],
    ])("R48, R56: protect %s and critical %s: protected %s", async (protect, critical, expected) => {
        const { get } = await files({ critical }, { protect });
        expect(get(VOLUME, "uploads")).toMatchObject({ protect: expected, ignoreChanges: ["labels", "driver", "driverOpts"] });
    });

    test("a stopped stack keeps the volume, unchanged", async () => {
        const [running, stopped] = [await files(), await files({}, { running: false })];
        expect(stopped.list(COMMAND, VOLUME)).toEqual([`${VOLUME} uploads`]);
        expect(stopped.get(VOLUME, "uploads")).toEqual(running.get(VOLUME, "uploads"));
        expect(stopped.result.mount).toEqual({ volume: "demo-dev-uploads", ready: undefined });
    });
});
