import { UNKNOWN } from "../../../tools/offline/plugins/kit/types";
import { calls, CONTAINER } from "./support/engine";

const { diff, normalize, check } = calls(CONTAINER);

const BASE = { name: "c", image: "i:1" };
/** What the state holds for these inputs, as far as a comparison needs it. */
const stateOf = (inputs: object) => ({
    entrypoints: [],
    networkDatas: [],
    memorySwap: 0,
    hostname: "3fa9c1d2",
    command: ["from", "image"],
    runtime: "runc",
    shmSize: 64,
    ...normalize({ ...BASE, ...inputs }),
});

type Row = readonly [property: string, before: unknown, after: unknown];

describe("a change of this property replaces the container", () => {
    const rows: Row[] = [
        ["name", "a", "b"],
        ["image", "i:1", "i:2"],
        ["image", "i:1", UNKNOWN],
        ["command", ["a", "b"], ["b", "a"]],
        ["entrypoints", ["a"], ["b"]],
        ["envs", ["A=1"], ["A=2"]],
        ["envs", ["A=1"], ["A=1", "B=2"]],
        ["labels", [{ label: "a", value: "1" }], [{ label: "a", value: "2" }]],
        ["user", "1", "2"],
        ["workingDir", "/a", "/b"],
        ["hostname", "a", "b"],
        ["domainname", "a", undefined],
        ["dns", ["1.1.1.1"], []],
        ["dnsOpts", ["a"], ["b"]],
        ["dnsSearches", ["a"], ["b"]],
        ["hosts", [{ host: "a", ip: "1.1.1.1" }], [{ host: "a", ip: "1.1.1.2" }]],
        ["publishAllPorts", false, true],
        ["ports", [{ internal: 80, external: 8080 }], [{ internal: 80, external: 8081 }]],
        ["ports", [{ internal: 80 }], [{ internal: 80 }, { internal: 81 }]],
        ["ports", [{ internal: 80, protocol: "tcp" }], [{ internal: 80, protocol: "udp" }]],
        ["networkMode", "bridge", "host"],
        ["networksAdvanced", [{ name: "n", aliases: ["a"] }], [{ name: "n", aliases: ["b"] }]],
        ["networksAdvanced", [{ name: "n" }], [{ name: "m" }]],
        ["mounts", [{ type: "volume", source: "a", target: "/a" }], [{ type: "volume", source: "b", target: "/a" }]],
        ["mounts", [{ type: "bind", source: "/a", target: "/a" }], [{ type: "bind", source: "/a", target: "/a", readOnly: true }]],
        ["volumes", [{ volumeName: "a", containerPath: "/a" }], [{ volumeName: "a", containerPath: "/b" }]],
        ["tmpfs", { "/tmp": "" }, { "/tmp": "size=1m" }],
        ["uploads", [{ file: "/a", content: "1" }], [{ file: "/a", content: "2" }]],
        ["uploads", [{ file: "/a", source: "x", sourceHash: "1" }], [{ file: "/a", source: "x", sourceHash: "2" }]],
        ["capabilities", { drops: ["ALL"] }, { drops: ["ALL"], adds: ["CAP_CHOWN"] }],
        ["securityOpts", ["a"], ["b"]],
        ["privileged", false, true],
        ["devices", [{ hostPath: "/dev/a" }], [{ hostPath: "/dev/b" }]],
        ["ulimits", [{ name: "nofile", soft: 1, hard: 2 }], [{ name: "nofile", soft: 1, hard: 3 }]],
        ["sysctls", { a: "1" }, { a: "2" }],
        ["groupAdds", ["1"], ["2"]],
        ["healthcheck", { tests: ["CMD", "a"] }, { tests: ["CMD", "b"] }],
        ["healthcheck", { tests: ["CMD", "a"], interval: "10s" }, { tests: ["CMD", "a"], interval: "20s" }],
        ["logDriver", "json-file", "local"],
        ["logOpts", { "max-size": "1m" }, { "max-size": "2m" }],
        ["storageOpts", {}, { size: "1G" }],
        ["runtime", "runc", "runsc"],
        ["platform", "linux", "linux/amd64"],
        ["stopSignal", "SIGTERM", "SIGINT"],
        ["stopTimeout", 1, 2],
        ["ipcMode", "private", "host"],
        ["pidMode", undefined, "host"],
        ["usernsMode", undefined, "host"],
        ["cgroupParent", undefined, "x"],
        ["cgroupnsMode", undefined, "host"],
        ["init", false, true],
        ["readOnly", false, true],
        ["rm", false, true],
        ["tty", false, true],
        ["stdinOpen", false, true],
        ["shmSize", 64, 128],
        ["cpus", "0.5", "0.7"],
    ];
    test.each(rows)("%s: %j → %j", (property, before, after) => {
        const answer = diff(stateOf({ [property]: before }), normalize({ ...BASE, [property]: after }));
        expect(answer).toEqual({ changed: [property], replaces: [property], deleteBeforeReplace: true });
    });
});

