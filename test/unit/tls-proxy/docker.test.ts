import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Files } from "../../../components/files";
import type { TlsProxyArgs } from "../../../components/tls-proxy";
import { TlsProxy } from "../../../components/tls-proxy";
import { FIND_SERVICES } from "../../../components/tls-proxy/known-docker";
import { nginxConfig } from "../../../components/tls-proxy/nginx";
import { resolveProxy } from "../../../components/tls-proxy/spec";
import type { DockerTargetArgs } from "../../../components/targets/docker-target";
import { COMMAND, CONTAINER, idOf, record, valueOf, VOLUME } from "../support/mocks";
import { commandOf, dockerTarget, filesIn, leaks } from "../support/target";
import { BASE } from "./base";
import { healthcheck } from "../../../components/internal/health";

const PORTS = { type: "volume", source: "demo-dev-proxy-ports", target: "/run/quai-ports" };
const PROGRAM = readFileSync(join(__dirname, "../../../components/tls-proxy/programs/ports.pl"), "utf8");
const HOLDER = "port-8443-on-127.0.0.1";
const PROXY = /^proxy-[0-9a-f]{8}$/;
const KEY = "-----BEGIN PRIVATE KEY-----\nfrom-the-company\n-----END PRIVATE KEY-----\n";

interface Options {
    readonly args?: Partial<TlsProxyArgs>;
    readonly target?: Partial<DockerTargetArgs>;
    readonly files?: boolean;
}

async function proxy({ args, target: change, files }: Options = {}) {
    const recording = await record(() => {
        const target = dockerTarget(change);
        const media = files === true ? [{ path: "/media/", to: { files: new Files("media", { target, uid: 1000, gid: 1001 }) } }] : [];
        return new TlsProxy("proxy", { target, tls: { mode: "local" }, ...BASE, routes: [...BASE.routes, ...media], ...args });
    });
    const command = (name: string) => commandOf(recording.get(COMMAND, name));
    return { ...recording, command };
}

