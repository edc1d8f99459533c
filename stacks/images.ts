import type { OfficialName } from "../components/internal/images";
import { officialImage } from "../components/internal/images";

/** What this file needs to know of the settings; the command line has them before the program runs. */
interface Versions {
    readonly application: string;
    readonly custom?: {
        readonly databases: readonly ("postgres" | "redis")[];
        readonly files?: Readonly<Record<string, { readonly backup: boolean }>>;
    };
    readonly backup?: unknown;
    readonly postgres: { readonly version: number };
    readonly redis: { readonly version: string };
    readonly tls?: { readonly mode: string };
}

/** The official images an application is made of, besides its own: what must be had before an update. Every stack needs the proxy's. */
const parts: Readonly<Record<string, readonly OfficialName[]>> = { demo: ["nginx", "postgres", "redis", "debian"] };

/** What the demonstration builds where the settings name no image. Described applications build nothing unasked. */
export const demoBuilds = { api: "examples/demo/api", web: "examples/demo/web" } as const;

/** Images, and the folders that they'd be built from, unless the settings name them. */
export function buildsOf(application: string): Readonly<Record<string, string>> {
    return application === "demo" ? demoBuilds : {};
}

/** References of the official images that a stack needs. */
export function imagesOf(settings: Versions): readonly string[] {
    const own = parts[settings.application] ?? ["nginx" as const, ...(settings.custom?.databases ?? [])];
    // What the service that gets certificates is built on, and that of backups where it isn't the database's image.
    const built = settings.tls?.mode === "acme" || backsUpFilesAlone(settings);
    const all = new Set([...own, ...(built ? (["debian"] as const) : [])]);
    return [...all].map((name) => officialImage(name, versionOf(name, settings)));
}

function backsUpFilesAlone({ backup, custom }: Versions): boolean {
    const files = Object.values(custom?.files ?? {});
    return backup !== false && custom?.databases.includes("postgres") === false && files.some((each) => each.backup);
}

function versionOf(name: OfficialName, settings: Versions): string | undefined {
    switch (name) {
        case "postgres":
            return String(settings.postgres.version);
        case "redis":
            return settings.redis.version;
        case "nginx":
        case "debian":
            return undefined;
    }
}
