import { quai, STACK } from "../support/checkout";
import { inside } from "./machine";
import { host, MACHINE, settings } from "./stack";

const inUse = (service: string) =>
    inside(
        MACHINE,
        `docker inspect --format '{{.Config.Image}} {{.Image}}' $(docker ps --quiet --filter label=io.quai.service=${service})`,
    ).trim();
const images = () =>
    inside(MACHINE, "docker image ls --format '{{.Repository}}:{{.Tag}}'")
        .split("\n")
        .filter((line) => line !== "")
        .sort();
/** Images that are each a second younger than the one before. */
const make = (...names: string[]) =>
    names.map((name) => inside(MACHINE, `printf 'FROM scratch\\nLABEL name=${name}\\n' | docker build --quiet --tag ${name} - && sleep 1`));
const up = async () => expect(await quai("up", STACK, "--yes")).toMatchObject({ code: 0 });

describe("images of former releases", () => {
    beforeAll(async () => {
        settings(host({ rootLogin: false, keepImages: 2 }));
        await up();
    });

    test("R127: are removed on the first of the month, all but the newest and those in use; nothing else is", async () => {
        expect(inside(MACHINE, "systemctl show quai-images.timer --property NextElapseUSecRealtime")).toMatch(/-01 03:00:00 UTC\n$/);
        const former = images();
        const repository = former.find((name) => /^quai\/.*\/api:/.test(name))?.split(":")[0] ?? "";
        make(...["old1", "old2", "old3", "old4"].map((tag) => `${repository}:${tag}`));
        const others = ["somebody/app:1", "somebody/app:2", "somebody/app:3"];
        make(...others);
        inside(MACHINE, "docker volume create unused");
        const kept = () => [inUse("api"), inside(MACHINE, "docker volume ls --quiet | sort")];
        const before = kept();
        inside(MACHINE, "systemctl start quai-images");
        expect(images()).toEqual([...former, ...others, `${repository}:old3`, `${repository}:old4`].sort());
        expect(kept()).toEqual(before);
        inside(MACHINE, `docker volume rm unused && docker image rm ${others.join(" ")}`);
    });

    test("R107: the next update has nothing to do; without the setting the timer goes", async () => {
        expect((await quai("up", STACK, "--yes")).text).not.toMatch(/images: done|\d+ (created|replaced|deleted)/);
        settings(host({ rootLogin: false }));
        await up();
        expect(inside(MACHINE, "systemctl list-timers --all; ls /usr/local/sbin")).not.toContain("quai-images");
    });
});
