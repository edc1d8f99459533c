import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { nginxConfig } from "../../../components/tls-proxy/nginx";
import { resolveProxy } from "../../../components/tls-proxy/spec";
import { tryConfiguration } from "../../../components/tls-proxy/trial-docker";
import { record } from "../support/mocks";
import { run, scratchFolder } from "../support/scratch";
import { dockerTarget } from "../support/target";
import { BASE, endpoint } from "./base";
import { Backend } from "./real/backend";
import { certificate, environment, freePort, freePorts, nginxVersion, onLoopback } from "./real/nginx";

const real = nginxVersion === undefined ? test.skip : test;

describe("a release is tried before anybody is led to it", () => {
    if (nginxVersion === undefined) test.skip("needs nginx: apt-get install nginx-light", () => undefined);
    const scratch = scratchFolder("trial");
    let api: Backend;
    beforeAll(async () => void (api = await Backend.start("api")));
    afterAll(() => api.stop());

    /** The real nginx and the trial's own program, here instead of in a container. */
    async function tried(port: number, healthPath: string, seconds = 15) {
        const folder = mkdtempSync(join(scratch, "volume-"));
        const [files, bin] = [join(folder, "next-1-1"), join(folder, "bin")];
        for (const each of [files, bin, join(files, "tmp")]) mkdirSync(each);
        const spec = resolveProxy({ ...BASE, routes: [{ path: "/api/", to: endpoint("api", 8000, healthPath) }] });
        const ports = await freePorts();
        certificate(files, spec.names);
        const moved = onLoopback(nginxConfig(spec, "version-1"), files, ports, { "api-api0001:8000": port });
        writeFileSync(join(files, "nginx.conf"), moved.replaceAll(`${files}/std`, "/dev/std"));
        const docker = [
            "#!/bin/sh",
            'while [ "$1" != -euc ]; do shift; done',
            `program=$(printf '%s' "$2" | sed -e 's#/tmp/#${bin}/#g' -e 's#/files/#${folder}/#g' -e 's#+ 15#+ ${seconds}#'); shift 2`,
            'exec /bin/sh -euc "$program" "$@"',
        ];
        writeFileSync(join(bin, "docker"), `${docker.join("\n")}\n`, { mode: 0o755 });
        const { result } = await record(() =>
            tryConfiguration(dockerTarget(), { volume: "demo-dev-proxy-config", uid: 101, version: "version-1", spec }),
        );
        const env = environment();
        const script = `next=next-1-1\n${result.replace(" 8444 ", ` ${ports.check} `)}`;
        return run("/bin/sh", ["-euc", script], { env: { ...env, PATH: `${bin}:${env["PATH"]}` } });
    }

    real("R101: one that answers as the public asks passes", async () => {
        expect(await tried(api.port, "/api/health")).toEqual({ code: 0, stdout: "", stderr: "" });
    });

    real("R23: one that is healthy to itself alone fails, and it's said where to look", async () => {
        const nobody = await freePort();
        const { code, stderr } = await tried(nobody, "/api/health", 4);
        expect(code).toBe(1);
        expect(stderr.trimEnd().split("\n")).toEqual([
            "https://demo.localhost/api/health must be answered by release api0001 (got status 502, release api0001)",
            `the proxy says: connect() failed (111: Connection refused) while connecting to upstream (http://127.0.0.1:${nobody}/api/health)`,
            "its own health check passes, so look at what it listens on: it must be all addresses (0.0.0.0), not 127.0.0.1",
        ]);
    });

    real("one that answers the public path with an error fails with what it answered", async () => {
        const { code, stderr } = await tried(api.port, "/api/missing", 4);
        expect({ code, stderr }).toEqual({
            code: 1,
            stderr: "https://demo.localhost/api/missing must be answered by release api0001 (got status 404, release api0001)\n",
        });
    });
});
