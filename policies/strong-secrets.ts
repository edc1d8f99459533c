import { pathText, type Settings } from "../infra/settings";
import type { Policy } from "./policy";

/** Fewest characters of a secret that was given from outside. */
const LENGTH = 12;

/** Values of guides, templates and images, without what isn't a letter or digit. A value that is one of them, or one repeated, is refused. */
const DEFAULTS = new Set([
    ...["admin", "admin123", "administrator", "changeit", "changeme", "changethis", "default", "dev", "example", "guest", "letmein"],
    ...["minioadmin", "mysecretpassword", "pass", "passw0rd", "password", "postgres", "qwerty", "redis", "replaceme", "root", "s3cr3t"],
    ...["secret", "secretkey", "supersecret", "test", "toor", "user", "welcome", "xxx", "yourpassword", "yoursecretkey", "yoursecret"],
    ...["yoursecretkeyhere", "yourpasswordhere", "todo", "fixme", "dummy", "placeholder", "insecure", "notsecret"],
]);

function isDefault(value: string): boolean {
    const bare = value.toLowerCase().replace(/[^a-z0-9]/g, "");
    const word = bare.replace(/\d+$/, "");
    if (DEFAULTS.has(bare) || DEFAULTS.has(word) || bare.startsWith("djangoinsecure") || bare.startsWith("changeme")) return true;
    // One thing over and over ("aaaaaaaaaaaa", "adminadminadmin"), or a row of digits.
    return /^(.+?)\1+$/.test(bare) || bare === "" || "0123456789012345678901234567890".includes(bare);
}

/** Entries that hold a name or number rather than a secret: a storage account, the id of a key. */
function identifiers({ backup }: Pick<Settings, "backup">): ReadonlySet<string> {
    const environment = Object.entries((backup && backup.offsite?.environment) || {});
    return new Set(environment.filter(([name]) => /(_NAME|_ID|_REGION|_USERNAME|_FILE|_ENDPOINT)$/.test(name)).map(([, secret]) => secret));
}

/** Whether an entry of quai:secrets needs neither length nor renewal. */
export function isIdentifier(settings: Pick<Settings, "backup">, name: string): boolean {
    return identifiers(settings).has(name);
}

export const strongSecrets: Policy = {
    id: "strong-secrets",
    why: "A short secret is guessed, and one out of a guide or template is tried first (R37).",
    fix: "replace it with `./quai secrets set <name>`, for example by what `openssl rand -base64 24` prints",
    staging: "refuse",
    check: (settings) => {
        const harmless = identifiers(settings);
        return Object.entries(settings.secrets).flatMap(([name, value]) => {
            // What is read elsewhere is judged when it's read, in the update and its preview.
            if (harmless.has(name) || typeof value !== "string") return [];
            const path = pathText(["secrets", name]);
            if (isDefault(value)) return [`${path}: is a well-known default`];
            return value.length < LENGTH ? [`${path}: has fewer than ${LENGTH} characters`] : [];
        });
    },
};
