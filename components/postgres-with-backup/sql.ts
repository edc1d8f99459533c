import { createHash, createHmac, pbkdf2Sync } from "node:crypto";
import type { PostgresSpec } from "./spec";

/** An identifier, quoted. */
export function identifier(name: string): string {
    return `"${name.replaceAll('"', '""')}"`;
}

/** A text literal, quoted. */
export function literal(text: string): string {
    return `'${text.replaceAll("'", "''")}'`;
}

const SCRAM_ITERATIONS = 4096;

/**
 * What PostgreSQL keeps of a password (RFC 5803). Sent in place of the password, so that the server's log and pg_stat_activity never hold
 * it. The salt comes from the password and the role's name, so that the same input gives the same text and an update with nothing new is one.
 */
export function scramVerifier(role: string, password: string): string {
    const salt = createHmac("sha256", password).update(`quai scram salt of ${role}`).digest().subarray(0, 16);
    const salted = pbkdf2Sync(password, salt, SCRAM_ITERATIONS, 32, "sha256");
    const hmac = (text: string) => createHmac("sha256", salted).update(text).digest();
    const storedKey = createHash("sha256").update(hmac("Client Key")).digest("base64");
    const serverKey = hmac("Server Key").toString("base64");
    return `SCRAM-SHA-256$${SCRAM_ITERATIONS}:${salt.toString("base64")}$${storedKey}:${serverKey}`;
}

/** Who runs the SQL: PostgreSQL's superuser, or a managed service's administrator, who may make roles and databases and no more. */
export type Administrator = "superuser" | "creator";

/** Database, owner and application roles, rights, extensions. Run again, it changes nothing (R42, R45). */
export function rolesAndDatabase(spec: PostgresSpec, administrator: Administrator = "superuser"): string {
    const owner = identifier(spec.roles.owner);
    const application = identifier(spec.roles.application);
    const database = identifier(spec.database);
    return [
        ...[spec.roles.owner, spec.roles.application].map(ensureRole),
        // To give something to a role, one must be able to act as it.
        ...(administrator === "creator" ? [`GRANT ${owner} TO CURRENT_USER;`] : []),
        `SELECT format('CREATE DATABASE %I OWNER %I ENCODING ''UTF8'' TEMPLATE template0', ${literal(spec.database)}, ${literal(spec.roles.owner)})`,
        `    WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = ${literal(spec.database)}) \\gexec`,
        `ALTER DATABASE ${database} OWNER TO ${owner};`,
        `REVOKE ALL ON DATABASE ${database} FROM PUBLIC;`,
        `GRANT CONNECT, TEMPORARY ON DATABASE ${database} TO ${application};`,
        `\\connect ${database}`,
        rightsInDatabase(spec),
        ...spec.extensions.map((extension) => `CREATE EXTENSION IF NOT EXISTS ${identifier(extension)};`),
        "",
    ].join("\n");
}

/** Rights on what is in the database and on what migrations will make. Applied to a restored database, too. */
export function rightsInDatabase(spec: Pick<PostgresSpec, "roles">): string {
    const owner = identifier(spec.roles.owner);
    const application = identifier(spec.roles.application);
    const defaults = `ALTER DEFAULT PRIVILEGES FOR ROLE ${owner} IN SCHEMA public`;
    return [
        `ALTER SCHEMA public OWNER TO ${owner};`,
        `REVOKE CREATE ON SCHEMA public FROM PUBLIC;`,
        `GRANT USAGE ON SCHEMA public TO ${application};`,
        `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ${application};`,
        `GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA public TO ${application};`,
        `${defaults} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO ${application};`,
        `${defaults} GRANT USAGE, SELECT, UPDATE ON SEQUENCES TO ${application};`,
        `${defaults} GRANT EXECUTE ON FUNCTIONS TO ${application};`,
    ].join("\n");
}

export interface Login {
    readonly name: string;
    /** The role whose rights it has. */
    readonly memberOf: string;
    /** Whether it acts as that role from the start, so that what it creates belongs to the role and not to the login. */
    readonly actsAs: boolean;
}

/** A role that can log in; its rights and ownership all come from the role it is a member of, so that it can go at any time. */
export function createLogin(login: Login, password: string, administrator: Administrator = "superuser"): string {
    const role = identifier(login.name);
    // Only a superuser may say that a role isn't one; a role is none unless somebody says so.
    const never = administrator === "superuser" ? "NOSUPERUSER " : "";
    return [
        ensureRole(login.name),
        `ALTER ROLE ${role} WITH LOGIN ${never}NOCREATEDB NOCREATEROLE INHERIT PASSWORD ${literal(scramVerifier(login.name, password))};`,
        `GRANT ${identifier(login.memberOf)} TO ${role};`,
        login.actsAs ? `ALTER ROLE ${role} SET role TO ${literal(login.memberOf)};` : `ALTER ROLE ${role} RESET role;`,
        "",
    ].join("\n");
}

/** Another password for a role that is there. */
export function setPassword(role: string, password: string): string {
    return `ALTER ROLE ${identifier(role)} PASSWORD ${literal(scramVerifier(role, password))};\n`;
}

export function dropLogin(name: string): string {
    return [
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = ${literal(name)};`,
        `DROP ROLE IF EXISTS ${identifier(name)};`,
        "",
    ].join("\n");
}

/** Who may connect and how: the host's own socket as the administrator, everybody else over TLS with a password (R43). */
export function clientAuthentication(): string {
    return [
        "# type   database  user      address  method",
        "local    all       postgres           peer map=administrator",
        "hostssl  all       postgres  all      reject",
        "hostssl  all       all       all      scram-sha-256",
        "hostnossl all      all       all      reject",
        "",
    ].join("\n");
}

/** The administrator's socket is for the server's own user and for root of the backup service. */
export function identityMap(): string {
    return ["administrator  postgres  postgres", "administrator  root      postgres", ""].join("\n");
}

function ensureRole(name: string): string {
    return [
        `SELECT format('CREATE ROLE %I NOLOGIN', ${literal(name)})`,
        `    WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = ${literal(name)}) \\gexec`,
    ].join("\n");
}
