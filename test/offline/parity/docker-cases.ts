import type { Case, Refusal } from "./case";
import { BASE_IMAGE, docker, inspectContainer, PREFIX, tamper } from "./docker-engine";
import { secret } from "./wire";

const TYPE = "docker:index/container:Container";
const name = `${PREFIX}-c`;
const plain = { name, image: BASE_IMAGE, command: ["sleep", "600"], destroyGraceSeconds: 1 };
const remove = async (): Promise<void> => void docker("rm", "-fv", name);
/** Given by the engine, different each time. */
const volatile = ["networkDatas", "hostname"];
const common = { plugin: "docker", type: TYPE, volatile, cleanUp: remove } as const;

const full = {
    ...plain,
    command: ["sh", "-c", "touch /tmp/ok; exec sleep 600"],
    networksAdvanced: [{ name: `${PREFIX}-net`, aliases: ["api", "api-x"] }],
    mounts: [
        { type: "volume", source: `${PREFIX}-vol`, target: "/data" },
        { type: "bind", source: "/usr/share", target: "/share", readOnly: true },
    ],
    tmpfs: { "/tmp": "rw,noexec,nosuid,size=67108864", "/run": "" },
    healthcheck: { tests: ["CMD-SHELL", "test -f /tmp/ok"], interval: "1s", timeout: "1m0s", startPeriod: "30s", retries: 3 },
    capabilities: { drops: ["ALL"], adds: ["CAP_SETUID", "CAP_CHOWN"] },
    logDriver: "json-file",
    logOpts: { "max-size": "10m", "max-file": "3" },
    memory: 256,
    memorySwap: 512,
    cpus: "0.5",
    restart: "unless-stopped",
    labels: [
        { label: "io.quai.stack", value: "parity" },
        { label: "io.quai.role", value: "service" },
    ],
    user: "1000:1000",
    groupAdds: ["2000"],
    init: true,
    readOnly: true,
    securityOpts: ["no-new-privileges:true"],
    stopTimeout: 20,
    stopSignal: "SIGTERM",
    ulimits: [{ name: "nofile", soft: 1024, hard: 4096 }],
    sysctls: { "net.core.somaxconn": "1024" },
    hosts: [{ host: "host.docker.internal", ip: "host-gateway" }],
    envs: ["A=1", "B=2"],
    hostname: "parity",
    workingDir: "/data",
    dns: ["127.0.0.11"],
    ipcMode: "private",
    shmSize: 64,
    wait: true,
    waitTimeout: 30,
};

/** One change of each property of `full` that components set. `apply`: both plugins must do it in place. */
const changes: Case["changes"] = [
    { name: "memory", set: { memory: 300, memorySwap: 600 }, apply: true },
    { name: "restart", set: { restart: "always" }, apply: true },
    { name: "cpuShares", set: { cpuShares: 512 }, apply: true },
    { name: "cpus", set: { cpus: "0.25" } },
    { name: "image", set: { image: "quai-parity/other:1" } },
    { name: "command", set: { command: ["sleep", "601"] } },
    { name: "user", set: { user: "1001" } },
    { name: "no user", set: { user: undefined } },
    { name: "envs", set: { envs: ["A=1", "B=3"] } },
    { name: "envs in another order", set: { envs: ["B=2", "A=1"] } },
    { name: "a label more", set: { labels: [...full.labels, { label: "x", value: "y" }] } },
    { name: "labels in another order", set: { labels: [...full.labels].reverse() } },
    { name: "mounts in another order", set: { mounts: [...full.mounts].reverse() } },
    { name: "a mount less", set: { mounts: full.mounts.slice(0, 1) } },
    { name: "alias", set: { networksAdvanced: [{ name: `${PREFIX}-net`, aliases: ["api"] }] } },
    { name: "healthcheck", set: { healthcheck: { ...full.healthcheck, interval: "2s" } }, apply: true },
    { name: "no healthcheck", set: { healthcheck: undefined, wait: false } },
    { name: "tmpfs", set: { tmpfs: { "/tmp": "" } } },
    { name: "init", set: { init: false } },
    { name: "capabilities in another order", set: { capabilities: { drops: ["ALL"], adds: ["CAP_CHOWN", "CAP_SETUID"] } } },
    { name: "capabilities", set: { capabilities: { drops: ["ALL"] } } },
    { name: "log options", set: { logOpts: { "max-size": "20m" } } },
    { name: "ports", set: { ports: [{ internal: 80, external: 18_471, ip: "127.0.0.1" }] } },
    { name: "stopTimeout", set: { stopTimeout: 21 } },
    { name: "destroyGraceSeconds", set: { destroyGraceSeconds: 2 }, apply: true },
    { name: "wait", set: { wait: false } },
    { name: "waitTimeout", set: { waitTimeout: 31 } },
    { name: "hostname", set: { hostname: "other" } },
    { name: "securityOpts", set: { securityOpts: undefined } },
    { name: "ulimits", set: { ulimits: [{ name: "nofile", soft: 2048, hard: 4096 }] } },
    { name: "sysctls", set: { sysctls: { "net.core.somaxconn": "2048" } } },
    { name: "groupAdds", set: { groupAdds: ["2001"] } },
    { name: "readOnly", set: { readOnly: false } },
    { name: "uploads", set: { uploads: [{ file: "/etc/x", content: "x" }] } },
    { name: "name", set: { name: `${name}-2` } },
    { name: "workingDir", set: { workingDir: "/" } },
    { name: "hosts", set: { hosts: undefined } },
    { name: "dns", set: { dns: ["1.1.1.1"] } },
    { name: "shmSize", set: { shmSize: 32 } },
    { name: "removeVolumes", set: { removeVolumes: false } },
    { name: "mustRun", set: { mustRun: false } },
];

