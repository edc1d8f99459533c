import "./area";
import { spawnSync } from "node:child_process";
import { administratorSql, docker, objects, STACK_ID } from "../support/checkout";

/** What the application and the backup service log in with now, read where they read it. */
export interface Credentials {
    readonly database: { readonly user: string; readonly password: string };
    readonly redis: string;
    readonly repository: string;
    readonly superuser: string;
}

export function credentials(): Credentials {
    const api = objects("container").find((name) => name.startsWith(`${STACK_ID}-api-`)) ?? "none";
    const read = (container: string, file: string) => docker("exec", container, "cat", `/run/secrets/${file}`);
    const database = new URL(read(api, "databaseUrl"));
    return {
        database: { user: database.username, password: database.password },
        redis: new URL(read(api, "redisUrl")).password,
        repository: read(`${STACK_ID}-backup`, "repository-password"),
        superuser: read(`${STACK_ID}-postgres`, "superuser-password"),
    };
}

/** A command in a container whose secret comes by an environment variable: whether it ended well. */
function succeeds(container: string, env: Readonly<Record<string, string>>, ...words: readonly string[]): boolean {
    const names = Object.keys(env).flatMap((name) => ["--env", name]);
    return spawnSync("docker", ["exec", ...names, container, ...words], { env: { ...process.env, ...env } }).status === 0;
}

export function databaseLetsIn({ user, password }: Credentials["database"]): boolean {
    const where = `host=127.0.0.1 sslmode=require dbname=demo user=${user}`;
    return succeeds(`${STACK_ID}-postgres`, { PGPASSWORD: password }, "psql", where, "-c", "SELECT count(*) FROM notes");
}

export function redisLetsIn(password: string): boolean {
    return succeeds(`${STACK_ID}-redis`, { REDISCLI_AUTH: password }, "sh", "-c", "redis-cli ping | grep -q PONG");
}

export function repositoriesOpen(password: string): readonly [local: boolean, offsite: boolean] {
    const opens = (repository: string) =>
        succeeds(
            `${STACK_ID}-backup`,
            { RESTIC_PASSWORD: password },
            "restic",
            "--no-cache",
            "--no-lock",
            "--repo",
            repository,
            "cat",
            "config",
        );
    return [opens("/backup/repository"), opens("/offsite")];
}

/** Whether the verifier that the server keeps is that of this password: nobody can log in with it, so it can't be tried. */
export function superuserVerifier(): string {
    return administratorSql("SELECT rolpassword FROM pg_authid WHERE rolname = 'postgres'");
}

/** From now on: logins that the servers refuse. */
export function watchLogins(): () => string[] {
    const before = refusedByPostgres().length;
    redisAdministrator("acl log reset");
    return () => [...refusedByPostgres().slice(before), ...redisAdministrator("acl log")];
}

function refusedByPostgres(): string[] {
    const { stdout, stderr } = spawnSync("docker", ["logs", `${STACK_ID}-postgres`], { encoding: "utf8", maxBuffer: 1 << 28 });
    return `${stdout}${stderr}`.split("\n").filter((line) => /FATAL/.test(line) && /authentication|does not exist|log in/.test(line));
}

function redisAdministrator(command: string): string[] {
    const script = `REDISCLI_AUTH="$(cat /tmp/administrator)" redis-cli --user administrator ${command}`;
    return docker("exec", `${STACK_ID}-redis`, "sh", "-c", script)
        .split("\n")
        .filter((line) => line.trim() !== "" && line !== "OK");
}
