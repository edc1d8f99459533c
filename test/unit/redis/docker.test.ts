import * as pulumi from "@pulumi/pulumi";
import { createHash } from "node:crypto";
import type { RedisArgs } from "../../../components/redis";
import { Redis } from "../../../components/redis";
import type { DockerTargetArgs } from "../../../components/targets/docker-target";
import { COMMAND, CONTAINER, idOf, record, valueOf, VOLUME } from "../support/mocks";
import { commandOf, dockerTarget, filesIn, leaks, MIB, secretsFor } from "../support/target";
import { healthcheck } from "../../../components/internal/health";

async function redis(
    change: Partial<RedisArgs> = {},
    options: { target?: Partial<DockerTargetArgs>; rotation?: Record<string, string> } = {},
) {
    const recording = await record(() => {
        const target = dockerTarget(options.target);
        return new Redis("redis", { target, secrets: secretsFor(target, options.rotation), version: "7.4", ...change });
    });
    const command = recording.of(COMMAND).find(({ name }) => name.startsWith("redis-files-"));
    const contents = command === undefined ? {} : filesIn(commandOf(command).data);
    const lines = (contents["redis.conf"] ?? "").trim().split("\n");
    return { ...recording, command, lines };
}

describe("Redis on a Docker host", () => {
    test("a volume, its files, one container", async () => {
        const { list, command } = await redis();
        expect(list(CONTAINER, VOLUME, COMMAND, "quai:index:Redis")).toEqual([
            `${COMMAND} ${command?.name}`,
            `${COMMAND} redis-password-1`,
            `${CONTAINER} redis`,
            `${VOLUME} redis-data`,
            "quai:index:Redis redis",
        ]);
        expect(command?.name).toMatch(/^redis-files-[0-9a-f]{8}$/);
    });

    test("R49, R50: a password, 256 MB, never evicts, every write on disk within a second", async () => {
        const { lines } = await redis();
        expect(lines).toEqual([
            "bind * -::*",
            "port 6379",
            "dir /data",
            "aclfile /data/users.acl",
            "maxmemory 268435456",
            "maxmemory-policy noeviction",
            "appendonly yes",
            "appendfsync everysec",
        ]);
    });

    test("R34: the server is told the hash of a password, saves it beside the data, and is told again when it is a new one", async () => {
        const { get, result } = await redis();
        const { script, data } = commandOf(get(COMMAND, "redis-password-1"));
        const url = await valueOf(result.url().value);
        const password = /^redis:\/\/:([a-z0-9]{32})@/.exec(url)?.[1] ?? "";
        const hash = createHash("sha256").update(password).digest("hex");
        expect(data).toBe(`ACL SETUSER default on #${hash} ~* &* +@all\nACL SAVE\n`);
        expect(script).toContain(`# server ${idOf("redis")}`);
        expect(get(COMMAND, "redis-password-1").secrets).toEqual(expect.arrayContaining(["stdin", "delete"]));
        expect(get(COMMAND, "redis-password-1").inputs["delete"]).toContain(`printf 'ACL SETUSER default !%s\\nACL SAVE\\n' ${hash}`);
        expect(get(COMMAND, "redis-password-1").after).toContain("redis");
    });

    test("R34: a rotation adds a password beside the first, and touches neither the server nor its files", async () => {
        const [before, after] = [await redis(), await redis({}, { rotation: { redisPassword: "2026-11-01" } })];
        expect(after.get(CONTAINER, "redis")).toEqual(before.get(CONTAINER, "redis"));
        expect(after.command).toEqual(before.command);
        expect(after.list(COMMAND).filter((each) => !before.list(COMMAND).includes(each))).toEqual([
            `${COMMAND} redis-password-2026-11-01`,
        ]);
    });

    test("R49: memory, eviction and the append-only file are settable", async () => {
        const { lines, get } = await redis({ memory: 64 * MIB, eviction: "allkeys-lru", appendOnly: false });
        expect(lines).toEqual(expect.arrayContaining(["maxmemory 67108864", "maxmemory-policy allkeys-lru", "appendonly no"]));
        expect(get(CONTAINER, "redis").inputs).toMatchObject({ memory: 128, memorySwap: 128 });
    });

    test("R15, R16: what the container gets", async () => {
        const { get, command } = await redis();
        const { inputs, after } = get(CONTAINER, "redis");
        expect(inputs).toEqual({
            name: "demo-dev-redis",
            image: `sha256:${idOf("redis:7.4.11-bookworm")}`,
            entrypoints: ["/bin/sh", "-euc", expect.stringMatching(/exec redis-server \/run\/secrets\/redis.conf$/)],
            command: [],
            user: "999:999",
            readOnly: true,
            init: true,
            capabilities: { drops: ["ALL"] },
            securityOpts: ["no-new-privileges:true"],
            ulimits: [{ name: "core", soft: 0, hard: 0 }],
            logDriver: "json-file",
            logOpts: { "max-size": "50m", "max-file": "5" },
            restart: "unless-stopped",
            mustRun: true,
            memory: 512,
            memorySwap: 512,
            networksAdvanced: [{ name: "demo-dev-data", aliases: ["redis"] }],
            mounts: [
                { type: "volume", source: "demo-dev-redis-data", target: "/data" },
                { type: "volume", source: `demo-dev-${command?.name}`, target: "/run/secrets", readOnly: true },
            ],
            tmpfs: { "/tmp": "rw,noexec,nosuid,size=1m" },
            healthcheck: healthcheck({
                command: [
                    "/bin/sh",
                    "-c",
                    '(REDISCLI_AUTH="$(cat /tmp/administrator)" exec redis-cli --user administrator ping) | grep -q PONG',
                ],
                interval: 15,
                timeout: 3,
                retries: 10,
                startPeriod: 5,
                shell: true,
            }),
            wait: true,
            waitTimeout: 75,
            labels: [
                { label: "io.quai.stack", value: "demo-dev" },
                { label: "io.quai.role", value: "redis" },
                { label: "io.quai.service", value: "redis" },
            ],
            stopTimeout: 30,
            destroyGraceSeconds: 30,
        });
        expect(after).toEqual(expect.arrayContaining([command?.name, "redis-data"]));
    });

    test("R27: the password stands in no open input", async () => {
        const { resources, generated } = await redis();
        expect(leaks(resources, generated)).toEqual([]);
    });

    test("connection strings, one per database, secret, with the password's version", async () => {
        const { result } = await redis({}, { rotation: { redisPassword: "2026-11-01" } });
        const url = result.url(3);
        expect(await valueOf(url.value)).toMatch(/^redis:\/\/:[a-z0-9]{32}@redis:6379\/3$/);
        expect(await pulumi.isSecret(url.value)).toBe(true);
        expect(url).toMatchObject({ name: "redisUrl", version: "2026-11-01" });
        expect(await valueOf(result.url().value)).toMatch(/\/0$/);
    });

    test("another setting makes other files", async () => {
        const names = [await redis(), await redis(), await redis({ memory: MIB })].map(({ command }) => command?.name);
        expect(names[0]).toBe(names[1]);
        expect(new Set(names).size).toBe(2);
    });

    test("R48: a stopped stack keeps the volume alone, protected where asked", async () => {
        const { list, get, result } = await redis({}, { target: { running: false, protect: true } });
        expect(list(CONTAINER, COMMAND, VOLUME)).toEqual([`${VOLUME} redis-data`]);
        expect(get(VOLUME, "redis-data")).toMatchObject({ protect: true, ignoreChanges: ["labels", "driver", "driverOpts"] });
        expect(result.ready).toBeUndefined();
    });
});
