import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { judgeCertificate, type OwnCertificate } from "../../../components/tls-proxy/own-certificate";
import { scratchFolder } from "../support/scratch";

const NAMES = ["app.quay.eu", "www.app.quay.eu"];
const DAY = 86_400_000;

describe("R66: an own certificate is judged before anything is deployed", () => {
    const scratch = scratchFolder("own");
    const openssl = (...words: readonly string[]) => execFileSync("openssl", words, { cwd: scratch, stdio: "pipe", encoding: "utf8" });
    const read = (file: string) => readFileSync(join(scratch, file), "utf8");
    const key = (name: string) => openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", `${name}.key`);

    /** A certificate of that name, signed by another one's or by itself. */
    function issue(name: string, extensions: readonly string[], by?: string, days = 100): void {
        key(name);
        openssl("req", "-new", "-key", `${name}.key`, "-subj", `/CN=${name}`, "-out", `${name}.csr`);
        const folder = mkdtempSync(join(scratch, "ext-"));
        writeFileSync(join(folder, "ext"), `${extensions.join("\n")}\n`);
        const signer = by === undefined ? ["-signkey", `${name}.key`] : ["-CA", `${by}.pem`, "-CAkey", `${by}.key`, "-CAcreateserial"];
        openssl(
            "x509",
            "-req",
            "-in",
            `${name}.csr`,
            ...signer,
            "-days",
            String(days),
            "-extfile",
            join(folder, "ext"),
            "-out",
            `${name}.pem`,
        );
    }

    beforeAll(() => {
        const authority = ["basicConstraints=critical,CA:true"];
        const server = [`subjectAltName=${NAMES.map((name) => `DNS:${name}`).join(",")}`];
        issue("root", authority);
        issue("middle", authority, "root");
        issue("server", server, "middle");
        issue("alone", server);
        issue("wild", ["subjectAltName=DNS:*.quay.eu"], "middle");
        key("other");
        openssl("genrsa", "-out", "short.key", "1024");
        openssl("pkey", "-in", "server.key", "-aes128", "-passout", "pass:locked", "-out", "locked.key");
    });

    const good = (): OwnCertificate => ({ certificate: read("server.pem") + read("middle.pem"), key: read("server.key") });
    const judged = (change: Partial<OwnCertificate>, names = NAMES, days = 0) =>
        judgeCertificate({ ...good(), ...change }, names, new Date(Date.now() + days * DAY));
    const date = (file: string, days = 100) =>
        /notAfter=(.*)/.exec(openssl("x509", "-in", file, "-noout", "-enddate"))?.[1] ?? String(days);
    const ended = (file: string) => new Date(date(file)).toISOString().slice(0, 10);

    test("a chain that fits is good, with and without the root; so is one that signed itself", () => {
        expect(judged({})).toEqual({ problems: [], warnings: [] });
        expect(judged({ certificate: good().certificate + read("root.pem") })).toEqual({ problems: [], warnings: [] });
        expect(judged({ certificate: read("alone.pem"), key: read("alone.key") })).toEqual({ problems: [], warnings: [] });
    });

    test.each<[string, () => Partial<OwnCertificate>, string]>([
        [
            "a key of something else",
            () => ({ key: read("other.key") }),
            "quai:tls.key: doesn't fit the first certificate of quai:tls.certificate (CN=server); give the key that this was made with",
        ],
        [
            "a locked key",
            () => ({ key: read("locked.key") }),
            "quai:tls.key: is locked with a passphrase, which nobody could type when the proxy starts; take it off: openssl pkey -in FILE -out FILE.open",
        ],
        [
            "a certificate as key",
            () => ({ key: read("server.pem") }),
            "quai:tls.key: holds no private key in PEM form (-----BEGIN PRIVATE KEY-----); give the key's file, not the certificate's",
        ],
        [
            "no certificate",
            () => ({ certificate: "DER\n" }),
            "quai:tls.certificate: holds no certificate in PEM form (-----BEGIN CERTIFICATE-----); convert it, e.g. openssl x509 -inform DER -in FILE",
        ],
        [
            "a damaged one",
            () => ({ certificate: good().certificate.replace(/\n[A-Za-z0-9+/]{64}/, "\n") }),
            "quai:tls.certificate: certificate 1 of the file is damaged; export the chain again, as PEM",
        ],
        [
            "the issuer first",
            () => ({ certificate: read("middle.pem") + read("server.pem"), key: read("middle.key") }),
            "quai:tls.certificate: must begin with the server's own certificate (got the authority CN=middle); put the server's first",
        ],
        [
            "a chain with a gap",
            () => ({ certificate: read("server.pem") + read("root.pem") }),
            "quai:tls.certificate: certificate 2 of the file (CN=root) didn't sign the one before it; order them server first, then each one's issuer",
        ],
    ])("%s", (_, change, message) => {
        expect(judged(change()).problems).toContain(message);
    });

    test("a short RSA key", () => {
        expect(judged({ key: read("short.key") }).problems[0]).toBe(
            "quai:tls.key: an RSA key must have at least 2048 bits (got 1024); have a new one signed",
        );
    });

    test("names that it doesn't cover are listed, beside those that it is for; a wildcard covers one level", () => {
        expect(judged({}, [...NAMES, "api.quay.eu"]).problems).toEqual([
            "quai:tls.certificate: must cover api.quay.eu (it is for app.quay.eu, www.app.quay.eu); have it issued for all names, or take those out of quai:domain and quai:aliases",
        ]);
        const wild = { certificate: read("wild.pem") + read("middle.pem"), key: read("wild.key") };
        expect(judged(wild, ["app.quay.eu"]).problems).toEqual([]);
        expect(judged(wild).problems[0]).toContain("must cover www.app.quay.eu (it is for *.quay.eu)");
    });

    test("R94: its end: warned of from 14 days on, then refused; so is one that isn't valid yet", () => {
        expect(judged({}, NAMES, 85)).toEqual({ problems: [], warnings: [] });
        expect(judged({}, NAMES, 87)).toEqual({
            problems: [],
            warnings: [`quai:tls.certificate: ends in 12 days, on ${ended("server.pem")}; renew it`],
        });
        expect(judged({}, NAMES, 101).problems).toEqual([
            `quai:tls.certificate: the certificate has ended on ${ended("server.pem")} (CN=server); renew it`,
            `quai:tls.certificate: certificate 2 of the chain has ended on ${ended("middle.pem")} (CN=middle); renew it`,
        ]);
        expect(judged({}, NAMES, -2).problems[0]).toMatch(/isn't valid before .* \(CN=server\); check the date of this machine$/);
    });

    test("a chain without the issuer works in some clients only: a warning", () => {
        expect(judged({ certificate: read("server.pem") })).toEqual({
            problems: [],
            warnings: ["quai:tls.certificate: holds the server's certificate alone; many clients need its issuer's (CN=middle) after it"],
        });
    });

    test("all at once, and never the key", () => {
        const { problems } = judged({ key: read("other.key") }, ["elsewhere.eu"], 200);
        expect(problems).toHaveLength(4);
        expect(problems.join()).not.toContain(read("other.key").split("\n")[1]);
    });
});
