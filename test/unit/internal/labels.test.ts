import { labelArguments, labelList, labelMap } from "../../../components/internal/labels";
import { cpuLimit, hardened, memoryLimit } from "../../../components/internal/docker/hardening";

const VALUES = { role: "service", service: "api", release: "3fa9c1d2" } as const;

describe("labels", () => {
    test("stack and role always, service and release where there are any", () => {
        expect(labelMap("demo-dev", VALUES)).toEqual({
            "io.quai.stack": "demo-dev",
            "io.quai.role": "service",
            "io.quai.service": "api",
            "io.quai.release": "3fa9c1d2",
        });
        expect(labelMap("demo-dev", { role: "tool" })).toEqual({ "io.quai.stack": "demo-dev", "io.quai.role": "tool" });
    });

    test("say the same to the provider and to the command line", () => {
        const pairs = Object.entries(labelMap("demo-dev", VALUES));
        expect(labelList("demo-dev", VALUES)).toEqual(pairs.map(([label, value]) => ({ label, value })));
        expect(labelArguments("demo-dev", VALUES)).toEqual(pairs.flatMap(([label, value]) => ["--label", `${label}=${value}`]));
    });
});

describe("what every container gets", () => {
    test.each([
        [1, "1.0"],
        [2, "2.0"],
        [0.5, "0.5"],
        [1.25, "1.25"],
    ])("R16: %d CPUs are written %s, as the provider reads them back", (cpus, expected) => {
        expect(cpuLimit(cpus)).toBe(expected);
    });

    test("R14, R87: comes back after a reboot, no capability, no way to gain one, no core file, rotated logs", () => {
        expect(hardened({ maxSize: 50 * 1024 * 1024, maxFiles: 5 })).toEqual({
            init: true,
            capabilities: { drops: ["ALL"] },
            securityOpts: ["no-new-privileges:true"],
            logDriver: "json-file",
            logOpts: { "max-size": "50m", "max-file": "5" },
            restart: "unless-stopped",
            mustRun: true,
            ulimits: [{ name: "core", soft: 0, hard: 0 }],
        });
    });

    test.each([
        [1024, "1m"],
        [1024 * 1024, "1m"],
        [1024 * 1024 + 1, "2m"],
    ])("a log of %d bytes is rotated at %s", (maxSize, expected) => {
        expect(hardened({ maxSize, maxFiles: 1 }).logOpts).toEqual({ "max-size": expected, "max-file": "1" });
    });

    test.each([
        [512 * 1024 * 1024, 512],
        [512 * 1024 * 1024 + 1, 513],
        [6 * 1024 * 1024, 6],
    ])("R16: a limit of %d bytes is %d MiB, and swap doesn't get round it", (bytes, mebibytes) => {
        expect(memoryLimit(bytes)).toEqual({ memory: mebibytes, memorySwap: mebibytes });
    });
});
