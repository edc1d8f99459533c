import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { docker, checkout, quai } from "../support/checkout";
import { container, ENVIRONMENTS, objects, sql, stackOf, write } from "./stacks";

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
                expect(Object.keys(NetworkSettings.Networks).filter((name) => !networks.includes(name))).toEqual([]);
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
PGPASSWORD=$password psql "host=$(hostname -i | cut -d' ' -f1) sslmode=require user=$login dbname=shop" --tuples-only --no-align --command "SELECT 'in'"`;

describe("R32: ages, with a moved clock", () => {
    const later = async (environment: "staging" | "production", days: number) => {
        const before = { ...process.env };
        process.env["NODE_OPTIONS"] = `--require ${join(checkout(), "test/e2e/support/clock.cjs")}`;
        process.env["QUAI_TEST_CLOCK_DAYS"] = String(days);
        try {
            return await quai("preview", stackOf(environment));
        } finally {
            process.env = before;
        }
    };
    const OLD = (days: number) => new RegExp(`quai:rotation\\.siteKey: \\d{4}-\\d\\d-\\d\\d is ${days} days ago, more than 90`);

    test("today nothing is too old, and status and list show each age, but no value", async () => {
        const { code, text } = await quai("preview", stackOf("production"));
        expect([code, text]).toEqual([0, expect.stringContaining("Nothing changes")]);
        expect((await quai("status", stackOf("production"))).text).toMatch(/secrets {2}.*siteKey 0 d/);
        const list = await quai("secrets", "list", stackOf("production"));
        expect(list.text).toMatch(/siteKey +generated +\d{4}-\d\d-\d\d +0 d +90 d +web/);
        expect(list.text).toMatch(/databasePassword +generated .* postgres, web/);
    });

    test("R58, R105: after 91 days production is blocked by old secrets and an old snapshot; staging is warned", async () => {
        await quai("backup", "now", stackOf("production"));
        const production = await later("production", 91);
        expect(production.code).toBe(1);
        expect(production.text).toMatch(OLD(91));
        expect(production.text).toMatch(/quai:backup\.maxAge: the last good snapshot is 9\dd.* old, more than 1d2h/);
        const staging = await later("staging", 91);
        expect(staging.code).toBe(0);
        expect(staging.text).toMatch(OLD(91));
    });

    test("within the grace that the settings give, it is a warning; after it, not", async () => {
        write("production", { "quai:secretGrace": "14d" });
        const within = await later("production", 91);
        expect(within.text).toContain("more than 90; refused from 105 days on");
        const after = await later("production", 105);
        expect(after.text).toContain("is 105 days ago, more than 90 and 14d of grace");
        write("production");
    });

    test("secrets show refuses where nobody can be asked", async () => {
        const { code, text } = await quai("secrets", "show", "siteKey", "--stack", stackOf("production"));
        expect([code, text]).toEqual([2, expect.stringContaining("nothing was shown: say --yes where nobody can be asked")]);
    });
});
