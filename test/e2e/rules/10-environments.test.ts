import { spawnSync } from "node:child_process";
import { answered, docker, quai } from "../support/checkout";
import { atTime } from "../support/moved-clock";
import { container, DESCRIPTION, ENVIRONMENTS, inDays, madeOn, must, objects, setSecret, sql, stackOf, up, write } from "./stacks";

interface Inspected {
    readonly Name: string;
    readonly Mounts: readonly { readonly Type: string; readonly Name?: string; readonly Source: string }[];
    readonly NetworkSettings: { readonly Networks: Readonly<Record<string, { readonly IPAddress: string }>> };
}

const inspected = (stack: string) => JSON.parse(docker("inspect", ...objects("container", stack))) as Inspected[];

describe("R36: three environments on one engine", () => {
    test("share no name, container, volume or network; each container sees its own stack's alone", () => {
        for (const stack of ENVIRONMENTS.map(stackOf)) {
            const [volumes, networks] = [objects("volume", stack), objects("network", stack)];
            const containers = inspected(stack);
            expect(containers.length).toBeGreaterThan(2);
            for (const { Name, Mounts, NetworkSettings } of containers) {
                expect(Name).toMatch(new RegExp(`^/${stack}-`));
                // Those that hold the public ports are in the host's network, and in no other.
                const others = Object.keys(NetworkSettings.Networks).filter((name) => !networks.includes(name));
                expect(others).toEqual(Name.startsWith(`/${stack}-port-`) ? ["host"] : []);
                const named = Mounts.flatMap((mount) => (mount.Type === "volume" ? [mount.Name ?? ""] : []));
                // Volumes without a name are the image's own, made for this container.
                expect(named.filter((name) => !volumes.includes(name) && !/^[0-9a-f]{64}$/.test(name))).toEqual([]);
            }
        }
    });

    test("what is written in one is absent in the others: rows and files", () => {
        sql("production", "CREATE TABLE orders (id int); INSERT INTO orders VALUES (1)");
        docker("exec", container("production", "web"), "sh", "-c", "echo mine >/srv/media/receipt.txt");
        expect(sql("production", "SELECT count(*) FROM orders")).toBe("1");
        for (const environment of ["development", "staging"] as const) {
            expect(sql(environment, "SELECT to_regclass('orders') IS NULL")).toBe("t");
            expect(docker("exec", container(environment, "web"), "ls", "/srv/media").trim()).toBe("");
        }
    });

    test("no secret is the same in two of them, and a login of one is refused by the others", async () => {
        const values = await Promise.all(
            ENVIRONMENTS.map(async (environment) =>
                (await quai("secrets", "show", "siteKey", "--stack", stackOf(environment), "--yes")).stdout.trim(),
            ),
        );
        expect(values.every((value) => value.length >= 32)).toBe(true);
        expect(new Set(values).size).toBe(3);
        const url = docker("exec", container("production", "web"), "cat", "/run/secrets/databaseUrl");
        const tried = (environment: "staging" | "production") =>
            spawnSync("docker", ["exec", "-i", container(environment, "postgres"), "sh", "-c", LOGIN], { input: url, encoding: "utf8" });
        expect(tried("production")).toMatchObject({ status: 0, stdout: "in\n" });
        expect(tried("staging").status).not.toBe(0);
        expect(tried("staging").stderr).toContain("password authentication failed");
    });

    test("the network of one doesn't lead to another", () => {
        const address = Object.values(
            inspected(stackOf("staging")).find(({ Name }) => Name.includes("-web-"))?.NetworkSettings.Networks ?? {},
        )[0];
        const asked = (environment: "staging" | "production", url: string) =>
            spawnSync("docker", [
                "exec",
                container(environment, "proxy"),
                "curl",
                "--silent",
                "--max-time",
                "3",
                "--output",
                "/dev/null",
                url,
            ]).status;
        expect(address?.IPAddress).toMatch(/^\d/);
        expect(asked("staging", `http://${address?.IPAddress}:8080/`)).toBe(0);
        expect([7, 28]).toContain(asked("production", `http://${address?.IPAddress}:8080/`));
        expect(asked("production", `http://${container("staging", "web")}:8080/`)).toBe(6);
    });
});

/** The name and password of a database address on standard input, tried on this server over TCP. */
const LOGIN = `
url=$(cat); rest=\${url#*://}; login=\${rest%%:*}; rest=\${rest#*:}; password=\${rest%%@*}
umask 077; echo "*:*:*:*:$password" >/tmp/login; trap 'rm /tmp/login' EXIT
PGPASSFILE=/tmp/login psql "host=$(hostname -i | cut -d' ' -f1) sslmode=require user=$login dbname=shop" --tuples-only --no-align --command "SELECT 'in'"`;

