import type { SecretRef, SecretsBundle } from "../secrets-bundle";
import type { PostgresSpec } from "./spec";
import type { Login } from "./sql";

export interface VersionedLogin extends Login {
    readonly secret: SecretRef;
}

/** A login's name carries the version of its password: a rotation makes a second role beside the first. */
export function loginsOf(spec: PostgresSpec, secrets: SecretsBundle): { application: VersionedLogin; migration: VersionedLogin } {
    const login = (purpose: string, secret: SecretRef, memberOf: string, actsAs: boolean): VersionedLogin => ({
        name: `${spec.database}_${purpose}_${secret.version.replaceAll("-", "")}`,
        memberOf,
        actsAs,
        secret,
    });
    return {
        application: login("web", secrets.get("databasePassword"), spec.roles.application, false),
        migration: login("migrate", secrets.get("migrationPassword"), spec.roles.owner, true),
    };
}
