import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { checkProgram, preflightProgram, stepProgram } from "../../../components/docker-host/programs";
import { STEPS } from "../../../components/docker-host/spec";
import { run, scratchFolder } from "../support/scratch";
import { KEY, machine, spec, type System } from "./machine";

const scratch = scratchFolder("docker-host");
const STEPS_FOLDER = resolve(__dirname, "../../../components/docker-host/steps");

const RHEL8: System = {
    id: "rhel",
    version: "8.10",
    name: "RHEL 8.10",
    includes: false,
    packages: ["podman", "buildah", "containers-common"],
};
const ROCKY9: System = { id: "rocky", version: "9.4", name: "Rocky Linux 9.4", includes: true };
const DEBIAN13: System = { id: "debian", version: "13", name: "Debian 13", includes: true, packages: ["docker.io"] };

/** What programs were called with, against the text kept in golden/; QUAI_GOLDEN=write writes it anew, to be read before it's committed. */
function golden(name: string, text: string): void {
    const file = join(__dirname, "golden", `${name}.txt`);
    if (process.env["QUAI_GOLDEN"] === "write") writeFileSync(file, text);
    expect(text).toBe(existsSync(file) ? readFileSync(file, "utf8") : "");
}

describe.each([
    ["rhel-8", RHEL8],
    ["rocky-9", ROCKY9],
] as const)("the steps on %s, on stand-ins for its programs", (name, system) => {
    const made = machine(scratch, system);
    test.each(STEPS)("R1: %s calls what it should; a second time nothing differs and nothing is called", async (step) => {
        const first = await made.run(stepProgram(spec(), step));
        expect(first).toMatchObject({ code: 0, stderr: "" });
        expect(first.stdout).toContain(`${step}: done`);
        golden(`${name}-${step}`, `${first.stdout}---\n${made.calls()}`);
        const second = await made.run(stepProgram(spec(), step));
        expect(second).toMatchObject({ code: 0, stdout: `${step}: as it should be\n` });
        expect(made.calls()).toBe("");
    });

    test("a look at all of it finds nothing", async () => {
        expect(await made.run(checkProgram(spec()))).toEqual({ code: 0, stdout: "", stderr: "" });
    });
});

describe("single steps", () => {
    test("R4: SELinux is put to enforcing, its boolean on, and the application's folder labelled", async () => {
        const made = machine(scratch, ROCKY9);
        await made.run(stepProgram(spec(), "selinux"));
        const calls = made.calls();
        for (const call of [
            "setenforce 1",
            "setsebool -P container_manage_cgroup on",
            "container_file_t /opt/demo-prod(/.*)?",
            "restorecon -R /opt/demo-prod",
        ]) {
            expect(calls).toContain(call);
        }
        expect(made.read("etc/selinux/config")).toBe("SELINUX=enforcing\n");
    });

    test("R5: chrony is there and starts at boot; the machine has its name", async () => {
        const made = machine(scratch, DEBIAN13);
        for (const step of ["time", "hostname"] as const) await made.run(stepProgram(spec(), step));
        expect(made.calls()).toMatch(/install chrony\nsystemctl enable --now chrony\nhostnamectl set-hostname app-1\n$/);
        expect(made.read("etc/hosts")).toBe("127.0.0.1 localhost\n127.0.1.1 app-1\n");
    });

    test("R2: Docker's own repository on Debian: its key is compared, and the distribution's packages go", async () => {
        const made = machine(scratch, DEBIAN13);
        expect(await made.run(stepProgram(spec(), "docker"))).toMatchObject({ code: 0 });
        golden("debian-13-docker", made.calls());
        expect(made.read("etc/apt/sources.list.d/docker.sources")).toContain(
            "URIs: https://download.docker.com/linux/debian\nSuites: code\n",
        );
    });

    test.each([DEBIAN13, ROCKY9])("$name: a step ends with the first command that fails, and takes nothing away before", async (system) => {
        const made = machine(scratch, system);
        made.knows("unreachable");
        const { code, stderr } = await made.run(`set +e\n${stepProgram(spec(), "docker")}`);
        expect(code).toBe(1);
        expect(stderr).toContain("curl: (6) Could not resolve host");
        expect(made.calls()).toMatch(/curl [^\n]*\n$/);
        expect(existsSync(join(made.root, "etc/docker/daemon.json"))).toBe(false);
    });

    test("R7: daemon.json keeps other keys; ours are put back", async () => {
        const made = machine(scratch, ROCKY9);
        made.file("etc/docker/daemon.json", '{"mtu": 1400, "live-restore": false, "log-opts": {"tag": "x", "max-size": "1m"}}');
        const { stdout } = await made.run(stepProgram(spec({ docker: { dns: ["8.8.8.8", "8.8.4.4"] } }), "docker"));
        expect(stdout).toContain("docker: live-restore in daemon.json is false and not true");
        expect(JSON.parse(made.read("etc/docker/daemon.json"))).toEqual({
            mtu: 1400,
            "live-restore": true,
            "log-driver": "json-file",
            "log-opts": { tag: "x", "max-size": "50m", "max-file": "5" },
            "storage-driver": "overlay2",
            dns: ["8.8.8.8", "8.8.4.4"],
        });
    });

    test("R7: a daemon.json that isn't JSON is refused and left", async () => {
        const made = machine(scratch, ROCKY9);
        made.file("etc/docker/daemon.json", "{ mtu: 1400 }");
        const { code, stderr } = await made.run(stepProgram(spec(), "docker"));
        expect(code).toBe(1);
        expect(stderr).toContain("isn't valid JSON: mend it or move it away, and run this again; nothing was changed");
        expect(made.calls()).toBe("");
        expect(made.read("etc/docker/daemon.json")).toBe("{ mtu: 1400 }");
    });

    test("SSH on RHEL 8, whose sshd can't include files: our lines stand first, the others stay", async () => {
        const made = machine(scratch, RHEL8);
        await made.run(stepProgram(spec({ rootLogin: false }), "ssh"));
        const lines = made.read("etc/ssh/sshd_config").split("\n");
        expect(lines[0]).toBe("# quai begins");
        expect(lines).toContain("PermitRootLogin no");
        expect(lines.slice(-3)).toEqual(["# quai ends", "PasswordAuthentication yes", ""]);
    });

    test("R127: images of former releases stay where the settings don't say otherwise; what was made to remove them goes", async () => {
        const made = machine(scratch, ROCKY9);
        const never = spec({ keepImages: undefined });
        expect((await made.run(stepProgram(never, "images"))).stdout).toBe("images: as it should be\n");
        await made.run(stepProgram(spec({ keepImages: 3 }), "images"));
        expect(made.read("usr/local/sbin/quai-images")).toContain("keep='3'\n");
        expect(made.read("etc/systemd/system/quai-images.timer")).toContain("OnCalendar=*-*-01 03:00:00\n");
        made.calls();
        expect((await made.run(stepProgram(never, "images"))).stdout).toContain("images: done");
        expect(made.calls()).toBe("systemctl disable --now quai-images.timer\nsystemctl daemon-reload\n");
        expect(existsSync(join(made.root, "usr/local/sbin/quai-images"))).toBe(false);
    });

    test("who got in by keys that the machine took back meanwhile is given those of the first user", async () => {
        const made = machine(scratch, ROCKY9);
        made.knows("users", "deploy", "root");
        made.file("home/root/.ssh/authorized_keys", `# mine\n${KEY}\n`);
        const program = stepProgram(spec({ authorizedKeys: [] }), "user");
        expect(await made.run(`SUDO_USER=deploy\n${program}`)).toMatchObject({ code: 0, stderr: "" });
        expect(made.read("home/deploy/.ssh/authorized_keys")).toBe(`${KEY}\n`);
    });

    test("the user is let in by exactly the keys of the settings", async () => {
        const made = machine(scratch, ROCKY9);
        await made.run(stepProgram(spec(), "user"));
        expect(made.read("home/deploy/.ssh/authorized_keys")).toBe(`${KEY}\n`);
        expect(made.read("etc/sudoers.d/quai-deploy")).toBe("deploy ALL=(ALL:ALL) NOPASSWD: ALL\n");
        made.file("home/deploy/.ssh/authorized_keys", `${KEY}\nssh-ed25519 BBBB\n`);
        expect((await made.run(checkProgram(spec()))).stdout).toContain("user\tkeys that let deploy in aren't those of the settings");
    });
});

