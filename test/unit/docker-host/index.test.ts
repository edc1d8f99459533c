import { DockerHost } from "../../../components/docker-host";
import { COMMAND, record } from "../support/mocks";
import { dockerTarget } from "../support/target";
import { spec } from "./machine";

const plain = (text: unknown) => Buffer.from(String(text), "base64").toString("utf8");

describe("DockerHost", () => {
    const recorded = (change: Parameters<typeof spec>[0] = {}) =>
        record(() => dockerTarget({ prepared: new DockerHost("machine", spec(change)) }));

    test("R1: a look first, then one step after the other; what isn't wanted is no step", async () => {
        const { of } = await recorded({ fail2ban: false, swap: 0, hostname: undefined });
        const names = of(COMMAND).map(({ name }) => name);
        expect(names).toEqual(
            ["preflight", "packages", "time", "updates", "docker", "user", "ssh", "firewall", "selinux", "images"].map(
                (step) => `machine-${step}`,
            ),
        );
        of(COMMAND).forEach(({ after }, i) => expect(after).toEqual(i === 0 ? [] : [names[i - 1]]));
    });

    test("a preview shows what each step is about", async () => {
        const { get } = await recorded();
        const first = (step: string) => String(get(COMMAND, `machine-${step}`).inputs["create"]).split("\n")[0];
        expect(first("firewall")).toBe("# firewall: sshd's ports, 80/tcp, 443/tcp");
        expect(first("ssh")).toBe("# ssh: keys only, root by key");
        expect(first("swap")).toBe("# swap: 2048 MiB");
    });

    test("steps go in as who deploys, or else as the first user; what could lock out is confirmed by a connection of its own", async () => {
        const { get } = await recorded({ firstUser: "ubuntu" });
        const here = (step: string) => plain(String(get(COMMAND, `machine-${step}`).inputs["stdin"]).split("\n")[0]);
        for (const step of ["packages", "ssh"]) {
            expect(here(step)).toContain("-l deploy -p 22 -- 203.0.113.7");
            expect(here(step)).toContain("-l ubuntu -p 22 -- 203.0.113.7");
        }
        expect(here("packages")).not.toContain("-S none");
        for (const step of ["user", "ssh", "firewall"]) expect(here(step)).toContain(`-S none -T -l deploy`);
    });

    test("nothing is asked of Docker there before the machine is ready", async () => {
        const { of } = await recorded();
        for (const type of ["pulumi:providers:docker", "pulumi:providers:command"]) {
            const provider = of(type).find(({ name }) => name === "host" || name === "host-commands");
            expect(provider?.after).toContain("machine-firewall");
        }
    });
});
