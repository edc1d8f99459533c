import "./given-area";
import { buildImage, push, shownFingerprint, state, Vault, write, written } from "./given";
import { randomBytes, X509Certificate } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { constantLoad } from "../../bench/constant-load";
import { startRegistry, type Registry } from "../../offline/docker/support/registry";
import { ask, askJson, load } from "../support/ask";
import {
    checkout,
    docker,
    given as typed,
    HOST,
    HTTPS,
    mustUp,
    objects,
    quai,
    removeLeftovers,
    STACK,
    STACK_ID,
    transcript,
    type StackConfig,
} from "../support/checkout";
import { certificate as certificateOf } from "../../unit/tls-proxy/real/nginx";

const ACCOUNTS = [
    { username: "first", password: "registry-password-of-the-first" },
    { username: "second", password: "registry-password-of-the-second" },
] as const;
const secret = () => `given-${randomBytes(20).toString("hex")}`;
const KEYS = [secret(), secret(), secret()] as const;

let registry: Registry;
let vault: Vault;
let image: string;
/** What the stack file says besides, kept from test to test. */
let settings: StackConfig;

function change(more: StackConfig): void {
    settings = { ...settings, ...more };
    write(image, settings);
}

const login = (account: number) => ({
    "quai:registries": { [registry.address]: { username: ACCOUNTS[account]?.username, passwordSecret: `registry${account}` } },
});
const given = (more: StackConfig = {}) => ({
    "quai:secrets": {
        sessionKey: { environment: "TEST_SESSION_KEY" },
        vaultKey: { command: [vault.command, "read", "quai/key"] },
        registry0: { environment: "TEST_REGISTRY_0" },
        ...more,
    },
});

/** The session key with the one before beside it. */
const BOTH = { sessionKey: { environment: "TEST_SESSION_KEY", former: { environment: "TEST_SESSION_KEY_FORMER" } } };

/** Service → identifier of its container. */
function containers(): Record<string, string> {
    const format = '{{.Label "io.quai.service"}} {{.ID}}';
    const lines = docker("ps", "--filter", `label=io.quai.stack=${STACK_ID}`, "--filter", "label=io.quai.role=service", "--format", format);
    return Object.fromEntries(
        lines
            .trim()
            .split("\n")
            .map((line) => line.split(" ") as [string, string]),
    );
}

const changed = (before: Record<string, string>) => {
    const after = containers();
    return Object.keys(after)
        .filter((name) => after[name] !== before[name])
        .sort();
};

const sign = async (text: string) => (await askJson<{ signature: string }>(`/sign/${text}`)).signature;

/** While something happens, services call each other with certificates, and what was signed before stays valid. */
async function underLoad(happens: () => Promise<unknown>): Promise<void> {
    const mac = await sign("before");
    const loads = [load("/call"), load(`/verify/before/${mac}`)];
    await happens();
    for (const each of loads) {
        const { requests, failures } = await each.stop();
        expect(failures).toEqual([]);
        expect(requests).toBeGreaterThan(50);
    }
}

beforeAll(async () => {
    removeLeftovers();
    registry = await startRegistry(...ACCOUNTS);
    image = `${registry.address}/given:1`;
    buildImage(image);
    push(image, ACCOUNTS[0]);
    vault = new Vault();
    settings = {};
    change({ ...given(), ...login(0) });
});

afterAll(async () => {
    await registry.stop();
    if (process.env["QUAI_E2E_KEEP"] !== undefined) return;
    change({ "quai:protect": false });
    const { code, text } = await quai("down", STACK, "--yes", "--delete-data");
    expect([code, text]).toEqual([0, expect.stringContaining("is gone")]);
    docker("image", "rm", ...docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}", `${registry.address}/given`).trim().split("\n"));
});

const BROKEN = { "quai:services": { front: { env: { BREAK: "1" } } } };

/** These settings together with a release that isn't healthy: the update fails, and what served before serves on. */
async function failsHalfway(more: StackConfig): Promise<void> {
    const before = containers();
    change({ ...more, ...BROKEN });
    const { code, text } = await quai("up", STACK, "--yes");
    expect([code, text]).toEqual([1, expect.stringContaining("What served before still serves")]);
    expect(containers()).toEqual(before);
}