const backdrop = {
    prepare: async (): Promise<void> => {
        docker("network", "create", `${PREFIX}-net`);
        docker("volume", "create", `${PREFIX}-vol`);
    },
    cleanUp: async (): Promise<void> => {
        await remove();
        docker("network", "rm", `${PREFIX}-net`);
        docker("volume", "rm", `${PREFIX}-vol`);
    },
};

export const containerCases: readonly Case[] = [
    {
        ...common,
        name: "container with nothing asked",
        inputs: () => plain,
        inspect: inspectContainer,
        tampering: [tamper("restart"), tamper("kill"), tamper("rm", "-f")],
    },
    {
        ...common,
        ...backdrop,
        name: "container with everything that components set",
        inputs: () => full,
        inspect: inspectContainer,
        changes,
        tampering: [tamper("restart"), tamper("update", "--memory", "128m", "--memory-swap", "256m"), tamper("rm", "-f")],
    },
    {
        ...common,
        name: "container with other spellings",
        inputs: () => ({
            ...plain,
            memory: 64,
            cpus: "0.50",
            capabilities: { adds: ["NET_ADMIN"], drops: ["chown"] },
            healthcheck: { tests: ["CMD", "true"], interval: "60s", timeout: "1m" },
            mounts: [{ type: "tmpfs", target: "/t", tmpfsOptions: { sizeBytes: 1_048_576 } }],
            ports: [{ internal: 80, external: 18_472 }],
        }),
        tampering: [tamper("kill")],
    },
    {
        ...common,
        name: "container with secrets",
        inputs: () => ({
            ...plain,
            envs: ["A=1", secret("PW=environment-secret")],
            uploads: [
                { file: "/a/b", content: secret("upload-secret"), permissions: "0400" },
                { file: "/x", contentBase64: Buffer.from("plain").toString("base64"), executable: true },
            ],
            labels: [{ label: "x", value: secret("label-secret") }],
            tmpfs: { "/t": secret("size=1048576") },
        }),
        inspect: inspectContainer,
        changes: [{ name: "secret upload", set: { uploads: [{ file: "/a/b", content: secret("other-secret"), permissions: "0400" }] } }],
    },
    {
        ...common,
        name: "container that never gets healthy",
        inputs: () => ({ ...plain, healthcheck: { tests: ["CMD", "false"], interval: "1s", retries: 1 }, wait: true, waitTimeout: 3 }),
        changes: [{ name: "command", set: { command: ["sleep", "601"] } }],
    },
    { ...common, name: "container that waits without a healthcheck", inputs: () => ({ ...plain, wait: true, waitTimeout: 3 }) },
    {
        ...common,
        name: "upload into a read-only container",
        inputs: () => ({ ...plain, readOnly: true, uploads: [{ file: "/x", content: "x" }] }),
    },
    {
        ...common,
        name: "container that runs to its end",
        inputs: () => ({
            ...plain,
            command: ["sh", "-c", "echo out; sleep 0.5; echo err >&2; exit 3"],
            attach: true,
            mustRun: false,
            logs: true,
        }),
        changes: [{ name: "logs", set: { logs: false } }],
    },
    { ...common, name: "container of an image that is nowhere", inputs: () => ({ ...plain, image: "localhost:1/none:1" }) },
    { ...common, name: "container whose command is not there", inputs: () => ({ ...plain, command: ["/no/such/program"] }) },
    {
        ...common,
        name: "container whose name is taken",
        inputs: () => plain,
        prepare: async () => void docker("create", "--name", name, BASE_IMAGE, "true"),
    },
];

const refusal = (title: string, set: Record<string, unknown>): Refusal => ({
    name: title,
    plugin: "docker",
    type: TYPE,
    inputs: { ...plain, ...set },
});

export const containerRefusals: readonly Refusal[] = [
    refusal("no image", { image: undefined }),
    refusal("unknown property", { imagee: "x" }),
    refusal("unknown nested property", { mounts: [{ type: "volume", target: "/x", sauce: "y" }] }),
    refusal("text for a number", { memory: "much" }),
    refusal("text for a list", { envs: "A=1" }),
    refusal("negative memory", { memory: -1 }),
    refusal("restart", { restart: "sometimes" }),
    refusal("mount type", { mounts: [{ type: "disk", target: "/x" }] }),
    refusal("mount without a target", { mounts: [{ type: "volume", source: "x" }] }),
    refusal("upload permissions", { uploads: [{ file: "/x", content: "x", permissions: "888" }] }),
    refusal("upload without a file", { uploads: [{ content: "x" }] }),
    refusal("healthcheck duration", { healthcheck: { tests: ["CMD", "true"], interval: "soon" } }),
    refusal("volume with a relative host path", { volumes: [{ hostPath: "data", containerPath: "/data" }] }),
    refusal("gpus and deviceRequests", { gpus: "all", deviceRequests: [{ driver: "cdi" }] }),
];
