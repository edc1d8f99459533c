import { mkdtempSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ServiceArgs } from "../../../components/web-stack";
import { imagesOf } from "../../../stacks/images";
import { imageSources, secretFiles, tlsMode, withSettings } from "../../../stacks/shared";
import { parse, type Raw } from "../settings/base";
import { scratchFolder } from "../support/scratch";
import { certificate as certificateOf } from "../tls-proxy/real/nginx";

const OWN = { api: { build: "examples/demo/api", args: { BASE: "debian:12", A: "1" } } };
const SERVICE: ServiceArgs = {
    image: "api",
    command: ["api"],
    port: 8000,
    user: { uid: 1, gid: 1 },
    health: { http: "/health", interval: 3, startPeriod: 30 },
    env: { A: "1", B: "2" },
};
const development = (change: Raw = {}) => parse({ environment: "development", tls: { mode: "local" }, images: undefined, ...change });

describe("where an image comes from", () => {
    test("the application's own, a reference, or another folder with the application's arguments below its own", () => {
        expect(imageSources(development(), OWN)).toEqual(OWN);
        expect(imageSources(development({ images: { api: "registry.quay.eu/api:1" } }), OWN)).toEqual({
            api: { reference: "registry.quay.eu/api:1" },
        });
        expect(imageSources(development({ images: { api: { build: "../api", args: { A: "2" }, target: "prod" } } }), OWN)).toEqual({
            api: { build: "../api", target: "prod", args: { BASE: "debian:12", A: "2" } },
        });
    });

    test("R9: a reference with a digest is taken as it stands", () => {
        expect(imageSources(parse({ images: { api: `registry.quay.eu/api@sha256:${"0".repeat(64)}` } }), OWN)).toEqual({
            api: { reference: `registry.quay.eu/api@sha256:${"0".repeat(64)}` },
        });
    });
});

describe("a service with what the settings say of it", () => {
    const changed = (service: Raw | undefined) =>
        withSettings(development(service === undefined ? {} : { services: { api: service } }), "api", SERVICE);

    test("nothing said: as the application describes it", () => {
        expect(changed(undefined)).toEqual(SERVICE);
        expect(changed({})).toEqual({ ...SERVICE, logs: undefined });
    });

    test("R11, R16, R18: figures replace, variables are added, the rest of the health check stays", () => {
        const settings = {
            replicas: 3,
            memory: "1g",
            cpus: 1.5,
            command: ["serve", "--workers", "4"],
            stopGrace: "1m",
            env: { B: "3", C: "4" },
            health: { startPeriod: "90s" },
        };
        expect(changed(settings)).toEqual({
            ...SERVICE,
            replicas: 3,
            memory: 1024 ** 3,
            cpus: 1.5,
            command: ["serve", "--workers", "4"],
            stopGrace: 60,
            env: { A: "1", B: "3", C: "4" },
            health: { http: "/health", interval: 3, startPeriod: 90 },
        });
    });

    test("R87: a log's size alone keeps the number of files", () => {
        expect(changed({ logs: { maxSize: "20m" } }).logs).toEqual({ maxSize: 20 * 1024 ** 2, maxFiles: 5 });
    });

    test("another service's settings don't matter", () => {
        expect(withSettings(development({ services: { web: { replicas: 2 } } }), "api", SERVICE)).toBe(SERVICE);
    });
});

test("secrets as files: each in the variable that the application reads", () => {
    const url = { name: "databaseUrl", version: "1", value: null as never };
    expect(secretFiles({ DATABASE_URL_FILE: url })).toEqual({
        secrets: { databaseUrl: url },
        env: { DATABASE_URL_FILE: "/run/secrets/databaseUrl" },
    });
});

describe("where the certificate comes from", () => {
    const scratch = scratchFolder("tls");

    const own = (names: readonly string[]) => {
        const folder = mkdtempSync(join(scratch, "pem-"));
        certificateOf(folder, names);
        return { mode: "files", certificate: join(folder, "certificate.pem"), key: join(folder, "key.pem") };
    };
    const { domain, aliases } = parse();

    test("R66: own files are read; another certificate is another version", () => {
        const versions = [own([domain, ...aliases]), own([domain, ...aliases])].map((tls) => {
            const mode = tlsMode(parse({ tls }));
            expect(mode).toMatchObject({ certificate: readFileSync(tls.certificate, "utf8"), key: readFileSync(tls.key, "utf8") });
            return mode.mode === "files" ? mode.version : "";
        });
        expect(new Set(versions).size).toBe(2);
        expect(tlsMode(development())).toEqual({ mode: "local" });
    });

    test("R66: own files that don't fit are refused, all problems at once", () => {
        const { key } = own([domain]);
        expect(() => tlsMode(parse({ tls: { ...own(["elsewhere.eu"]), key } }))).toThrow(
            /^quai:tls\.certificate: must cover .* \(it is for elsewhere\.eu\).*\nquai:tls\.key: doesn't fit/,
        );
        expect(() => tlsMode(parse({ tls: { mode: "files", certificate: "no.pem", key: "none.pem" } }))).toThrow(
            'quai:tls.certificate: can\'t be read (got "no.pem"); give the path of a PEM file\nquai:tls.key: can\'t be read (got "none.pem")',
        );
    });

    test("R64: ACME: whom to ask, and whom to trust for that", () => {
        const acme = { mode: "acme", email: "ops@quay.eu", server: "https://acme.quay.eu/dir" };
        expect(tlsMode(parse({ tls: acme }))).toEqual({ ...acme, authority: undefined });
        const { certificate } = own([domain]);
        expect(tlsMode(parse({ tls: { ...acme, authority: certificate } }))).toMatchObject({
            authority: readFileSync(certificate, "utf8"),
        });
    });
});

test("the official images that a stack needs, by its versions", () => {
    expect(imagesOf({ application: "demo", postgres: { version: 15 }, redis: { version: "7" } })).toEqual([
        "nginx:1.30.4-trixie",
        "postgres:15.19-bookworm",
        "redis:7.4.11-bookworm",
        "debian:bookworm-20260803-slim",
    ]);
    const other = { application: "other", postgres: { version: 15 }, redis: { version: "7" } };
    expect(imagesOf(other)).toEqual(["nginx:1.30.4-trixie"]);
    expect(imagesOf({ ...other, tls: { mode: "acme" } })).toEqual(["nginx:1.30.4-trixie", "debian:bookworm-20260803-slim"]);
});