describe("secrets from the caller's environment and from a vault", () => {
    test("R26: what can't be read is told at once, before anything is touched", async () => {
        vault.away();
        const { code, text } = await quai("up", STACK, "--yes");
        vault.back();
        expect(code).not.toBe(0);
        expect(text).toContain("quai:secrets.sessionKey: variable TEST_SESSION_KEY is not set: set it where you deploy");
        expect(text).toContain(`quai:secrets.vaultKey: there is no command ${vault.command} here: install it, or put it on PATH`);
        expect(text).toContain("quai:secrets.registry0: variable TEST_REGISTRY_0 is not set");
        expect([...objects("container"), ...objects("volume"), ...objects("network")]).toEqual([]);
    });

    test("R26: they reach the services that use them, and nothing else; the vault is asked once", async () => {
        process.env["TEST_SESSION_KEY"] = KEYS[0];
        process.env["TEST_REGISTRY_0"] = ACCOUNTS[0].password;
        await mustUp();
        expect(vault.asked()).toBe(1);
        const front = containers()["front"] ?? "";
        const files = docker(
            "exec",
            front,
            "stat",
            "-L",
            "-c",
            "%n %a %u",
            ...["sessionKey", "vaultKey"].map((name) => `/run/secrets/${name}`),
        );
        expect(files.trim().split("\n")).toEqual(["/run/secrets/sessionKey 400 10001", "/run/secrets/vaultKey 400 10001"]);
        expect(docker("exec", front, "cat", "/run/secrets/vaultKey")).toBe(vault.value);
        expect(docker("exec", containers()["inner"] ?? "", "ls", "/run/secrets")).not.toMatch(/vaultKey|sessionKey/);
        expect(await askJson("/call")).toEqual({ client: "inner" });
    });

    test("R27: their values are in no output, not in the state, in no container's settings", () => {
        const inspected = docker("inspect", ...objects("container"));
        for (const value of [KEYS[0], vault.value, ACCOUNTS[0].password]) {
            for (const text of [inspected, state(), readFileSync(transcript(), "utf8")]) expect(text).not.toContain(value);
        }
    });

    test("a preview where nothing of it is at hand says so, and goes by the last update", async () => {
        delete process.env["TEST_SESSION_KEY"];
        vault.away();
        try {
            const { code, text } = await quai("preview", STACK);
            expect(text).toContain(
                "quai:secrets.sessionKey: variable TEST_SESSION_KEY is not set: set it where you deploy. This preview goes by the value of the last update",
            );
            expect(text).toMatch(/quai:secrets\.vaultKey: there is no command .* goes by the value of the last update/);
            expect(code).toBe(0);
        } finally {
            vault.back();
            process.env["TEST_SESSION_KEY"] = KEYS[0];
        }
    });

    test("of somebody's fork nothing is run", async () => {
        const before = vault.asked();
        const { text } = await quai("preview", STACK, "--fork");
        expect(text).toContain("quai:secrets.vaultKey");
        expect(vault.asked()).toBe(before);
    });
});

describe("R35: a given secret is renewed under load: both values count, then one", () => {
    let signed: string;

    test("R23, R34: a failure halfway leaves the former one in use; the next update finishes, nothing that was signed is refused", async () => {
        const before = containers();
        signed = await sign("hello");
        process.env["TEST_SESSION_KEY"] = KEYS[1];
        process.env["TEST_SESSION_KEY_FORMER"] = KEYS[0];
        await underLoad(async () => {
            await failsHalfway(given(BOTH));
            expect(await sign("hello")).toBe(signed);
            change({ "quai:services": {} });
            await mustUp();
        });
        expect(changed(before)).toEqual(["front"]);
        expect((await ask(`/verify/hello/${signed}`)).status).toBe(200);
        expect(await sign("hello")).not.toBe(signed);
    });

    test("./quai rotate says step by step what to do", async () => {
        const { code, text } = await quai("rotate", "sessionKey", STACK, "--yes");
        expect(code).toBe(2);
        expect(text).toMatch(/sessionKey comes from variable TEST_SESSION_KEY[\s\S]*1\. [\s\S]*2\. [\s\S]*3\. /);
    });

    test("without it the former value is refused", async () => {
        const late = await sign("late");
        change(given());
        await mustUp();
        expect((await ask(`/verify/hello/${signed}`)).status).toBe(401);
        expect((await ask(`/verify/late/${late}`)).status).toBe(200);
    });
});