describe("a change of this property keeps the container", () => {
    const rows: Row[] = [
        ["restart", "no", "always"],
        ["maxRetryCount", 0, 3],
        ["memory", 64, 128],
        ["memoryReservation", 0, 32],
        ["memorySwap", 0, -1],
        ["cpuShares", 0, 512],
        ["cpuSet", "0", "0-1"],
        ["cpuPeriod", 0, 100000],
        ["cpuQuota", 0, 50000],
        ["deviceReadBps", [{ path: "/dev/a", rate: 1 }], [{ path: "/dev/a", rate: 2 }]],
        ["deviceReadIops", [], [{ path: "/dev/a", rate: 2 }]],
        ["deviceWriteBps", [], [{ path: "/dev/a", rate: 2 }]],
        ["deviceWriteIops", [], [{ path: "/dev/a", rate: 2 }]],
        ["mustRun", false, true],
        ["mustRun", true, false],
        ["start", true, false],
        ["wait", false, true],
        ["waitTimeout", 60, 90],
        ["attach", false, true],
        ["logs", false, true],
        ["removeVolumes", true, false],
        ["destroyGraceSeconds", undefined, 30],
        ["containerReadRefreshTimeoutMilliseconds", 15000, 1000],
        ["healthcheck", { tests: ["CMD", "a"], interval: "1m0s" }, { tests: ["CMD", "a"], interval: "60s" }],
    ];
    test.each(rows)("%s: %j → %j", (property, before, after) => {
        const answer = diff(stateOf({ [property]: before }), normalize({ ...BASE, [property]: after }));
        expect(answer).toEqual({ changed: [property], replaces: [], deleteBeforeReplace: false });
    });
});

describe("this is no change", () => {
    const mounts = [
        { type: "volume", source: "a", target: "/a" },
        { type: "tmpfs", target: "/b" },
    ];
    const rows: Row[] = [
        ["envs", ["A=1", "B=2"], ["B=2", "A=1"]],
        [
            "labels",
            [
                { label: "a", value: "1" },
                { label: "b", value: "2" },
            ],
            [
                { label: "b", value: "2" },
                { label: "a", value: "1" },
            ],
        ],
        [
            "ports",
            [
                { internal: 80, external: 32768, ip: "0.0.0.0" },
                { internal: 81, external: 1 },
            ],
            [{ internal: 81, external: 1 }, { internal: 80 }],
        ],
        ["networksAdvanced", [{ name: "a", aliases: ["x", "y"] }, { name: "b" }], [{ name: "b" }, { name: "a", aliases: ["y", "x"] }]],
        ["mounts", mounts.map((mount) => ({ source: "", ...mount, readOnly: false })), [...mounts].reverse()],
        [
            "uploads",
            [
                { file: "/a", content: "1" },
                { file: "/b", content: "2" },
            ],
            [
                { file: "/b", content: "2", executable: false },
                { file: "/a", content: "1" },
            ],
        ],
        ["capabilities", { adds: ["A", "B"], drops: ["ALL"] }, { adds: ["B", "A"], drops: ["ALL"] }],
        ["dns", ["1.1.1.1", "8.8.8.8"], ["8.8.8.8", "1.1.1.1"]],
        ["devices", [{ hostPath: "/dev/a", permissions: "rwm" }], [{ hostPath: "/dev/a" }]],
        [
            "ulimits",
            [
                { name: "a", soft: 1, hard: 1 },
                { name: "b", soft: 1, hard: 1 },
            ],
            [
                { name: "b", soft: 1, hard: 1 },
                { name: "a", soft: 1, hard: 1 },
            ],
        ],
        ["command", ["sleep"], undefined],
        ["envs", ["A=1"], undefined],
        ["labels", [{ label: "a", value: "1" }], undefined],
        ["healthcheck", { tests: ["CMD", "a"] }, undefined],
        ["hostname", "3fa9c1d2", undefined],
        ["user", "app", ""],
        ["workingDir", "/app", undefined],
        ["tmpfs", {}, undefined],
        ["memory", 0, undefined],
    ];
    test.each(rows)("%s: %j → %j", (property, before, after) => {
        expect(diff(stateOf({ [property]: before }), normalize({ ...BASE, [property]: after })).changed).toEqual([]);
    });
});