describe("the proxy on a Docker host", () => {
    test("everything it is made of", async () => {
        const { list, get } = await proxy();
        const release = get(CONTAINER, PROXY).name.replace("proxy-", "");
        expect(list().filter((each) => !/pulumi:|Network|quai:target/.test(each))).toEqual([
            `${COMMAND} proxy-config`,
            `${COMMAND} proxy-ports`,
            `${COMMAND} proxy-routes`,
            `${CONTAINER} port-8080-on-127.0.0.1`,
            `${CONTAINER} port-8443-on-127.0.0.1`,
            `${CONTAINER} proxy-${release}`,
            "docker:index/remoteImage:RemoteImage nginx:1.30.4-trixie",
            "quai:index:TlsProxy proxy",
            "tls:index/certRequest:CertRequest proxy-request",
            "tls:index/locallySignedCert:LocallySignedCert proxy-certificate",
            "tls:index/privateKey:PrivateKey proxy-ca-key",
            "tls:index/privateKey:PrivateKey proxy-key",
            "tls:index/selfSignedCert:SelfSignedCert proxy-ca",
        ]);
    });

    test("R13, R16: not root, read-only, without ports of its own; whatever makes it another one is in its name", async () => {
        const { get } = await proxy();
        const { name, inputs } = get(CONTAINER, PROXY);
        expect(inputs).toEqual({
            name: `demo-dev-${name}`,
            image: `sha256:${idOf("nginx:1.30.4-trixie")}`,
            entrypoints: [
                ...["perl", "-e", PROGRAM, "--", "take"],
                ...["http=/run/quai-ports/port-8080-on-127.0.0.1", "https=/run/quai-ports/port-8443-on-127.0.0.1", "--"],
                ...["/bin/sh", "-euc", `${FIND_SERVICES}\nexec nginx "$@"`, "nginx"],
            ],
            command: ["-p", "/etc/quai/current/", "-c", "nginx.conf", "-g", "daemon off;"],
            user: "101:101",
            groupAdds: [],
            readOnly: true,
            init: true,
            capabilities: { drops: ["ALL"] },
            securityOpts: ["no-new-privileges:true"],
            ulimits: [{ name: "core", soft: 0, hard: 0 }],
            logDriver: "json-file",
            logOpts: { "max-size": "50m", "max-file": "5" },
            restart: "unless-stopped",
            mustRun: true,
            memory: 256,
            memorySwap: 256,
            networksAdvanced: [{ name: "demo-dev-app" }],
            mounts: [{ type: "volume", source: "demo-dev-proxy-config", target: "/etc/quai", readOnly: true }, PORTS],
            tmpfs: { "/tmp": "rw,noexec,nosuid,size=256m" },
            healthcheck: healthcheck({
                command: ["curl", "-fsS", "-o", "/dev/null", "http://127.0.0.1:8081/healthz"],
                interval: 15,
                timeout: 3,
                retries: 5,
                startPeriod: 5,
                shell: true,
            }),
            wait: true,
            waitTimeout: 50,
            labels: [
                { label: "io.quai.stack", value: "demo-dev" },
                { label: "io.quai.role", value: "proxy" },
                { label: "io.quai.service", value: "proxy" },
                { label: "io.quai.release", value: name.replace("proxy-", "") },
            ],
            stopSignal: "SIGQUIT",
            stopTimeout: 60,
            destroyGraceSeconds: 60,
        });
    });

    describe("R15: a port is held by a container that does nothing else", () => {
        test("on the host's own address, as asked for", async () => {
            const { get } = await proxy();
            const { inputs, after } = get(CONTAINER, HOLDER);
            expect(inputs).toMatchObject({
                name: `demo-dev-${HOLDER}`,
                entrypoints: ["perl", "-e", PROGRAM, "--", "hold", "127.0.0.1", "8443", `/run/quai-ports/${HOLDER}`, "101"],
                user: "101:101",
                readOnly: true,
                capabilities: { drops: ["ALL"] },
                memory: 32,
                networkMode: "host",
                mounts: [PORTS],
            });
            expect(Object.keys(inputs)).not.toEqual(expect.arrayContaining(["ports"]));
            expect(after).toContain("proxy-ports");
            expect(get(CONTAINER, PROXY).after).toEqual(expect.arrayContaining(["port-8080-on-127.0.0.1", HOLDER]));
        });

        test("below 1024 it begins as root, with what that takes and nothing else", async () => {
            const { get } = await proxy({ args: { ports: { http: 80, https: 443, address: "0.0.0.0" } } });
            expect(get(CONTAINER, "port-443-on-0.0.0.0").inputs).toMatchObject({
                user: "0:0",
                capabilities: { drops: ["ALL"], adds: ["NET_BIND_SERVICE", "SETGID", "SETUID"] },
            });
        });

        test("published by Docker, where the host's own addresses are out of reach", async () => {
            const { get, command } = await proxy({ args: { ports: { http: 80, https: 443, address: "0.0.0.0", published: true } } });
            expect(get(CONTAINER, "published-443-on-0.0.0.0").inputs).toMatchObject({
                entrypoints: ["perl", "-e", PROGRAM, "--", "hold", "0.0.0.0", "8443", "/run/quai-ports/published-443-on-0.0.0.0", "101"],
                user: "101:101",
                networksAdvanced: [{ name: "demo-dev-app" }],
                ports: [{ internal: 8443, external: 443, ip: "0.0.0.0", protocol: "tcp" }],
            });
            expect(command("proxy-ports").script).not.toMatch(/docker info|perl/);
        });

        test.each([
            ["::1", "port-8443-on-..1"],
            ["::", "port-8443-on-.."],
        ])("on %s, by another name", async (address, name) => {
            const { get } = await proxy({ args: { ports: { http: 8080, https: 8443, address } } });
            expect(get(CONTAINER, name).inputs["entrypoints"]).toEqual(expect.arrayContaining([address, `/run/quai-ports/${name}`]));
        });
    });

    test("R101: another image, port or way to a certificate is another proxy; the holders of ports that stay are as they were", async () => {
        const before = await proxy();
        const holder = (recording: typeof before) => recording.get(CONTAINER, HOLDER).inputs;
        for (const change of [
            { target: { imageMirror: { "nginx:1.30.4-trixie": "mirror.quay.eu/nginx:1.31" } } },
            { args: { ports: { http: 9080, https: 8443, address: "127.0.0.1" } } },
            { args: { tls: { mode: "acme", email: "ops@quay.eu", server: "https://acme.quay.eu/dir" } as const } },
        ]) {
            const after = await proxy(change);
            expect(after.get(CONTAINER, PROXY).name).not.toBe(before.get(CONTAINER, PROXY).name);
            expect({ ...holder(after), image: "" }).toEqual({ ...holder(before), image: "" });
        }
    });

    test("whoever of an earlier quai had the ports by Docker lets go of them; a port that isn't free, or an engine elsewhere, is refused", async () => {
        const { script } = (await proxy()).command("proxy-ports");
        expect(script).toContain("--filter publish=8443 --format '{{.Names}}'");
        expect(script).toContain('if [ -n "$former" ]; then docker stop $former >/dev/null; fi');
        expect(script).toContain("quai:ports.published: must be true with this Docker engine");
        expect(script).toContain('echo "quai:ports.https: $said; stop what listens there, or set another port or address" >&2');
    });

    test("R51: files that it serves are mounted to be read, by their group", async () => {
        const { get } = await proxy({ files: true });
        const { inputs, after } = get(CONTAINER, PROXY);
        expect(inputs["groupAdds"]).toEqual(["1001"]);
        expect((inputs["mounts"] as object[])[2]).toEqual({
            type: "volume",
            source: "demo-dev-media",
            target: "/srv/files/media",
            readOnly: true,
        });
        expect(after).toContain("media-owner");
    });

    test("first start, then the container, then the routes; the routes are a command done again when they change", async () => {
        const { get, command } = await proxy();
        expect(get(CONTAINER, PROXY).after).toContain("proxy-config");
        expect(get(COMMAND, "proxy-routes").after).toContain(get(CONTAINER, PROXY).name);
        expect(get(COMMAND, "proxy-config").after).toContain("nginx:1.30.4-trixie");
        expect(command("proxy-config").data).toBe(nginxConfig(undefined, "starting"));
        expect(get(COMMAND, "proxy-config").inputs["delete"]).toBe("docker volume rm -f demo-dev-proxy-config >/dev/null");
        expect(get(COMMAND, "proxy-routes").inputs["delete"]).toBeUndefined();
    });

    test("the switch carries configuration, certificate and key; the key stands nowhere in the open (R27)", async () => {
        const { command, resources, generated } = await proxy();
        const files = filesIn(command("proxy-routes").data);
        const version = /location = \/version \{ return 200 "([0-9a-f]{8})\\n"; \}/.exec(files["nginx.conf"] ?? "")?.[1] ?? "none";
        expect(files["nginx.conf"]).toBe(nginxConfig(resolveProxy(BASE), version));
        expect(files["certificate.pem"]).toMatch(/^-----BEGIN CERTIFICATE-----/);
        expect(generated).toContain(files["key.pem"]);
        expect(leaks(resources, generated)).toEqual([]);
        expect(command("proxy-routes").script).toContain(`check ${version};`);
    });

    test("a change of routes changes the switch, and never the container", async () => {
        const [before, after] = [await proxy(), await proxy({ args: { timeouts: { connect: 1, send: 1, read: 1 } } })];
        expect(after.get(CONTAINER, PROXY).inputs).toEqual(before.get(CONTAINER, PROXY).inputs);
        expect(after.get(COMMAND, "proxy-config").inputs).toEqual(before.get(COMMAND, "proxy-config").inputs);
        expect(after.command("proxy-routes")).not.toEqual(before.command("proxy-routes"));
    });

    test("R67: the local authority signs every name, localhost and the loopback addresses", async () => {
        const { get, result } = await proxy();
        expect(get("tls:index/certRequest:CertRequest", "proxy-request").inputs).toMatchObject({
            dnsNames: ["demo.localhost", "www.demo.localhost", "localhost"],
            ipAddresses: ["127.0.0.1", "::1"],
        });
        if (result.authorityPem === undefined) throw new Error("no authority");
        expect(await valueOf(result.authorityPem)).toMatch(/^-----BEGIN CERTIFICATE-----/);
    });

    test("R66: an own certificate is used as it is, its key as a secret", async () => {
        const tls = { mode: "files", certificate: "chain\n", key: KEY, version: "aaaaaaaa" } as const;
        const { command, list, resources, result } = await proxy({ args: { tls } });
        expect(list().filter((each) => each.startsWith("tls:"))).toEqual([]);
        expect(filesIn(command("proxy-routes").data)).toMatchObject({ "certificate.pem": "chain\n", "key.pem": KEY });
        expect(leaks(resources, [KEY])).toEqual([]);
        expect(result.authorityPem).toBeUndefined();
    });

    describe("R64: with ACME", () => {
        const tls = { mode: "acme", email: "ops@quay.eu", server: "https://acme.quay.eu/dir", authority: "PEM" } as const;

        test("a temporary certificate first, then the proxy, then the switch; the service that gets the real one is last", async () => {
            const { get, list } = await proxy({ args: { tls } });
            expect(list().filter((each) => each.startsWith("tls:"))).toEqual([]);
            expect(list(VOLUME)).toEqual([`${VOLUME} certificates-live`, `${VOLUME} certificates-state`]);
            expect(get(CONTAINER, PROXY).after).toContain("certificates-temporary");
            expect(get(CONTAINER, "certificates").after).toContain("proxy-routes");
            expect(get(CONTAINER, "certificates").inputs).toMatchObject({
                name: "demo-dev-certificates",
                user: "101:101",
                readOnly: true,
                capabilities: { drops: ["ALL"] },
                envs: [
                    "ACME_AUTHORITY=PEM",
                    "ACME_EMAIL=ops@quay.eu",
                    "ACME_NAMES=demo.localhost www.demo.localhost",
                    "ACME_SERVER=https://acme.quay.eu/dir",
                ],
                networksAdvanced: [{ name: "demo-dev-app" }],
                mounts: [
                    { type: "volume", source: "demo-dev-certificates-state", target: "/state" },
                    { type: "volume", source: "demo-dev-certificates-live", target: "/live" },
                ],
            });
            expect(get(CONTAINER, "certificates").inputs["ports"]).toBeUndefined();
        });

        test("the proxy sees the certificate, and not the account; the configuration carries no key", async () => {
            const { get, command } = await proxy({ args: { tls } });
            const { mounts, entrypoints } = get(CONTAINER, PROXY).inputs as { mounts: { source: string }[]; entrypoints: string[] };
            expect(mounts.map(({ source }) => source)).toEqual([
                "demo-dev-proxy-config",
                "demo-dev-proxy-ports",
                "demo-dev-certificates-live",
            ]);
            expect(entrypoints.join(" ")).toContain("kill -HUP $$");
            expect(Object.keys(filesIn(command("proxy-routes").data))).toEqual(["nginx.conf"]);
            expect(command("proxy-routes").script).toContain("--volume demo-dev-certificates-live:/etc/quai-acme:ro");
        });

        test("a stopped stack keeps the volumes", async () => {
            const { list } = await proxy({ args: { tls }, target: { running: false } });
            expect(list(VOLUME, CONTAINER, COMMAND)).toEqual([`${VOLUME} certificates-live`, `${VOLUME} certificates-state`]);
        });
    });

    test.each([
        [443, ["https://demo.localhost", "https://www.demo.localhost"]],
        [8443, ["https://demo.localhost:8443", "https://www.demo.localhost:8443"]],
    ])("addresses on port %d", async (https, expected) => {
        expect((await proxy({ args: { ports: { http: 80, https, address: "0.0.0.0" } } })).result.urls).toEqual(expected);
    });

    test("a stopped stack keeps the certificate, and nothing that runs", async () => {
        const { list, result } = await proxy({ target: { running: false } });
        expect(list(CONTAINER, COMMAND, VOLUME)).toEqual([]);
        expect(list().filter((each) => each.startsWith("tls:"))).toHaveLength(5);
        expect(result.switched).toBeUndefined();
    });
});
