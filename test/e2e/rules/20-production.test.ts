import { mkdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { checkout, docker, quai } from "../support/checkout";
import { policies } from "../../../policies";
import { VOLUME } from "../../../policies/made";
import { RESOURCES } from "../../unit/policies/cases";
import type { Config } from "./stacks";
import {
    configOf,
    container,
    DESCRIPTION,
    inDays,
    must,
    objects,
    PRODUCTION,
    pulumi,
    setSecret,
    sql,
    stackOf,
    touched,
    up,
    WAIVED,
    write,
} from "./stacks";

/** `up --yes` with these settings: refused, and nothing is touched. @returns what it said */
async function refused(more: Config): Promise<string> {
    const before = touched();
    write("production", more);
    const { code, text } = await up("production").finally(() => write("production"));
    expect([code !== 0, touched() === before]).toEqual([true, true]);
    return text;
}

const BEGUN = inDays(7);
/** The way to do it on purpose, for a week from then. Midnight may have passed since. */
const waiver = (key: string) =>
    new RegExp(
        `Take the change back; or, to do it on purpose, write into Pulumi\\.${PRODUCTION}\\.yaml: quai:retired: \\{ "${key}": (${BEGUN}|${inDays(7)}) \\}`,
    );

describe("R37: what production refuses, it refuses before anything is touched", () => {
    test("everything at once, by path, remedy and rule", async () => {
        const text = await refused({
            "quai:domain": "staging.quay.localhost",
            "quai:backup": { drill: "never" },
            "quai:services": { web: { replicas: 2, env: { DEBUG: "true", DATABASE: "sqlite:////srv/media/x.db", API_KEY: "x" } } },
            "quai:waive": { "public-tls": { ...WAIVED["public-tls"], until: "2026-01-01" } },
        });
        for (const line of [
            /^quai:domain: staging\.quay\.localhost is the name of shop-staging \(staging\) already; .* \(rule own-host\)$/m,
            /^quai:tls\.mode: local is for development; .* \(rule public-tls, whose waiver ended on 2026-01-01\)$/m,
            /^quai:services\.web\.env\.DEBUG: debug mode is on; .* \(rule debug-off\)$/m,
            /^quai:services\.web\.env\.API_KEY: looks like a secret; .* \(rule secrets-not-in-env\)$/m,
            /^quai:services\.web\.replicas: 2 containers would write to one SQLite file \(DATABASE\); .* \(rule sqlite-one-writer\)$/m,
            /^quai:images\.web: is built during the deployment, .* \(rule pinned-images\)$/m,
            /^quai:backup\.offsite: there is no copy off the host; .* \(rule backup-offsite\)$/m,
            /^quai:backup\.drill: restores are never tried; .* \(rule backup-drill\)$/m,
        ]) {
            expect(text).toMatch(line);
        }
    });

    test("./quai check says the same where neither host nor state is to be had, and what only the program knows", async () => {
        const before = { ...process.env };
        Object.assign(process.env, { DOCKER_HOST: "unix:///nowhere.sock", PULUMI_BACKEND_URL: "file:///nowhere" });
        const check = (more: Config) => {
            write("production", more);
            return quai("check", PRODUCTION);
        };
        const { command: _, ...mute } = { ...DESCRIPTION.services.web, env: { SITE_KEY: "${secrets.siteKey}" } };
        const [well, broken, program] = [
            await check({}),
            await check({ "quai:backup": false }),
            await check({ "quai:custom": { ...DESCRIPTION, services: { web: mute } } }),
        ];
        process.env = before;
        write("production");
        expect([well.code, well.text]).toEqual([
            0,
            expect.stringMatching(/production: settings, rules and program \(a plan of \d+ resources\)/),
        ]);
        expect([broken.code, broken.text]).toEqual([1, expect.stringMatching(/quai:backup: backups are off; .* \(rule backup-on\)/)]);
        expect([program.code, program.text]).toEqual([1, expect.stringMatching(/web.*command/)]);
    });

    test("R36: a secret that staging has, too, is found without being shown", async () => {
        const same = "kX8-vPz2Lq0-wN7yT-shared";
        for (const environment of ["staging", "production"] as const) {
            await setSecret(environment, "mailPassword", same);
        }
        process.env["PULUMI_CONFIG_PASSPHRASE_FILE"] = join(checkout(), ".quai", "passphrase");
        const { code, text } = await quai("preview", PRODUCTION);
        delete process.env["PULUMI_CONFIG_PASSPHRASE_FILE"];
        for (const environment of ["staging", "production"] as const) write(environment);
        expect([code, text]).toEqual([
            1,
            expect.stringContaining(
                `quai:secrets.mailPassword: is the same as quai:secrets.mailPassword of Pulumi.${stackOf("staging")}.yaml (staging)`,
            ),
        ]);
        expect(text).not.toContain(same);
    });
});

describe("R48: production's data are not lost by a change of settings", () => {
    beforeAll(async () => {
        docker("exec", container("production", "web"), "sh", "-c", "echo kept >/srv/media/kept.txt");
        await must(quai("backup", "now", PRODUCTION));
    });

    test("a database that is taken out of the program is refused, with the way to do it on purpose", async () => {
        const { databases: _, ...rest } = DESCRIPTION;
        const web = { ...DESCRIPTION.services.web, env: { SITE_KEY_FILE: "${file:secrets.siteKey}" } };
        const text = await refused({
            "quai:custom": { ...rest, files: { media: { user: "101:101" } }, services: { web } },
            "quai:backup": false,
            "quai:waive": { ...WAIVED, "backup-on": WAIVED["public-tls"] },
        });
        expect(text).toMatch(/volume shop-production-postgres-data is deleted, and with it the database \(no longer in the program\)/);
        expect(text).toMatch(waiver("postgres-data"));
        expect(text).toMatch(waiver("backup-repository"));
    });

    const RENAMED = {
        ...DESCRIPTION,
        files: { uploads: { user: "101:101" } },
        services: { web: { ...DESCRIPTION.services.web, files: { "/srv/media": "uploads" } } },
    };

    test("a volume with another name is refused", async () => {
        const text = await refused({ "quai:custom": RENAMED });
        expect(text).toMatch(/volume shop-production-media is deleted, and with it the files of media/);
        expect(text).toMatch(waiver("media"));
    });

    test("another host is refused, and it need not be reachable for that", async () => {
        const host = { kind: "docker", host: "ssh://deploy@192.0.2.7", hostKey: `ssh-ed25519 ${"A".repeat(68)}` };
        const before = touched();
        write("production", { "quai:target": host, "quai:waive": { ...WAIVED, "real-names": WAIVED["public-tls"] } });
        const { code, text } = await quai("preview", PRODUCTION).finally(() => write("production"));
        expect([code, touched() === before]).toEqual([1, true]);
        expect(text).toContain("its data stay behind");
        expect(text).toMatch(waiver("this-machine"));
    });

    test("another application is refused: its volumes would have other names", async () => {
        expect(await refused({ "quai:custom": { ...DESCRIPTION, name: "store" } })).toMatch(waiver("postgres-data"));
    });

    test("a stack file that was renamed is refused", async () => {
        const file = (stack: string) => join(checkout(), `Pulumi.${stack}.yaml`);
        const before = touched();
        renameSync(file(PRODUCTION), file("shop-live"));
        const { code, text } = await quai("up", "shop-live", "--yes").finally(() => renameSync(file("shop-live"), file(PRODUCTION)));
        expect([code, touched() === before]).toEqual([1, true]);
        expect(text).toContain(
            `stack ${PRODUCTION} is deployed and has no file any more, and shop-live would begin with empty data beside it`,
        );
        expect(objects("container", "shop-live")).toEqual([]);
    });

    test("on purpose: a snapshot comes first, the volume is left on the host with all that is in it", async () => {
        write("production", { "quai:custom": RENAMED, "quai:retired": { media: inDays(3) } });
        const { text } = await must(up("production"));
        expect(text).toContain("A snapshot before media is left behind:");
        expect(text).toContain("media is no longer the stack's. It stays on the host");
        const folder = docker("volume", "inspect", "--format", "{{.Mountpoint}}", `${PRODUCTION}-media`).trim();
        expect(docker("run", "--rm", "--entrypoint", "cat", "-v", `${PRODUCTION}-media:/x:ro`, imageOf("web"), "/x/kept.txt").trim()).toBe(
            "kept",
        );
        expect(folder).not.toBe("");
        expect(docker("exec", container("production", "web"), "ls", "/srv/media").trim()).toBe("");
    });

    test("what is protected isn't deleted by down --delete-data, nor by the engine's own destroy", async () => {
        write("production", { "quai:custom": RENAMED });
        const before = objects("volume", PRODUCTION);
        const down = await quai("down", PRODUCTION, "--yes", "--delete-data");
        expect([down.code, down.text]).toEqual([2, expect.stringContaining("is protected, its data can't be deleted")]);
        const destroy = await pulumi([
            "destroy",
            "--yes",
            "--skip-preview",
            "--stack",
            PRODUCTION,
            "--config-file",
            `.quai/stacks/Pulumi.${PRODUCTION}.yaml`,
        ]);
        expect(destroy.code).not.toBe(0);
        expect(objects("volume", PRODUCTION)).toEqual(
            expect.arrayContaining(before.filter((name) => /-data$|-uploads$|repository$|keys$/.test(name))),
        );
        await must(up("production"));
        expect(sql("production", "SELECT 1")).toBe("1");
    });
});

const imageOf = (service: "web") => docker("inspect", "--format", "{{.Image}}", container("production", service)).trim();

describe("R37: the rules as a policy pack, on the real engine", () => {
    const PACK = "policies/pack/quai-rules";
    const config = ["--config-file", `.quai/stacks/Pulumi.${PRODUCTION}.yaml`];

    test("a production that keeps them passes, warnings are listed", async () => {
        const { code, stdout } = await pulumi(["preview", "--stack", PRODUCTION, ...config, "--policy-pack", PACK]);
        expect([code, stdout]).toEqual([0, expect.stringMatching(/quai-rules@v0\.1\.0/)]);
        expect(stdout).toMatch(/shared-state-warning/);
    });

    test("what breaks them is refused, by the rules' own words, whatever the program is: each case of each rule", async () => {
        const folder = join(checkout(), ".quai", "probe");
        mkdirSync(folder, { recursive: true });
        writeFileSync(join(folder, "Pulumi.yaml"), "name: probe\nruntime: { name: nodejs, options: { typescript: false } }\n");
        writeFileSync(join(folder, "package.json"), '{ "name": "probe", "main": "index.js" }');
        // Those of AWS would need its plugin. A volume is known by its name; others are told apart by theirs.
        const cases = Object.entries(RESOURCES).flatMap(([rule, { fail, pass }]) =>
            [...fail, ...pass.filter(([{ name }]) => fail.every(([other]) => other.type !== VOLUME || other.name !== name))]
                .filter(([{ type }]) => type.startsWith("docker:"))
                .map(([made, ...lines], at) => ({
                    rule,
                    made: made.type === VOLUME ? made : { ...made, name: `${made.name}-${rule}-${at}` },
                    of: `container ${made.name}`,
                    lines,
                })),
        );
        expect(new Set(cases.map(({ rule }) => rule)).size).toBeGreaterThanOrEqual(5);
        writeFileSync(join(folder, "cases.json"), JSON.stringify(cases));
        writeFileSync(join(folder, "index.js"), PROBE);
        symlinkSync(join(checkout(), "node_modules"), join(folder, "node_modules"));
        await pulumi(["stack", "init", PRODUCTION], { cwd: folder });
        const { code, stdout } = await pulumi(["preview", "--stack", PRODUCTION, "--policy-pack", join(checkout(), PACK)], { cwd: folder });
        expect(code).not.toBe(0);
        const missing = cases.flatMap(({ rule, made, of, lines }) => {
            const { fix } = policies.find(({ id }) => id === rule) ?? { fix: "" };
            return lines.map((line) => `${line.replace(of, `container ${made.name}`)}; ${fix} (rule ${rule})`);
        });
        // The stack file waives one of them: the pack keeps to that, too.
        const waived = (line: string) => Object.keys(WAIVED).some((rule) => line.endsWith(`(rule ${rule})`));
        expect(missing.some(waived)).toBe(true);
        expect(missing.filter((line) => stdout.includes(line) === waived(line))).toEqual([]);
        const fine = cases.filter(({ lines }) => lines.length === 0).map(({ made }) => made.name);
        expect(fine.filter((name) => new RegExp(`(container|volume) ${name}[:,]`).test(stdout))).toEqual([]);
        expect(configOf("production")["quai:environment"]).toBe("production");
    });
});

const PROBE = `
const docker = require("@pulumi/docker");
const provider = new docker.Provider("host", { disableDockerDaemonCheck: true });
const kinds = {
    "docker:index/container:Container": (name, inputs, opts) => new docker.Container(name, { image: "x", ...inputs }, opts),
    "docker:index/volume:Volume": (name, inputs, opts) => new docker.Volume(name, inputs, opts),
    "docker:index/remoteImage:RemoteImage": (name, inputs, opts) => new docker.RemoteImage(name, inputs, opts),
};
for (const { made } of require("./cases.json")) kinds[made.type](made.name, made.inputs, { provider, protect: made.protect });
`;