describe("R26, R34: a given secret in the stack file, by ./quai secrets set --keep-former", () => {
    const give = (value: string) => {
        const said = typed(value, "secrets", "set", "sessionKey", "--stack", STACK, "--keep-former");
        expect([said.code, said.text]).toEqual([0, expect.stringContaining("The value before stands beside it, as former.")]);
    };
    const entry = () => (written()["quai:secrets"] as Record<string, unknown>)["sessionKey"];

    test("out of a variable, and then from one value to the next, under load: nothing that was signed is refused", async () => {
        const encrypted = { secure: expect.stringMatching(/^v1:/) as string };
        let signed = await sign("kept");
        for (const former of [{ environment: "TEST_SESSION_KEY" }, encrypted]) {
            const value = secret();
            await underLoad(() => {
                give(value);
                return mustUp();
            });
            expect(entry()).toEqual({ former, value: encrypted });
            expect((await ask(`/verify/kept/${signed}`)).status).toBe(200);
            expect(await sign("kept")).not.toBe(signed);
            for (const text of [state(), JSON.stringify(written()), readFileSync(transcript(), "utf8")]) expect(text).not.toContain(value);
            signed = await sign("kept");
        }
        // What the tests after this one go by.
        change(given());
        await mustUp();
        expect((await ask(`/verify/kept/${signed}`)).status).toBe(401);
    });
});

describe("certificates of the stack's own authority", () => {
    test("R34: renewed by ./quai rotate under load: no call between services fails", async () => {
        const before = containers();
        const serial = () => docker("exec", containers()["inner"] ?? "", "sha256sum", "/run/secrets/internalCertificate");
        const first = serial();
        await underLoad(async () => {
            const { code, text } = await quai("rotate", "internal", STACK, "--yes");
            if (code !== 0) throw new Error(text.slice(-6000));
        });
        expect(changed(before)).toEqual(["front", "inner"]);
        expect(serial()).not.toBe(first);
    });
});

const today = () => new Date().toISOString().slice(0, 10);
const BEGUN = today();
const trusted = () => readFileSync(join(checkout(), ".quai", STACK, "ca.crt"), "utf8");
/** What the front door shows, to somebody who trusts these only. */
const accepts = (ca: string) =>
    ask("/health", { ca }).then(
        ({ status }) => status === 200,
        () => false,
    );
const lastOf = (bundle: string) => `-----BEGIN CERTIFICATE-----${bundle.split("-----BEGIN CERTIFICATE-----").at(-1) ?? ""}`;
const rotation = () => written()["quai:rotation"] as { readonly localAuthority: readonly string[] };