describe("before anything is touched", () => {
    const faults = async (system: System, change: Parameters<typeof spec>[0] = {}) => {
        const made = machine(scratch, system);
        const minimum = { cpus: 1, memory: 1, disk: 1, strict: true };
        const { code, stderr } = await made.run(preflightProgram(spec({ minimum, ...change })));
        expect(made.calls()).toBe("");
        return code === 0 ? [] : stderr.trim().split("\n");
    };

    test.each([
        ["fedora", "40"],
        ["ubuntu", "22.10"],
        ["ubuntu", "20.04"],
        ["debian", "11"],
        ["centos", "8"],
        ["rocky", "10.0"],
    ])("%s %s is refused", async (id, version) => {
        expect(await faults({ id, version, name: `${id} ${version}`, includes: true })).toEqual([
            `quai:target.host: ${id} ${version} isn't supported; Debian 12 and 13, Ubuntu 22.04 and 24.04, and RHEL, Rocky and Alma Linux 8 and 9 are`,
        ]);
    });

    test.each([
        ["debian", "12"],
        ["ubuntu", "24.04"],
        ["almalinux", "8.9"],
    ])("%s %s is fine", async (id, version) => {
        expect(await faults({ id, version, name: id, includes: true }, { fail2ban: false })).toEqual([]);
    });

    test("R8: what a machine of the RPM family can't do is said all at once", async () => {
        expect(await faults(ROCKY9, { docker: { packages: "distribution" }, rebootAt: "04:00" })).toEqual([
            'quai:host.docker.packages: Rocky Linux 9.4 has no Docker of its own; set official (got "distribution")',
            "quai:host.rebootAt: works on Debian and Ubuntu only; remove it, and restart the machine yourself when it says so",
            "quai:host.fail2ban: is a package of EPEL, which isn't set up there; do that first, or set false",
        ]);
    });

    test("R8: too little is a warning where it need not be an error", async () => {
        const made = machine(scratch, ROCKY9);
        const minimum = { cpus: 1, memory: 64 * 1024 ** 3, disk: 1, strict: false };
        const { code, stdout } = await made.run(preflightProgram(spec({ minimum, fail2ban: false })));
        expect({ code, stdout }).toEqual({
            code: 0,
            stdout: "warning: quai:host.minimum.memory: the machine has 7.6 GiB, 64.0 GiB are needed\n",
        });
    });
});

test("shellcheck finds nothing in the steps", async () => {
    const files = readdirSync(STEPS_FOLDER).map((file) => join(STEPS_FOLDER, file));
    const { code, stdout } = await run("shellcheck", ["-s", "sh", "-e", "SC2153", ...files, join(__dirname, "fake.sh")]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
});