describe("R32: ages, with a moved clock", () => {
    /** A command late on the day on which a secret is so many days old, whatever day it is here. */
    const aged = async (environment: "staging" | "production", days: number, { of = "siteKey", command = ["preview"] } = {}) => {
        const day = new Date(Date.parse(madeOn(stackOf(environment), of)) + days * 86_400_000).toISOString().slice(0, 10);
        return atTime(`${day}T23:55:00Z`, () => quai(...command, stackOf(environment)));
    };
    const OLD = (days: number, path = "rotation\\.siteKey", limit = 90) =>
        new RegExp(`quai:${path}: \\d{4}-\\d\\d-\\d\\d is ${days} days ago, more than ${limit}`);

    test("on their first day nothing is too old, and status and list show each age, but no value", async () => {
        const { code, text } = await aged("production", 0);
        expect([code, text]).toEqual([0, expect.stringContaining("Nothing changes")]);
        expect(text).toMatch(/Age in days, and after how many a new one is due: .*siteKey 0 of 90, .*tokens 0 of 365/);
        expect((await aged("production", 1, { command: ["status"] })).text).toMatch(/secrets {2}.*siteKey 1 d of 90, .*tokens 1 d of 365/);
        const list = await aged("production", 0, { command: ["secrets", "list"] });
        expect(list.text).toMatch(/siteKey +generated +\d{4}-\d\d-\d\d +0 d +90 d +migrate, web/);
        expect(list.text).toMatch(/databasePassword +generated .* postgres, web/);
    });

    test("R58, R105: after 91 days production is blocked by old secrets and an old snapshot; staging is warned", async () => {
        await quai("backup", "now", stackOf("production"));
        const production = await aged("production", 91);
        expect(production.code).toBe(1);
        expect(production.text).toMatch(OLD(91));
        expect(production.text).toMatch(/quai:backup\.maxAge: the last good snapshot is 9\dd.* old, more than 1d2h/);
        const staging = await aged("staging", 91);
        expect(staging.code).toBe(0);
        expect(staging.text).toMatch(OLD(91));
    });

    test("within the grace that the settings give, it is a warning; after it, not", async () => {
        write("production", { "quai:secretGrace": "14d" });
        const within = await aged("production", 91);
        expect(within.text).toContain("more than 90; refused from 105 days on");
        const after = await aged("production", 105);
        expect(after.text).toContain("is 105 days ago, more than 90 and 14d of grace");
        write("production");
    });

    test("each kind at its boundary: passwords after 90 days, keys that sign after 365; the day before, it's a warning", async () => {
        const waived = { reason: "Not what this is about", until: inDays(400) };
        write("production", { "quai:waive": { "public-tls": waived, "pinned-images": waived, "backup-fresh": waived } });
        const [ninety, year, more] = [await aged("production", 90), await aged("production", 365), await aged("production", 366)];
        write("production");
        expect([ninety.code, ninety.text]).toEqual([0, expect.stringMatching(/siteKey: \S+ is 90 days ago; more than 90 is refused/)]);
        expect(ninety.text).not.toMatch(/tokens: .* is refused/);
        expect([year.code, year.text]).toEqual([1, expect.stringMatching(OLD(365))]);
        expect(year.text).toMatch(/warning: quai:rotation\.tokens: \S+ is 365 days ago; more than 365 is refused/);
        expect([more.code, more.text]).toEqual([1, expect.stringMatching(OLD(366, "rotation\\.tokens", 365))]);
    });

    test("a secret from outside is as old as its value; another value isn't held back by the age of the former", async () => {
        await setSecret("staging", "mailPassword", "kX8-vPz2Lq0-wN7yT-first");
        await must(up("staging"));
        const list = await aged("staging", 0, { of: "mailPassword", command: ["secrets", "list"] });
        expect(list.text).toMatch(/mailPassword +given +\d{4}-\d\d-\d\d +0 d +90 d/);
        const old = await aged("staging", 91, { of: "mailPassword" });
        expect(old.text).toMatch(OLD(91, "secrets\\.mailPassword"));
        expect(old.text).toContain(
            `give another value with ./quai secrets set mailPassword --stack ${stackOf("staging")} (rule secret-age)`,
        );
        await setSecret("staging", "mailPassword", "kX8-vPz2Lq0-wN7yT-second");
        const renewed = await aged("staging", 91, { of: "mailPassword" });
        expect(renewed.text).toContain("mailPassword is rotated");
        expect(renewed.text).not.toMatch(OLD(91, "secrets\\.mailPassword"));
        write("staging");
    });

    test("R27: a secret that becomes a variable of a process is named before it is one", async () => {
        const web = { ...DESCRIPTION.services.web, env: { ...DESCRIPTION.services.web.env, SITE_KEY: "${secrets.siteKey}" } };
        write("staging", { "quai:custom": { ...DESCRIPTION, services: { web } } });
        const { text } = await quai("preview", stackOf("staging"));
        write("staging");
        expect(text).toContain("web gets secrets as variables, which all its programs can read: SITE_KEY (siteKey, new)");
    });

    test("secrets show asks first: no shows nothing, yes shows the one value", async () => {
        const value = docker("exec", container("staging", "web"), "cat", "/run/secrets/siteKey");
        const show = (answer: string) => answered(answer, "secrets", "show", "siteKey", "--stack", stackOf("staging"));
        const [no, yes] = [await show("n"), await show("y")];
        expect([no.code, no.text]).toEqual([2, expect.stringMatching(/Show siteKey of shop-staging\? \[y\/N\][\s\S]*nothing was shown/)]);
        expect([no.text.includes(value), yes.code, yes.text.includes(value)]).toEqual([false, 0, true]);
    });

    test("secrets show refuses where nobody can be asked", async () => {
        const { code, text } = await quai("secrets", "show", "siteKey", "--stack", stackOf("production"));
        expect([code, text]).toEqual([2, expect.stringContaining("nothing was shown: say --yes where nobody can be asked")]);
    });
});
