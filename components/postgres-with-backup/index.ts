import * as pulumi from "@pulumi/pulumi";
import type { SecretRef } from "../secrets-bundle";
import { derivedSecret } from "../secrets-bundle";
import type { Place } from "../internal/aws/security-groups";
import { lazily } from "../internal/lazily";
import { unreachable } from "../targets";
import type { PostgresWithBackupArgs } from "./args";
import { postgresOnDocker } from "./docker";
import { resolvePostgres } from "./spec";

export type { BackupArgs, Retention } from "../backup/args";
export type { PostgresVersion, PostgresWithBackupArgs } from "./args";
export { postgresSecrets } from "./spec";

/** What a realization gives back, whatever the target. */
export interface PostgresEndpoint {
    readonly host: pulumi.Input<string>;
    readonly port: number;
    /** Certificate of the authority that signed the server's, PEM. */
    readonly authorityPem: pulumi.Output<string>;
    /** Changes when that does. @default it never does */
    readonly authorityVersion?: string;
    /** Login of the application and of migrations; both carry the version of their password, so that two can exist side by side. */
    readonly logins: { readonly application: string; readonly migration: string };
    /** The database answers and its roles exist. Undefined while the stack is stopped. */
    readonly ready: pulumi.Resource | undefined;
    /** The server's own identifier of its data: another one after a lost volume was made anew. Undefined while the stack is stopped. */
    readonly data: pulumi.Output<string> | undefined;
    /** Where snapshots go, for people. */
    readonly repository: string | undefined;
    /** On AWS: what its address opens. */
    readonly place?: Place;
}

export interface UrlOptions {
    /** `application` reads and writes rows; `migration` acts as the owner and changes tables. @default "application" */
    readonly as?: "application" | "migration";
    /** Driver prefix (R30). @default "postgresql" */
    readonly driver?: string;
    /** Where the container has the authority's certificate; undefined leaves TLS parameters out. @default "/run/secrets/databaseAuthority" */
    readonly authorityFile?: string | undefined;
}

/**
 * One PostgreSQL database with everything that keeps it safe: TLS only, an owner role apart from the application's (R45), a health check,
 * limits, encrypted snapshots of database and files on a schedule with retention, an off-site copy, a restore drill.
 *
 * @throws Error listing every problem of the arguments, each beginning with the setting's path.
 */
export class PostgresWithBackup extends pulumi.ComponentResource {
    readonly database: string;
    private readonly name: string;
    readonly endpoint: PostgresEndpoint;
    private readonly passwords: { readonly application: SecretRef; readonly migration: SecretRef };

    constructor(name: string, args: PostgresWithBackupArgs, opts?: pulumi.ComponentResourceOptions) {
        super("quai:index:PostgresWithBackup", name, {}, opts);
        const spec = resolvePostgres(args, args.target.kind);
        this.database = spec.database;
        this.name = name;
        this.passwords = { application: args.secrets.get("databasePassword"), migration: args.secrets.get("migrationPassword") };
        switch (args.target.kind) {
            case "docker":
                this.endpoint = postgresOnDocker(this, name, spec, args.target, args);
                break;
            case "aws":
                this.endpoint = lazily<typeof import("./aws")>(module, "./aws").postgresOnAws(this, name, spec, args.target, args);
                break;
            default:
                this.endpoint = unreachable(args.target);
        }
        const { backup } = spec;
        this.registerOutputs({
            version: spec.version,
            database: spec.database,
            repository: this.endpoint.repository,
            offsite: backup === false ? undefined : backup.offsite?.repository,
            at: backup === false ? undefined : backup.at,
        });
    }

    /** The connection string, composed in one place and URL-encoded (R30). */
    url(options: UrlOptions = {}): SecretRef {
        const role = options.as ?? "application";
        const authorityFile = "authorityFile" in options ? options.authorityFile : "/run/secrets/databaseAuthority";
        const tls =
            authorityFile === undefined
                ? ""
                : `?sslmode=verify-full&sslrootcert=${encodeURIComponent(authorityFile).replaceAll("%2F", "/")}`;
        const { host, port, logins, place } = this.endpoint;
        const url = derivedSecret(
            role === "application" ? "databaseUrl" : "migrationUrl",
            [this.passwords[role]],
            ([password = "", at = ""]) =>
                `${options.driver ?? "postgresql"}://${encodeURIComponent(logins[role])}:${encodeURIComponent(password)}@${at}:${port}/${encodeURIComponent(this.database)}${tls}`,
            place === undefined ? undefined : [place],
            [host],
        );
        return { ...url, opens: [this.name] };
    }

    /** The authority's certificate as a file for containers. */
    authority(): SecretRef {
        return { name: "databaseAuthority", version: this.endpoint.authorityVersion ?? "1", value: this.endpoint.authorityPem };
    }
}
