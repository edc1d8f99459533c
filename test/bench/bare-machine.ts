/**
 * From a bare checkout to the first https answer, in its parts:
 *
 *     node -r ./tools/engine/typescript.cjs test/bench/bare-machine.ts [part...]
 *
 * Parts: packages, engine, images, applications, deploy (all, in this order, unless named). Each has caches of its own in a temporary
 * folder, which is removed at the end; what other checkouts use is left alone. Images that the Docker engine has are not built anew,
 * and the part says so. Docker itself must be there. The stack is `bench`, on ports 38080 and 38443.
 */
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { officialImage } from "../../components/internal/images";
import { conditions, ROOT, run, seconds, table } from "./measure";

const STACK = "bench";
const STACK_ID = `demo-${STACK}`;
const LOADER = join(ROOT, "tools/engine/typescript.cjs");

interface Place {
    readonly checkout: string;
    readonly env: Readonly<Record<string, string>>;
}

/** A copy of what git knows and doesn't ignore, with empty caches. */
function makePlace(scratch: string): Place {
    const checkout = join(scratch, "checkout");
    for (const file of run("git", ["ls-files", "-co", "--exclude-standard", "-z"], { cwd: ROOT }).split("\0")) {
        if (file === "" || !existsSync(join(ROOT, file))) continue;
        mkdirSync(dirname(join(checkout, file)), { recursive: true });
        cpSync(join(ROOT, file), join(checkout, file), { verbatimSymlinks: true });
    }
    const config = {
        "quai:application": "demo",
        "quai:environment": "development",
        "quai:domain": "demo.localhost",
        "quai:ports": { http: 38080, https: 38443 },
        "quai:postgres": { version: 15, memory: "512m" },
        "quai:redis": { memory: "64m" },
    };
    writeFileSync(join(checkout, `Pulumi.${STACK}.yaml`), JSON.stringify({ config }));
    const cache = (name: string) => join(scratch, name);
    const env = {
        CI: "true",
        NO_COLOR: "1",
        QUAI_CACHE_DIR: cache("quai"),
        QUAI_ENGINE: "built",
        npm_config_cache: cache("npm"),
        GOPATH: cache("go"),
        GOMODCACHE: cache("go-modules"),
        GOCACHE: cache("go-build"),
        GOFLAGS: "-modcacherw",
    };
    return { checkout, env };
}

const parts: Readonly<Record<string, (place: Place) => string>> = {
    packages: ({ checkout, env }) => timed(() => run("./quai", ["--version"], { cwd: checkout, env })),
    engine: ({ checkout, env }) =>
        timed(() => run(process.execPath, ["-r", LOADER, "-e", 'void require("./tools/engine").ensureEngine()'], { cwd: checkout, env })),
    images: ({ env }) => {
        const time = seconds(() => baseImages(env));
        return time < 5 ? `${time.toFixed(1)} s: they were there` : shown(time);
    },
    applications: ({ env }) => {
        const map = baseImages(env);
        const contexts: [string, string | undefined][] = [
            ["examples/demo/api", map[officialImage("debian")]],
            ["examples/demo/web", map[officialImage("nginx")]],
            ["components/backup/image", map[officialImage("postgres", "15")]],
        ];
        return contexts.map(([context, base]) => `${context} ${timed(() => build(context, base ?? ""))}`).join(", ");
    },
    deploy: ({ checkout, env }) => {
        // With the engine that was built here; else with the user's own.
        const built = existsSync(join(env["QUAI_CACHE_DIR"] ?? "", "engine"));
        const own = { ...env, QUAI_ENGINE: undefined, QUAI_CACHE_DIR: process.env["QUAI_CACHE_DIR"] };
        try {
            return timed(() => run("./quai", ["up", STACK, "--yes"], { cwd: checkout, env: built ? env : own }));
        } finally {
            removeStack();
        }
    },
};

/** What stands in for the official images, built where it's missing. */
function baseImages(env: Place["env"]): Record<string, string> {
    const script = join(ROOT, "tools/offline/images/build.ts");
    const text = run(process.execPath, ["-r", LOADER, script, "postgres:15", "nginx", "redis", "debian"], { cwd: ROOT, env });
    return JSON.parse(text) as Record<string, string>;
}

/** Without the builder's cache, as on a machine that never built it. */
function build(context: string, base: string): void {
    run("docker", [
        "build",
        "--no-cache",
        "--network",
        "host",
        "--build-arg",
        `BASE=${base}`,
        "--tag",
        `${STACK_ID}-image`,
        join(ROOT, context),
    ]);
    run("docker", ["image", "rm", `${STACK_ID}-image`]);
}

function shown(time: number): string {
    return time < 60 ? `${time.toFixed(0)} s` : `${Math.floor(time / 60)} min ${String(Math.round(time % 60)).padStart(2, "0")} s`;
}

const timed = (work: () => void): string => shown(seconds(work));

/** By label, so that images which other stacks use stay. */
function removeStack(): void {
    const mine = ["--filter", `label=io.quai.stack=${STACK_ID}`];
    const remove = (list: readonly string[], command: readonly string[]) => {
        const ids = run("docker", [...list, ...mine])
            .split("\n")
            .filter((id) => id !== "");
        if (ids.length > 0) run("docker", [...command, ...ids]);
    };
    remove(["ps", "--all", "--quiet"], ["rm", "--force", "--volumes"]);
    remove(["volume", "ls", "--quiet"], ["volume", "rm"]);
    remove(["network", "ls", "--quiet"], ["network", "rm"]);
    const images = run("docker", ["image", "ls", "--filter", `reference=quai/${STACK_ID}/*`, "--format", "{{.Repository}}:{{.Tag}}"]);
    for (const image of images.split("\n").filter((name) => name !== "")) run("docker", ["image", "rm", image]);
}

function main(names: readonly string[]): void {
    const wanted = names.length === 0 ? Object.keys(parts) : names;
    const unknown = wanted.filter((name) => parts[name] === undefined);
    if (unknown.length > 0) throw new Error(`there's no part ${unknown.join(", ")}; the parts are ${Object.keys(parts).join(", ")}`);
    const before = conditions();
    const scratch = mkdtempSync(join(tmpdir(), "quai-bench-"));
    try {
        const place = makePlace(scratch);
        if (!wanted.includes("packages")) symlinkSync(join(ROOT, "node_modules"), join(place.checkout, "node_modules"));
        const rows = wanted.map((name) => {
            const figure = parts[name]?.(place) ?? "";
            process.stderr.write(`${name}: ${figure}\n`);
            return [name, figure];
        });
        console.log(before);
        console.log(table(["part", "time"], rows));
    } finally {
        rmSync(scratch, { recursive: true, force: true });
    }
}

try {
    main(process.argv.slice(2));
} catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
}
