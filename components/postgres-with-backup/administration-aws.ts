import * as pulumi from "@pulumi/pulumi";
import { fargateSize } from "../internal/aws/fargate-size";
import { referred } from "../internal/aws/image";
import type { Place } from "../internal/aws/security-groups";
import { fargateTask } from "../internal/aws/task";
import { officialImage } from "../internal/images";
import { quote, script } from "../internal/shell";
import type { SecretRef, SecretsBundle } from "../secrets-bundle";
import type { AwsTarget } from "../targets/aws-target";
import type { PostgresWithBackup } from ".";
import type { VersionedLogin } from "./logins";
import type { DatabaseServer } from "./server-aws";
import type { PostgresSpec } from "./spec";
import { createLogin, dropLogin, rolesAndDatabase } from "./sql";

export interface AdministrationParts {
    readonly spec: PostgresSpec;
    readonly server: DatabaseServer;
    readonly place: Place;
    readonly logins: { readonly application: VersionedLogin; readonly migration: VersionedLogin };
    readonly authorityPem: pulumi.Output<string>;
    readonly secrets: SecretsBundle;
}

const MEBIBYTE = 1024 * 1024;
/** The user of the official image. */
const USER = { uid: 999, gid: 999 };
const AUTHORITY = "/tmp/authority.pem";
const PSQL = "psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --output /dev/null --file -";

/**
 * Database, roles and logins: the same SQL as on a Docker host, run by a short task inside the network, as nobody outside can reach the
 * server. A login goes, last of all, when its password's version is no longer in the program.
 */
export function administration(self: PostgresWithBackup, name: string, target: AwsTarget, parts: AdministrationParts): pulumi.Resource[] {
    const { spec, server, logins, authorityPem } = parts;
    const master: SecretRef = { ...parts.secrets.get("postgresPassword"), reaches: [parts.place] };
    const authority: SecretRef = { name: "databaseAuthority", version: "1", value: authorityPem };
    const task = (logical: string, sql: SecretRef) =>
        fargateTask(target, self, {
            logical,
            description: "Runs SQL as the administrator of the database",
            size: fargateSize(0.25, 512 * MEBIBYTE, name),
            image: referred(target, target.reference(officialImage("postgres", String(spec.version)))),
            main: {
                name: "psql",
                entryPoint: ["/bin/sh", "-euc"],
                command: [withAuthority(`printf %s "$SETUP_SQL" | ${PSQL}`)],
                env: {
                    PGHOST: server.address,
                    PGUSER: "postgres",
                    PGDATABASE: "postgres",
                    PGSSLMODE: "verify-full",
                    PGSSLROOTCERT: AUTHORITY,
                },
                secretFiles: {},
                secretEnv: { PGPASSWORD: master, AUTHORITY: authority, SETUP_SQL: sql },
                user: USER,
                readOnlyRoot: true,
                temporary: ["/tmp"],
            },
            files: {},
            exec: false,
            log: `${name}-administration`,
        });
    const run = (logical: string, sql: SecretRef, after: readonly pulumi.Resource[], undo?: string) => {
        const made = task(logical, sql);
        return target.runner.run(
            logical,
            {
                name: logical,
                task: made.definition,
                container: "psql",
                logGroup: made.logs.name,
                securityGroup: made.group.id,
                ...(undo === undefined ? {} : { onDelete: [withAuthority(`printf %s ${quote(undo)} | ${PSQL}`)] }),
            },
            self,
            [...after, ...made.ready],
        );
    };
    const setup = rolesAndDatabase(spec, "creator");
    const database = run(`${name}-database`, { name: `${name}Setup`, version: "1", value: pulumi.output(setup) }, [server.ready]);
    return [logins.application, logins.migration].map(({ secret, ...login }) =>
        run(
            `${name}-login-${login.name.replaceAll("_", "-")}`,
            {
                name: `${secret.name}Login`,
                version: secret.version,
                value: secret.value.apply((password) => createLogin(login, password, "creator")),
            },
            [database],
            dropLogin(login.name),
        ),
    );
}

function withAuthority(command: string): string {
    return script(`printf %s "$AUTHORITY" > ${AUTHORITY}`, command);
}
