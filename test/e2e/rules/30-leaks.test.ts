import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { docker, quai } from "../support/checkout";
import { type Found, walkForLeaks } from "../support/leaks";
import { container, ENVIRONMENTS, stackOf } from "./stacks";

/** Every secret of the three stacks, asked one by one; not by ./quai where its output would stand in the transcript. */
function values(): Map<string, string> {
    const read = (name: string, file: string) => docker("exec", name, "cat", file);
    const middle = (pem: string) => {
        const lines = pem.split("\n").filter((line) => line !== "" && !line.startsWith("-----"));
        // An RSA key begins with what its public key holds too; one on a curve ends with it.
        return lines[lines.length > 10 ? Math.floor(lines.length * 0.6) : 0] ?? "";
    };
    return new Map(
        ENVIRONMENTS.flatMap((environment): [string, string][] => {
            const [web, postgres, proxy] = ["web", "postgres", "proxy"].map((service) => container(environment, service)) as [
                string,
                string,
                string,
            ];
            const password = /:\/\/[^:]*:([^@]*)@/.exec(read(web, "/run/secrets/databaseUrl"))?.[1] ?? "";
            return [
                [`${environment} database password`, decodeURIComponent(password)],
                [`${environment} superuser password`, read(postgres, "/run/secrets/superuser-password")],
                [`${environment} database key`, middle(read(postgres, "/run/secrets/server.key"))],
                [`${environment} TLS key`, middle(read(proxy, "/etc/quai/current/key.pem"))],
            ];
        }),
    );
}

const walk = (secrets: ReadonlyMap<string, string>): Promise<Found> => walkForLeaks({ stacks: ENVIRONMENTS.map(stackOf), secrets });

describe("R27: the leak walk over three environments", () => {
    test("no secret stands where it isn't meant to, in anything that this run has written or shown", async () => {
        const { leaks, looked } = await walk(values());
        expect(leaks).toEqual([]);
        const kinds = [
            "inspect",
            "state",
            "files of .quai",
            "logs",
            "history",
            "layers",
            "volumes",
            "processes",
            "environments",
            "temporary files",
            "core files",
        ];
        expect(kinds.filter((kind) => (looked[kind] ?? 0) === 0)).toEqual([]);
    });

    test("it finds what is planted: in a log and on a command line, in a file, in a volume and in what was printed", async () => {
        const planted = `planted-${Math.random().toString(36).slice(2)}-${Math.random().toString(36).slice(2)}`;
        const [stack, name] = [stackOf("development"), "shop-development-planted"];
        const folder = mkdtempSync(join(tmpdir(), "quai-planted-"));
        try {
            writeFileSync(join(folder, "note"), planted);
            const image = docker("inspect", "--format", "{{.Image}}", container("development", "web")).trim();
            const script = 'echo "$0"; echo "$0" >/x/note; exec sleep 120';
            const labels = ["--label", `io.quai.stack=${stack}`, "--label", "io.quai.role=one-off"];
            docker("volume", "create", "--label", `io.quai.stack=${stack}`, name);
            docker(
                "run",
                "--detach",
                "--name",
                name,
                "--user",
                "0",
                ...labels,
                "-v",
                `${name}:/x`,
                "--entrypoint",
                "sh",
                image,
                "-c",
                script,
                planted,
            );
            await quai("status", planted);
            const { leaks } = await walk(new Map([["plant", planted]]));
            for (const where of [
                `docker inspect of container ${name} holds the plant`,
                `the log of ${name} holds the plant`,
                `note in volume ${name} holds the plant`,
                `${join(folder, "note")} holds the plant`,
            ]) {
                expect(leaks).toContain(where);
            }
            expect(leaks).toEqual(expect.arrayContaining([expect.stringMatching(/transcript\.log holds the plant$/)]));
        } finally {
            rmSync(folder, { recursive: true, force: true });
            docker("rm", "--force", name);
            docker("volume", "rm", name);
        }
    });
});
