import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { nginxConfig } from "../../../components/tls-proxy/nginx";
import { resolveProxy } from "../../../components/tls-proxy/spec";
import { switchConfiguration, firstConfiguration } from "../../../components/tls-proxy/switch-docker";
import type { DockerTarget } from "../../../components/targets";
import { record } from "../support/mocks";
import { run, scratchFolder } from "../support/scratch";
import { dockerTarget } from "../support/target";
import { BASE } from "./base";
import { certificate, environment, freePorts, nginxVersion, onLoopback } from "./real/nginx";

const SPEC = resolveProxy(BASE);
const IDS = [process.getuid?.() ?? 0, process.getgid?.() ?? 0] as const;

/** What the stand-in for docker answers; everything it was asked is in its log. */
interface Host {
    /** Exit status of the trial. @default 0 */
    readonly tried?: number;
    /** Exit status of the check of the new routes. @default 0 */
    readonly verified?: number;
    /** Exit status of the check through the port. @default 0 */
    readonly reached?: number;
    /** Proxies that run besides. */
    readonly formers?: readonly string[];
    /** Holders of ports that run besides. */
    readonly closed?: readonly string[];
}

async function scriptOf(uid = IDS[0], version = "3fa9c1d2"): Promise<string> {
    const { result } = await record(() => {
        const target: DockerTarget = dockerTarget();
        return switchConfiguration(target, {
            volume: "demo-dev-proxy-config",
            container: "demo-dev-proxy",
            door: { container: "demo-dev-port-8443-on-127.0.0.1", address: "127.0.0.1", port: 8443 },
            holders: ["demo-dev-port-8080-on-127.0.0.1", "demo-dev-port-8443-on-127.0.0.1"],
            uid,
            version,
            spec: SPEC,
        });
    });
    return result;
}

