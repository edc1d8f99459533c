import { oneLine, overSsh, RUN_FROM_INPUT } from "../../../components/targets/over-ssh";
import { sshConnection, sshCommand } from "../../../components/targets/ssh";
import { run } from "../../unit/support/scratch";
import { startSshd, type Sshd } from "../docker/support/sshd";

jest.setTimeout(180_000);

/** Commands as components make them, by the system's ssh, on a server with sshd's own limits: MaxSessions 10, MaxStartups 10:30:100. */
describe("commands on a host over SSH", () => {
    let sshd: Sshd;
    beforeAll(async () => void (sshd = await startSshd()));
    afterAll(async () => {
        await hangUp();
        await sshd.stop();
    });

    const connection = () => sshConnection(sshd.host, sshd.hostKey, sshd.identityFile);
    const command = (program: string) =>
        run("/bin/sh", ["-euc", overSsh({ users: [connection()], run: RUN_FROM_INPUT })], {
            input: `${oneLine(program)}\ndata`,
            env: process.env,
        });
    const hangUp = () => run("/bin/sh", ["-c", sshCommand(connection(), undefined, ["-O", "exit"])], { env: process.env });
    const logins = () => sshd.log().split("Accepted publickey").length - 1;

    test("one after the other, all share one login", async () => {
        for (const word of ["one", "two", "three"]) {
            expect(await command(`echo ${word} "$(cat)"`)).toMatchObject({ code: 0, stdout: `${word} data\n` });
        }
        expect(logins()).toBe(1);
    });

    test("thirty at once, three times what the server allows in one connection: each runs, once", async () => {
        const all = await Promise.all(Array.from({ length: 30 }, (_, i) => command(`sleep 2; echo ran ${i}`)));
        expect(all.map(({ code, stdout }) => `${code} ${stdout}`)).toEqual(all.map((_, i) => `0 ran ${i}\n`));
        expect(sshd.log()).toContain("no more sessions");
    });

    test("a shared connection that has ended is made anew", async () => {
        await hangUp();
        expect(await command("echo again")).toMatchObject({ code: 0, stdout: "again\n" });
    });
});
