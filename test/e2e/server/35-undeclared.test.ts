import { quai, STACK } from "../support/checkout";
import { inside } from "./machine";
import { host, MACHINE, settings, target } from "./stack";

const LISTEN = `use IO::Socket::INET; my $s = IO::Socket::INET->new(LocalPort => $ARGV[0], Listen => 1, Proto => "tcp") or die; sleep 600`;

interface Found {
    readonly findings: readonly { readonly kind: string; readonly what: string }[];
}

async function undeclared(): Promise<{ code: number; what: string[] }> {
    const { code, stdout } = await quai("drift", STACK, "--json");
    return { code, what: (JSON.parse(stdout) as Found).findings.filter(({ kind }) => kind === "undeclared").map(({ what }) => what) };
}

describe("R106: what runs on a machine beside Docker and nobody declared", () => {
    beforeAll(() => settings(host({ rootLogin: false })));
    afterAll(() => {
        inside(
            MACHINE,
            "systemctl stop listener other-listener; rm -f /etc/systemd/system/miner.service /etc/cron.d/miner; systemctl daemon-reload",
        );
    });

    test("a prepared machine has nothing but what was declared", async () => {
        expect((await undeclared()).what).toEqual([]);
    });

    test("a port, a unit and a cron file are told, for somebody to decide; what the settings name belongs there", async () => {
        inside(MACHINE, `systemd-run --quiet --unit=listener perl -e '${LISTEN}' 8099`);
        inside(MACHINE, `systemd-run --quiet --unit=other-listener perl -e '${LISTEN}' 9100`);
        inside(MACHINE, "printf '[Service]\\nExecStart=/bin/true\\n' >/etc/systemd/system/miner.service; echo '# x' >/etc/cron.d/miner");
        const all = ["file /etc/cron.d/miner is of no package", "port 8099/tcp is open on 0.0.0.0, by perl"];
        const found = await undeclared();
        expect(found).toEqual({
            code: 3,
            what: [...all, "port 9100/tcp is open on 0.0.0.0, by perl", "unit miner.service is of no package"],
        });
        settings({ ...host({ rootLogin: false }), ...target({ belongs: ["9100/tcp", "miner.service"] }) });
        expect((await undeclared()).what).toEqual(all);
    });
});