describe("the stack's own authority is renewed in one update", () => {
    let first: string;

    test("R34: under load no call between services fails; who trusts the former one still does, and the new one is told", async () => {
        first = trusted();
        const before = containers();
        await underLoad(async () => {
            const { code, text } = await quai("rotate", "localAuthority", STACK, "--yes");
            if (code !== 0) throw new Error(text.slice(-6000));
        });
        // Midnight may have passed since.
        expect(rotation()).toMatchObject({ localAuthority: [expect.stringMatching(`^(${BEGUN}|${today()})$`), "first"] });
        expect(changed(before)).toEqual(["front", "inner"]);
        expect(trusted().match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
        expect(lastOf(trusted()).trim()).toBe(first.trim());
        expect([await accepts(first), await accepts(trusted().replace(lastOf(trusted()), ""))]).toEqual([true, true]);
    });

    test("R23, R34: one that fails halfway, with a release that isn't healthy, leaves everything as it was; the revert undoes it", async () => {
        const dates = rotation();
        const [before, authorities] = [containers(), trusted()];
        await underLoad(async () => {
            await failsHalfway({
                "quai:rotation": { internal: `${today()}.5`, localAuthority: [`${today()}.5`, ...dates.localAuthority] },
            });
            change({ "quai:rotation": dates, "quai:services": {} });
            await mustUp();
        });
        expect(containers()["front"]).toBe(before["front"]);
        expect(trusted()).toBe(authorities);
    });

    test("R34: everything at once, a second time that day, together with a release: nothing fails", async () => {
        const dates = rotation();
        process.env["TEST_SESSION_KEY"] = KEYS[2];
        process.env["TEST_SESSION_KEY_FORMER"] = KEYS[1];
        await underLoad(async () => {
            change({
                "quai:rotation": { internal: `${today()}.6`, localAuthority: [`${today()}.6`, ...dates.localAuthority] },
                "quai:services": { front: { env: { RELEASED: "2" } } },
                ...given(BOTH),
            });
            await mustUp();
        });
        expect(trusted().match(/BEGIN CERTIFICATE/g)).toHaveLength(3);
        expect(await accepts(first)).toBe(true);
    });

    test("R34: after the overlap the former one is trusted by nobody within, and shows nothing to whoever knows it alone", async () => {
        await underLoad(() => {
            change({ "quai:overlap": { localAuthority: "0s" } });
            return mustUp();
        });
        expect(trusted().match(/BEGIN CERTIFICATE/g)).toHaveLength(1);
        expect([await accepts(first), await accepts(trusted())]).toEqual([false, true]);
    });
});

describe("a registry's login is renewed", () => {
    const as = (account: number, password: string | undefined = ACCOUNTS[account]?.password) => {
        process.env[`TEST_REGISTRY_${account}`] = password;
        return { ...given({ ...BOTH, [`registry${account}`]: { environment: `TEST_REGISTRY_${account}` } }), ...login(account) };
    };

    test("R23, R34: another account from the next pull on; what runs isn't touched, the former one is refused, and a wrong password stops nothing", async () => {
        const before = containers();
        change(as(1));
        await underLoad(() => mustUp());
        expect(changed(before)).toEqual([]);
        registry.admit([ACCOUNTS[1]]);
        docker("build", "--quiet", "--build-arg", `BASE=${image}`, "--tag", image.replace(/:1$/, ":2"), join(__dirname, "app"));
        image = image.replace(/:1$/, ":2");
        expect(() => push(image, ACCOUNTS[0])).toThrow();
        push(image, ACCOUNTS[1]);
        // A login that the registry refuses: nothing is pulled, nothing is touched. With the right one, the same update finishes.
        await underLoad(async () => {
            change(as(1, "registry-password-of-nobody"));
            const { code, text } = await quai("up", STACK, "--yes");
            expect([code, text]).toEqual([1, expect.stringMatching(/unauthorized|denied|401/i)]);
            expect(changed(before)).toEqual([]);
            change(as(1));
            await mustUp();
        });
        expect(changed(before)).toEqual(["front", "inner"]);
        expect(docker("image", "ls", "--quiet", image).trim()).not.toBe("");
    });
});

describe("own certificate files", () => {
    const pair = (name: string) => {
        const folder = join(checkout(), ".quai", "given", name);
        mkdirSync(folder, { recursive: true });
        certificateOf(folder, [HOST]);
        return { mode: "files", certificate: join(folder, "certificate.pem"), key: join(folder, "key.pem") };
    };
    const printOf = ({ certificate }: { certificate: string }) => new X509Certificate(readFileSync(certificate)).fingerprint256;

    test("R23, R34: another pair is live without a failed request, also after a failure halfway; one that doesn't fit is refused by the preview", async () => {
        const [one, two] = [pair("one"), pair("two")];
        // What a public authority is to others: ./quai up asks the address as they do.
        const authorities = join(checkout(), ".quai", "given", "authorities.pem");
        writeFileSync(authorities, [one, two].map(({ certificate }) => readFileSync(certificate, "utf8")).join(""));
        process.env["NODE_EXTRA_CA_CERTS"] = authorities;
        change({ "quai:tls": one });
        await mustUp();
        expect(await shownFingerprint()).toBe(printOf(one));
        const proxies = objects("container").filter((name) => name.includes("-proxy-"));
        const clients = constantLoad({
            port: HTTPS,
            host: HOST,
            rate: 20,
            sockets: 0,
            paths: { quick: "/call", slow: "/health", socket: "/" },
        });
        await failsHalfway({ "quai:tls": two });
        expect(await shownFingerprint()).toBe(printOf(one));
        change({ "quai:services": {} });
        await mustUp();
        const { failures, requests } = await clients.stop();
        expect([...failures]).toEqual([]);
        expect(requests).toBeGreaterThan(40);
        expect(await shownFingerprint()).toBe(printOf(two));
        expect(objects("container").filter((name) => name.includes("-proxy-"))).toEqual(proxies);

        change({ "quai:tls": { ...two, key: one.key } });
        const { code, text } = await quai("preview", STACK);
        expect(code).toBe(1);
        expect(text).toContain("quai:tls.key:");
        expect((await quai("rotate", "tls", STACK, "--yes")).text).toMatch(/the proxy's certificate is yours[\s\S]*1\. /);
        expect(await shownFingerprint()).toBe(printOf(two));
        change({ "quai:tls": two });
    });
});