test("memory without memorySwap: the engine's own swap limit shows as a change, as with the official plugin", () => {
    const state = { ...stateOf({ memory: 64 }), memorySwap: 128 };
    expect(diff(state, normalize({ ...BASE, memory: 64 }))).toMatchObject({ changed: ["memorySwap"], replaces: [] });
});

describe("refused by check", () => {
    const rows: (readonly [string, object, string])[] = [
        [
            "gpus",
            { gpus: "all" },
            "gpus: the offline docker plugin doesn't support gpus; leave it out, or install the official plugin: pulumi plugin install resource docker",
        ],
        [
            "deviceRequests",
            { deviceRequests: [{ count: 1 }] },
            "deviceRequests: the offline docker plugin doesn't support deviceRequests; leave it out, or install the official plugin: pulumi plugin install resource docker",
        ],
        ["restart", { restart: "sometimes" }, 'restart: must be no, on-failure, always or unless-stopped (got "sometimes")'],
        ["cpuSet", { cpuSet: "a" }, 'cpuSet: must be a list of processors such as "0-2,4" (got "a")'],
        ["cpus", { cpus: "half" }, 'cpus: must be a number of processors such as "1.5" (got "half")'],
        ["memory", { memory: -1 }, "memory: must be 0 or more (got -1)"],
        ["memorySwap", { memorySwap: -2 }, "memorySwap: must be -1 or more (got -2)"],
        ["command", { command: ["a", ""] }, 'command: an entry may not be "" (the official plugin refuses it too); leave the entry out'],
        [
            "interval",
            { healthcheck: { tests: ["CMD", "a"], interval: "10" } },
            'healthcheck.interval: must be a duration such as "10s" or "1m30s" (got "10")',
        ],
        ["mount type", { mounts: [{ type: "nfs", target: "/a" }] }, 'mounts[0].type: must be bind, volume or tmpfs (got "nfs")'],
        [
            "propagation",
            { mounts: [{ type: "bind", target: "/a", bindOptions: { propagation: "x" } }] },
            'mounts[0].bindOptions.propagation: must be private, rprivate, shared, rshared, slave or rslave (got "x")',
        ],
        ["hostPath", { volumes: [{ hostPath: "a", containerPath: "/a" }] }, 'volumes[0].hostPath: must be an absolute path (got "a")'],
        ["volume", { volumes: [{ volumeName: "a" }] }, "volumes[0].containerPath: give containerPath or fromContainer"],
        [
            "volume from",
            { volumes: [{ fromContainer: "a", containerPath: "/a" }] },
            "volumes[0].containerPath: conflicts with fromContainer; give one of them",
        ],
        [
            "upload twice",
            { uploads: [{ file: "/a", content: "1", source: "x" }] },
            "uploads[0].content: exactly one of content, contentBase64 and source must be set, and not empty (content and source are set)",
        ],
        [
            "upload none",
            { uploads: [{ file: "/a" }] },
            "uploads[0].content: exactly one of content, contentBase64 and source must be set, and not empty (none is set)",
        ],
        [
            "permissions",
            { uploads: [{ file: "/a", content: "1", permissions: "644" }] },
            'uploads[0].permissions: must be four octal digits such as "0644" (got "644")',
        ],
        ["base64", { uploads: [{ file: "/a", contentBase64: "?hidden?" }] }, "uploads[0].contentBase64: must be base64"],
        ["device rate", { deviceReadBps: [{ path: "/dev/a", rate: -1 }] }, "deviceReadBps[0].rate: must be 0 or more (got -1)"],
    ];
    test.each(rows)("%s", (_title, inputs, message) => {
        expect(check(normalize({ ...BASE, ...inputs }))).toEqual([message]);
    });

    test("what isn't known yet is let through", () => {
        const inputs = {
            ...BASE,
            image: UNKNOWN,
            envs: UNKNOWN,
            uploads: [{ file: "/a", content: UNKNOWN }],
            healthcheck: UNKNOWN,
            memory: UNKNOWN,
        };
        expect(check(normalize(inputs))).toEqual([]);
    });
});