describe("the switch to other routes", () => {
    const scratch = scratchFolder("switch");

    /** A folder instead of the volume, and a `docker` that runs the tool's programs here and notes everything else. */
    function host(
        folder: string,
        { tried = 0, verified = 0, reached = 0, formers = [], closed = [] }: Host = {},
    ): { env: NodeJS.ProcessEnv; log: () => string[] } {
        const bin = mkdtempSync(join(scratch, "bin-"));
        const log = join(bin, "log");
        writeFileSync(log, "");
        const docker = [
            "#!/bin/sh",
            `case "$*" in run*--network\\ demo-dev-app*) printf 'trial '; printf '%s' "$*" | tr '\\n' ' '; echo; esac >> ${log}`,
            `case "$*" in run*--network\\ demo-dev-app*) [ ${tried} = 0 ] || echo "the trial says why" >&2; exit ${tried} ;; esac`,
            `if [ "$1" = run ]; then`,
            `  while [ "$1" != -euc ]; do shift; done`,
            // The tool runs as root in its container; here the owner is whoever runs the tests.
            `  program=$(printf '%s' "$2" | sed -e 's#/files#${folder}#g' -e 's#/tmp/test.log#${bin}/test.log#g' -e 's#/tmp/listen#${bin}/listen#g'); shift 2`,
            `  exec /bin/sh -euc "$program" "$@"`,
            `fi`,
            `printf '%s' "$*" | tr '\\n' ' ' >> ${log}; echo >> ${log}`,
            `case "$*" in *--resolve*127.0.0.1\\ 8443*) exit ${reached} ;; *--resolve*) exit ${verified} ;; *proc*cmdline*true*) echo /proc/1/cmdline ;;`,
            `  *role=proxy*) for each in ${formers.join(" ")}; do echo "$each demo-dev-proxy-$each"; done; echo "new demo-dev-proxy" ;;`,
            `  *role=port*) for each in ${closed.join(" ")}; do echo "$each demo-dev-port-9443-on-127.0.0.1"; done; echo "own demo-dev-port-8443-on-127.0.0.1" ;; esac`,
        ];
        writeFileSync(join(bin, "docker"), `${docker.join("\n")}\n`, { mode: 0o755 });
        const env = environment();
        return { env: { ...env, PATH: `${bin}:${env["PATH"]}` }, log: () => readFileSync(log, "utf8").trim().split("\n") };
    }

    function volume(): string {
        const folder = mkdtempSync(join(scratch, "volume-"));
        mkdirSync(join(folder, "next-1-1"));
        writeFileSync(join(folder, "next-1-1", "nginx.conf"), "# the routes in use\n");
        cpSync(join(folder, "next-1-1"), join(folder, "starting"), { recursive: true });
        return folder;
    }

    async function inUse(folder: string): Promise<void> {
        await run("ln", ["-sfn", "next-1-1", join(folder, "current")]);
    }

    async function input(text: string): Promise<string> {
        const files = mkdtempSync(join(scratch, "files-"));
        certificate(files, SPEC.names);
        const ports = await freePorts();
        mkdirSync(join(files, "tmp"));
        const contents = { "nginx.conf": onLoopback(text, files, ports, {}), "certificate.pem": "", "key.pem": "" };
        return Object.keys(contents)
            .map((name) => {
                const content = name === "nginx.conf" ? contents["nginx.conf"] : readFileSync(join(files, name), "utf8");
                return `${name} ${Buffer.from(content).toString("base64")}\n`;
            })
            .join("");
    }

    async function doSwitch(folder: string, text: string, options: Host = {}) {
        const { env, log } = host(folder, options);
        const ran = await run("/bin/sh", ["-euc", await scriptOf()], { env, input: await input(text) });
        return { ...ran, asked: log() };
    }

    const real = nginxVersion === undefined ? test.skip : test;
    if (nginxVersion === undefined) test.skip("needs nginx: apt-get install nginx-light", () => undefined);

    real("good routes: tested by nginx, put in place, reloaded, verified, drained; the former stay at hand", async () => {
        const folder = volume();
        await inUse(folder);
        const { code, stderr, asked } = await doSwitch(folder, nginxConfig(SPEC, "3fa9c1d2"));
        expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
        const current = readlinkSync(join(folder, "current"));
        expect(current).toMatch(/^next-\d{10}-\d+$/);
        expect(readdirSync(join(folder, current)).sort()).toEqual(["certificate.pem", "key.pem", "nginx.conf"]);
        expect(readlinkSync(join(folder, "former"))).toBe("next-1-1");
        expect(asked.map((line) => line.split(" ").slice(0, 3).join(" "))).toEqual([
            "trial run --rm",
            ...Array.from({ length: 4 }, () => "exec demo-dev-proxy /bin/sh"),
            ...Array.from({ length: 2 }, () => "ps --filter label=io.quai.stack=demo-dev"),
            "exec demo-dev-port-8443-on-127.0.0.1 /bin/sh",
            "exec demo-dev-proxy /bin/sh",
        ]);
        expect(asked[0]).toContain(
            `trial ${current} 3fa9c1d2 127.0.0.1 8444 demo.localhost /api/health api0001 demo.localhost /health web0001`,
        );
        expect(asked[2]).toContain("kill -HUP");
        expect(asked[3]).toContain("check 3fa9c1d2");
        expect(asked[4]).toContain("check 3fa9c1d2 127.0.0.1 8444 demo.localhost /api/health api0001 demo.localhost /health web0001");
        expect(asked[7]).toContain("check 3fa9c1d2 127.0.0.1 8443 demo.localhost /api/health api0001 demo.localhost /health web0001");
        expect(asked[8]).toMatch(/check 30 \/proc\/1\/cmdline$/);
    });

    real("beside a former proxy: that is told to finish once the new one has answered, and waited for", async () => {
        const folder = volume();
        await inUse(folder);
        const { code, asked } = await doSwitch(folder, nginxConfig(SPEC, "3fa9c1d2"), { formers: ["former1"], closed: ["holder1"] });
        expect(code).toBe(0);
        const order = asked.map((line) => line.split(" ").slice(0, 4).join(" "));
        expect(order.slice(5, 11)).toEqual([
            "ps --filter label=io.quai.stack=demo-dev --filter",
            "ps --filter label=io.quai.stack=demo-dev --filter",
            "exec former1 touch /tmp/leaving",
            "stop holder1",
            "kill --signal QUIT former1",
            "exec demo-dev-port-8443-on-127.0.0.1 /bin/sh -euc",
        ]);
        expect(asked.at(-1)).toContain("ps --quiet --no-trunc");
    });

    real("a new proxy that can't be reached through the port: the former one serves again", async () => {
        const folder = volume();
        await inUse(folder);
        const { code, asked } = await doSwitch(folder, nginxConfig(SPEC, "3fa9c1d2"), {
            formers: ["former1"],
            closed: ["holder1"],
            reached: 1,
        });
        expect(code).toBe(1);
        expect(readlinkSync(join(folder, "current"))).toBe("next-1-1");
        expect(asked.slice(-6)).toEqual(expect.arrayContaining(["start holder1", "restart --time 5 former1"]));
    });

    real("routes that nginx refuses are not put in place: nothing changed, nothing reloaded, and it says what is wrong", async () => {
        const folder = volume();
        await inUse(folder);
        const { code, stderr, asked } = await doSwitch(folder, nginxConfig(SPEC, "3fa9c1d2").replace("sendfile on;", "sendfle on;"));
        expect(code).not.toBe(0);
        expect(stderr).toContain('unknown directive "sendfle"');
        expect(stderr).toContain("nginx refused the new configuration; the one in use was not touched");
        expect(stderr).not.toContain(`${folder}/next-`);
        expect(readlinkSync(join(folder, "current"))).toBe("next-1-1");
        expect(readdirSync(folder).sort()).toEqual(["current", "next-1-1", "starting"]);
        expect(asked).toEqual([""]);
    });

    real("a certificate whose key doesn't match is refused in the same way (R66)", async () => {
        const folder = volume();
        await inUse(folder);
        const { env } = host(folder);
        const [lines, other] = [await input(nginxConfig(SPEC, "3fa9c1d2")), await input(nginxConfig(SPEC, "3fa9c1d2"))];
        const mixed = [...lines.split("\n").slice(0, 2), other.split("\n")[2], ""].join("\n");
        const { code, stderr } = await run("/bin/sh", ["-euc", await scriptOf()], { env, input: mixed });
        expect(code).not.toBe(0);
        expect(stderr).toMatch(/key values mismatch/);
        expect(readlinkSync(join(folder, "current"))).toBe("next-1-1");
    });

    real("a release that doesn't answer: the former routes are in use again, the logs are shown, the update fails", async () => {
        const folder = volume();
        await inUse(folder);
        const { code, stderr, asked } = await doSwitch(folder, nginxConfig(SPEC, "3fa9c1d2"), { verified: 1 });
        expect(code).toBe(1);
        expect(readlinkSync(join(folder, "current"))).toBe("next-1-1");
        expect(readFileSync(join(folder, "current", "nginx.conf"), "utf8")).toBe("# the routes in use\n");
        expect(asked.filter((line) => line.includes("kill -HUP"))).toHaveLength(2);
        expect(asked.filter((line) => line.startsWith("kill"))).toEqual([]);
        expect(asked.filter((line) => line.startsWith("logs")).map((line) => line.split(" ").at(-1))).toEqual([
            "demo-dev-api-api0001",
            "demo-dev-web-web0001",
        ]);
        expect(stderr).toContain("last lines of demo-dev-api-api0001:\n");
        expect(stderr).toMatch(/the former routes are in use again\n$/);
    });

    real("a release that fails its trial: no route is touched, nothing reloaded, the logs are shown, the update says why", async () => {
        const folder = volume();
        await inUse(folder);
        const { code, stderr, asked } = await doSwitch(folder, nginxConfig(SPEC, "3fa9c1d2"), { tried: 1 });
        expect(code).toBe(1);
        expect(readlinkSync(join(folder, "current"))).toBe("next-1-1");
        expect(asked.map((line) => line.split(" ")[0])).toEqual(["trial", "logs", "logs"]);
        expect(stderr).toContain("last lines of demo-dev-api-api0001:\n");
        expect(stderr).toMatch(/the trial says why\nnobody was led to the new release: the routes in use were not touched\n$/);
        expect((await doSwitch(folder, nginxConfig(SPEC, "3fa9c1d2"))).code).toBe(0);
    });

    real("old configurations are cleared away, but never the one in use nor its predecessor", async () => {
        const folder = volume();
        await inUse(folder);
        for (const old of ["next-0-1", "next-0-2"]) mkdirSync(join(folder, old));
        await doSwitch(folder, nginxConfig(SPEC, "3fa9c1d2"));
        const left = readdirSync(folder).filter((name) => name.startsWith("next-"));
        expect(left.sort()).toEqual(["next-1-1", readlinkSync(join(folder, "current"))].sort());
    });

    test("the first configuration is only written where there is none", async () => {
        const first = async (folder: string) =>
            run(
                "/bin/sh",
                ["-euc", firstConfiguration(IDS[0]).replaceAll("/files", folder).replaceAll(`${IDS[0]}:${IDS[0]}`, IDS.join(":"))],
                { input: "# first\n" },
            );
        const fresh = mkdtempSync(join(scratch, "fresh-"));
        expect(await first(fresh)).toEqual({ code: 0, stdout: "", stderr: "" });
        expect(readFileSync(join(fresh, "current", "nginx.conf"), "utf8")).toBe("# first\n");
        const used = volume();
        await inUse(used);
        writeFileSync(join(used, "current", "nginx.conf"), "# the routes in use\nlisten 8080 default_server;\nlisten 8443 ssl;\n");
        expect(await first(used)).toEqual({ code: 0, stdout: "", stderr: "" });
        expect(readFileSync(join(used, "current", "nginx.conf"), "utf8")).toBe(
            "# the routes in use\ninclude /tmp/listen/http;\ninclude /tmp/listen/https;\n",
        );
        expect(existsSync(join(used, "starting", "nginx.conf"))).toBe(true);
    });
});
