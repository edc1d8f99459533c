import type { Made } from "./made";
import type { Policy } from "./policy";

/** What holds data on AWS, and the property that says so. */
const STORES: Readonly<Record<string, string>> = {
    "aws:rds/instance:Instance": "storageEncrypted",
    "aws:rds/cluster:Cluster": "storageEncrypted",
    "aws:efs/fileSystem:FileSystem": "encrypted",
    "aws:elasticache/replicationGroup:ReplicationGroup": "atRestEncryptionEnabled",
};

function unencrypted({ type, name, inputs }: Made): string[] {
    const property = STORES[type];
    const value = property === undefined ? true : inputs[property];
    return value === undefined || value === false || value === "false"
        ? [`${type.split(":").at(-1) ?? type} ${name}: isn't encrypted at rest`]
        : [];
}

export const encryptedDisk: Policy = {
    id: "encrypted-disk",
    why: "A disk that is sold, stolen or copied by the provider shows database, files and secrets of everybody, unless it is encrypted (R44).",
    fix: "encrypt the host's disk with LUKS, or let the provider do it and waive this rule, as it can't be seen from inside",
    production: "warn",
    checkAround: (around) => (around.encryptedDisk === false ? ["quai:target: the disk with the engine's volumes isn't encrypted"] : []),
    checkResource: unencrypted,
};
