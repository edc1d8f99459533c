import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse, parseDocument } from "yaml";
import { attempt, buildMachineImage, inside, keyPair, removeMachine, removeNetwork, startMachine } from "../server/machine";
import { equivalent } from "../support/images";
import { give } from "./stands-in";
import { checkout, PORTS, quai, type System } from "./system";

/** Pulumi.prod.yaml's own stack, on a container that stands in for a rented machine. */
const prod: System = { stack: "prod", host: "app.quay.localhost" };
const MACHINE = "quai-systems-vps";
const SSH = 18622;
const STEPS = ["packages", "docker", "user", "ssh", "firewall", "images"];
const path = () => join(checkout(), "Pulumi.prod.yaml");
const key = () => keyPair(join(checkout(), ".quai", "keys"), "deploy");
const page = () => readFileSync(join(checkout(), "docs/getting-started-vps.md"), "utf8");

/** As whoever deploys would log in, with none of our options. */
const login = (user: string, ...options: string[]) => {
    const fixed = ["IdentitiesOnly=yes", "StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "BatchMode=yes", "LogLevel=ERROR"];
    const words = [...fixed, ...options].flatMap((each) => ["-o", each]);
    return attempt("ssh", ["-i", key(), "-p", String(SSH), ...words, `${user}@127.0.0.1`, "id -un"]).text.trim();
};

let hostKey = "";
/** The page's third step: the values that are one's own, in a file in which nothing else changes. */
function fillIn(): void {
    const file = parseDocument(readFileSync(path(), "utf8"));
    const reason = "A container stands in for the machine, and no registry for its images";
    const until = new Date(Date.now() + 200 * 86_400_000).toISOString().slice(0, 10);
    const own: [string[], unknown][] = [
        [["target", "host"], `ssh://deploy@127.0.0.1:${SSH}`],
        [["target", "hostKey"], hostKey],
        [["target", "identityFile"], key()],
        [["domain"], prod.host],
        [["tls", "email"], "ops@quay.eu"],
        [["aliases"], [`www.${prod.host}`]],
        [["ports"], { http: PORTS.http, https: PORTS.https }],
        // Nobody gives certificates to a name like this; the first start doesn't wait for one.
        [["tls", "server"], "https://acme.quay.localhost:18699/directory"],
        [["host", "docker", "packages"], "distribution"],
        [["host", "minimum"], { cpus: 1, memory: "1g", disk: "10g" }],
        [["backup", "offsite", "repository"], "/mnt/backups"],
        [["postgres"], { version: 15, memory: "256m", maxConnections: 200 }],
        [["waive"], { "pinned-images": { reason, until } }],
    ];
    for (const [[first = "", ...rest], value] of own) file.setIn(["config", `quai:${first}`, ...rest], file.createNode(value));
    for (const gone of [["images"], ["registries"], ["host", "swap"]]) {
        const [first = "", ...rest] = gone;
        file.deleteIn(["config", `quai:${first}`, ...rest]);
    }
    writeFileSync(path(), file.toString({ lineWidth: 0 }));
}

describe("docs/getting-started-vps.md, followed on a bare machine", () => {
    beforeAll(async () => {
        buildMachineImage(await equivalent("debian"));
        startMachine(MACHINE, key(), { ssh: SSH, ports: [PORTS.http, PORTS.https] });
        inside(MACHINE, "mkdir -p /mnt/backups");
    });
    afterAll(() => {
        removeMachine(MACHINE);
        removeNetwork();
    });

    test("2: the key that ssh-keyscan prints is the one on the console", () => {
        const scanned = attempt("ssh-keyscan", ["-t", "ed25519", "-p", String(SSH), "127.0.0.1"]).text;
        const line = scanned.split("\n").find((each) => each.includes(" ssh-ed25519 ")) ?? "";
        hostKey = line.split(" ").slice(1, 3).join(" ");
        const seen = spawnSync("ssh-keygen", ["-lf", "-"], { input: `${hostKey}\n`, encoding: "utf8" }).stdout.split(" ")[1];
        expect(page()).toContain("ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub");
        expect(inside(MACHINE, "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub").split(" ")[1]).toBe(seen);
    });

    test("3: the lines of the page are those of the file", () => {
        const [, block = ""] = /```yaml\n([\s\S]*?)```/.exec(page()) ?? [];
        const shown = parse(block) as Record<string, object>;
        const { config } = parse(readFileSync(path(), "utf8")) as { config: Record<string, object> };
        for (const [section, values] of Object.entries(shown)) expect(config[section]).toMatchObject(values);
    });

    test("5: what is missing in the file is listed at once, and nothing is asked of the machine before", async () => {
        const { code, text } = await quai("up", "prod", "--yes");
        expect(code).toBe(2);
        for (const what of ["quai:target.host", "quai:domain", "quai:registries", "quai:backup.offsite.environment"])
            expect(text).toContain(what);
        expect(text).not.toContain("can't be reached");
    });

    test("4: secrets that can't be generated", () => {
        fillIn();
        for (const name of ["backupKeyId", "backupKey"]) {
            const value = `${name}-kX8-vPz2Lq0`;
            expect(give(prod, name, value)).toEqual({ code: 0, text: expect.not.stringContaining(value) as string });
        }
    });

    test("R1: 5: the machine is prepared, and serves; 6: a second update changes nothing", async () => {
        const { code, text } = await quai("up", "prod", "--yes");
        expect({ code, text }).toMatchObject({ code: 0 });
        for (const step of STEPS) expect(text).toContain(`${step}: done`);
        const again = await quai("up", "prod", "--yes");
        expect({ code: again.code, text: again.text }).toMatchObject({ code: 0 });
        expect(again.text).toMatch(/\d+ unchanged/);
        expect(again.text).not.toMatch(/\d+ (created|updated|replaced|deleted)|put back/);
        for (const step of STEPS) expect(again.text).not.toContain(`${step}: done`);
    });

    test("6: deploy gets in by key, nobody by password, root not at all", () => {
        expect(login("deploy")).toBe("deploy");
        expect(login("deploy", "PubkeyAuthentication=no")).toContain("Permission denied (publickey)");
        expect(login("root")).toContain("Permission denied (publickey)");
    });

    test("R53, R57: the first day's list: a snapshot, on the machine and off it", async () => {
        expect(await quai("backup", "now", "prod")).toMatchObject({ code: 0 });
        expect((await quai("backup", "list", "prod", "--offsite")).text).toMatch(/\d{4}-\d{2}-\d{2}/);
        const { problems } = JSON.parse((await quai("status", "prod", "--json")).stdout) as { problems: string[] };
        expect(problems.filter((problem) => !/certificate/.test(problem))).toEqual([]);
        const url = `https://${prod.host}:${PORTS.https}/api/health`;
        expect(attempt("curl", ["--insecure", "--fail", "--silent", url]).text).toContain('"status":"ok"');
    });
});
