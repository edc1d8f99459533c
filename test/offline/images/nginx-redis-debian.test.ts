import { officialImage } from "../../../components/internal/images";
import { ensureOfflineImages } from "../../../tools/offline/images";
import { docker, fresh, hardened, logs, must, removeAll, until, volumeWith } from "./engine";

jest.setTimeout(120_000);
let image: { nginx: string; redis: string; debian: string };

beforeAll(async () => {
    const [nginx, redis, debian] = [officialImage("nginx"), officialImage("redis"), officialImage("debian")];
    const map = await ensureOfflineImages([nginx, redis, debian].map((reference) => ({ reference })));
    image = { nginx: map[nginx]!, redis: map[redis]!, debian: map[debian]! };
}, 900_000);
afterAll(removeAll);

const nginxConf = `
pid /tmp/nginx.pid;
error_log /dev/stderr notice;
events {}
http {
    access_log /dev/stdout;
    client_body_temp_path /tmp/body; proxy_temp_path /tmp/proxy; fastcgi_temp_path /tmp/fastcgi; uwsgi_temp_path /tmp/uwsgi; scgi_temp_path /tmp/scgi;
    limit_req_zone $binary_remote_addr zone=all:1m rate=100r/s;
    set_real_ip_from 10.0.0.0/8;
    gzip on; gzip_static on;
    server {
        listen 8443 ssl;
        http2 on;
        ssl_certificate /etc/quai/cert.pem; ssl_certificate_key /etc/quai/key.pem; ssl_protocols TLSv1.2 TLSv1.3;
        location / { limit_req zone=all burst=50; return 200 "hello\\n"; }
        location /status { stub_status; }
    }
}`;

test("R13: nginx as 101, no capabilities, read-only: TLS, HTTP/2, limits, status; logs on the outputs; reload works", async () => {
    const conf = volumeWith(image.debian, { "nginx.conf": nginxConf }, "101:101");
    const certificate = [
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-subj",
        "/CN=localhost",
        "-days",
        "2",
    ];
    must(
        "run",
        "--rm",
        "-v",
        `${conf}:/v`,
        "--user",
        "101:101",
        image.nginx,
        "openssl",
        ...certificate,
        "-keyout",
        "/v/key.pem",
        "-out",
        "/v/cert.pem",
    );
    const name = fresh("nginx");
    const command = ["nginx", "-g", "daemon off;", "-c", "/etc/quai/nginx.conf"];
    must("run", "-d", "--name", name, "--user", "101:101", ...hardened, "-v", `${conf}:/etc/quai:ro`, image.nginx, ...command);
    const get = (path: string): string =>
        docker("exec", name, "curl", "-sk", "--http2", "-w", "%{http_version}", `https://localhost:8443${path}`).out;
    await until("nginx answers", () => get("/") === "hello\n2");
    expect(get("/status")).toContain("Active connections");
    expect(must("exec", name, "id", "-u")).toBe("101");
    must("exec", name, "nginx", "-t", "-c", "/etc/quai/nginx.conf");
    must("exec", name, "nginx", "-s", "reload", "-c", "/etc/quai/nginx.conf");
    await until("it goes on after the reload", () => get("/") === "hello\n2" && logs(name).includes("reconfiguring"));
    expect(logs(name)).toMatch(/"GET \/ HTTP\/2\.0" 200/);
    must("stop", name);
    expect(must("inspect", "--format", "{{.State.ExitCode}}", name)).toBe("0");
});

test("nginx with its own configuration serves its page, as the official image does", async () => {
    const name = fresh("nginx-default");
    must("run", "-d", "--name", name, image.nginx);
    await until("nginx answers", () => docker("exec", name, "curl", "-s", "http://localhost/").out.includes("nginx"));
    expect(must("exec", name, "sh", "-c", "cat /proc/[0-9]*/status | grep -c '^Uid:.101.101'")).not.toBe("0");
});

test("R9, R13: redis as 999, no capabilities, read-only: keeps its data across containers, asks for its password", async () => {
    const data = fresh("redis-data");
    const conf = volumeWith(
        image.debian,
        { "redis.conf": "requirepass topsecret\nappendonly yes\nmaxmemory 64mb\nmaxmemory-policy allkeys-lru\n" },
        "999:999",
    );
    const start = (): string => {
        const name = fresh("redis");
        must(
            "run",
            "-d",
            "--name",
            name,
            "--user",
            "999:999",
            ...hardened,
            "-v",
            `${data}:/data`,
            "-v",
            `${conf}:/etc/quai:ro`,
            image.redis,
            "/etc/quai/redis.conf",
        );
        return name;
    };
    const cli = (name: string, ...args: string[]): string =>
        docker("exec", "-e", "REDISCLI_AUTH=topsecret", name, "redis-cli", ...args).out;
    const first = start();
    await until("redis answers", () => cli(first, "ping") === "PONG");
    expect(docker("exec", first, "redis-cli", "ping").out).toContain("NOAUTH");
    expect(cli(first, "set", "a", "b")).toBe("OK");
    expect(must("exec", first, "id", "-u")).toBe("999");
    must("stop", first);
    expect(must("inspect", "--format", "{{.State.ExitCode}}", first)).toBe("0");
    const second = start();
    await until("redis answers", () => cli(second, "get", "a") === "b");
});

test("redis started as root with options only drops to 999 and lets other containers in, as the official image does", async () => {
    const name = fresh("redis-root");
    must("run", "-d", "--name", name, image.redis, "--appendonly", "yes");
    await until("redis answers", () => docker("exec", name, "redis-cli", "config", "get", "protected-mode").out.endsWith("no"));
    expect(must("exec", name, "stat", "-c", "%u", "/proc/1", "/data")).toBe("999\n999");
});

test("the base for applications is small, knows certificate authorities, and installs packages", () => {
    expect(Number(must("image", "inspect", "--format", "{{.Size}}", image.debian))).toBeLessThan(110e6);
    expect(
        docker(
            "run",
            "--rm",
            image.debian,
            "sh",
            "-c",
            "find /usr/share/man /var/lib/apt/lists -mindepth 1; find /usr/share/doc -type f -not -name copyright | head -1",
        ).out,
    ).toBe("");
    expect(must("run", "--rm", image.debian, "sh", "-c", "test -s /etc/ssl/certs/ca-certificates.crt && grep ^ID= /etc/os-release")).toBe(
        "ID=debian",
    );
    const install = "apt-get update -qq && apt-get install -y -qq --no-install-recommends tini >/dev/null 2>&1 && tini --version";
    expect(must("run", "--rm", "--network", "host", image.debian, "sh", "-c", install)).toContain("tini");
});
