import { DockerTarget } from "../../../components/targets";
import { sshOptions } from "../../../components/targets/ssh";
import { COMMAND, IMAGE, NETWORK, record } from "../support/mocks";
import { dockerTarget, MIB } from "../support/target";

const PROVIDER = "pulumi:providers:docker";

describe("a Docker target", () => {
    test("this machine's engine: explicit providers, two networks, nothing else", async () => {
        const { resources, get, list } = await record(() => dockerTarget());
        expect(list()).toEqual([
            `${NETWORK} app`,
            `${NETWORK} data`,
            "pulumi:providers:command host-commands",
            "pulumi:providers:docker host",
            "pulumi:providers:random host-random",
            "pulumi:providers:tls host-tls",
            "quai:target:Docker host",
        ]);
        expect(get(PROVIDER, "host").inputs).toEqual({ disableDockerDaemonCheck: "true" });
        for (const resource of resources.filter(({ type }) => type !== "quai:target:Docker")) {
            expect(resource.parent).toBe("host");
        }
    });

    test("R15: databases live on a network without a way out; both carry the stack's labels", async () => {
        const { get } = await record(() => dockerTarget());
        const labels = (service: string) => [
            { label: "io.quai.stack", value: "demo-dev" },
            { label: "io.quai.role", value: "network" },
            { label: "io.quai.service", value: service },
        ];
        expect(get(NETWORK, "app").inputs).toEqual({ name: "demo-dev-app", internal: false, labels: labels("app") });
        expect(get(NETWORK, "data").inputs).toEqual({ name: "demo-dev-data", internal: true, labels: labels("data") });
        expect(get(NETWORK, "data").provider).toBe("host");
    });

    test("a stopped stack has no networks", async () => {
        const { of, result } = await record(() => dockerTarget({ running: false }));
        expect(of(NETWORK)).toEqual([]);
        expect(result.networks).toBeUndefined();
    });

    test("another host is reached by the system's ssh, never asking", async () => {
        const ssh = { url: "ssh://deploy@203.0.113.7", user: "deploy", host: "203.0.113.7", port: 22, identityFile: "/keys/id" };
        const { get } = await record(() => dockerTarget({ ssh }));
        const { host, sshOpts } = get(PROVIDER, "host").inputs;
        expect(host).toBe("ssh://deploy@203.0.113.7");
        expect(JSON.parse(String(sshOpts))).toEqual(sshOptions(ssh));
    });

    test("R27: the password of a registry is a secret input", async () => {
        const registries = [{ address: "registry.example.com", username: "deploy", password: "pass-of-the-registry" }];
        const { get } = await record(() => dockerTarget({ registries }));
        const provider = get(PROVIDER, "host");
        expect(provider.secrets).toEqual(["registryAuth"]);
        expect(JSON.parse(String(provider.inputs["registryAuth"]))).toEqual(registries);
    });

    test("an image is pulled once, whoever asks, by the mirror's name, and kept for a rollback", async () => {
        const { of } = await record(() => {
            const target = dockerTarget({ imageMirror: { "nginx:1.30.4-trixie": "quai.local/nginx:1.30-abc" } });
            expect(target.image("nginx:1.30.4-trixie")).toBe(target.image("nginx:1.30.4-trixie"));
            target.image("redis:7.4.11-bookworm");
        });
        expect(of(IMAGE).map(({ inputs }) => inputs)).toEqual([
            { name: "quai.local/nginx:1.30-abc", keepLocally: true },
            { name: "redis:7.4.11-bookworm", keepLocally: true },
        ]);
        expect(of(COMMAND)).toEqual([]);
    });

    test("R36: two stacks on one host share no name", async () => {
        const names = async (stack: string) => {
            const { of, result } = await record(() => new DockerTarget("host", { stack, logs: { maxSize: MIB, maxFiles: 1 } }));
            return [...of(NETWORK).map(({ inputs }) => inputs["name"]), result.name("api", "3fa9c1d2")];
        };
        const [dev, prod] = [await names("demo-dev"), await names("demo-prod")];
        expect(dev).toEqual(["demo-dev-app", "demo-dev-data", "demo-dev-api-3fa9c1d2"]);
        expect(prod.filter((name) => dev.includes(name))).toEqual([]);
    });
});
