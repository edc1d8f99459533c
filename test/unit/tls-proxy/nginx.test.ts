import { nginxConfig } from "../../../components/tls-proxy/nginx";
import { resolveProxy } from "../../../components/tls-proxy/spec";
import { API, BASE, blocks, filesNamed, location, type ProxyArgs, WEB } from "./base";

const config = (change: Partial<ProxyArgs> = {}) => nginxConfig(resolveProxy({ ...BASE, ...change }), "3fa9c1d2");
const servers = (text: string) => blocks(text, /^server \{/);

describe("the configuration of the proxy", () => {
    test("R69: HTTP/2 on every TLS server", () => {
        expect(config().match(/^ {4}http2 on;$/gm)).toHaveLength(1);
    });

    test.each([
        [30, 10],
        [10, 4],
        [1, 1],
    ])("R101: after a switch idle connections may send one more request, with a drain of %d s for %d s", (drain, expected) => {
        expect(config({ drain })).toContain(`keepalive_min_timeout ${expected}s;`);
        expect(config({ drain })).toContain(`worker_shutdown_timeout ${drain + 30}s;`);
    });

    test("R80: behind a balancer the client is whom it names; without one nothing is believed", () => {
        const text = config({ trusted: ["10.0.0.0/8"] });
        expect(text).toContain("set_real_ip_from 10.0.0.0/8;");
        expect(config()).not.toMatch(/real_?ip/);
    });

    test("R77: a service's addresses are looked up, and connections to it kept; each service once, whatever leads to it", () => {
        expect(blocks(config(), /^upstream /)).toEqual(
            ["api-api0001:8000", "web-web0001:8080"].map((address) => {
                const name = address.replace(":", "_");
                return [
                    `upstream ${name} {`,
                    `zone ${name} 128k;`,
                    `server ${address} resolve max_fails=0;`,
                    "# A pattern, because the file need not be there.",
                    `include /tmp/known/${name}[.]conf;`,
                    "keepalive 32;",
                    "# Sooner than any service does: a request must not go out on a connection that is just being closed.",
                    "keepalive_timeout 1s;",
                    "}",
                ];
            }),
        );
    });

    test("R101: replicas are led to by their own names, so that one that goes is left out before it stops", () => {
        const [first] = BASE.routes;
        if (first === undefined || "files" in first.to) throw new Error("no service");
        const routes = [{ ...first, to: { ...first.to, replicas: ["demo-dev-api-1", "demo-dev-api-1-2"] } }];
        const [, , ...lines] = blocks(nginxConfig(resolveProxy({ ...BASE, routes }), "1"), /^upstream /)[0] ?? [];
        expect(lines.slice(0, 5)).toEqual([
            "server demo-dev-api-1:8000 resolve max_fails=0;",
            "server demo-dev-api-1-2:8000 resolve max_fails=0;",
            "# A pattern, because the file need not be there.",
            "include /tmp/known/demo-dev-api-1_8000[.]conf;",
            "include /tmp/known/demo-dev-api-1-2_8000[.]conf;",
        ]);
    });

    test("only the proxy's own checks see which release answers, and pass in maintenance", () => {
        expect(nginxConfig(resolveProxy(BASE), "3fa9c1d2")).toContain('map $http_x_quai_check $from_here { default 0; "3fa9c1d2" 1; }');
    });

    test("before the first release: everything is answered 503, and nginx says that it is well", () => {
        const text = nginxConfig(undefined, "starting");
        expect(servers(text)).toEqual([
            [
                "server {",
                "listen 127.0.0.1:8081 bind;",
                "access_log off;",
                'location = /healthz { return 200 "ok\\n"; }',
                'location = /version { return 200 "starting\\n"; }',
                "location = /status { stub_status; }",
                "}",
            ],
            ["server {", "include /tmp/listen/http;", 'return 503 "starting\\n";', "}"],
            // Without a certificate yet, but the port that was handed over is kept.
            ["server {", "include /tmp/listen/https;", "ssl_reject_handshake on;", "}"],
        ]);
    });

    test("R71: a server for status, one for http, one for strangers, one for the names", () => {
        expect(
            servers(config()).map((lines) => lines.filter((line) => /^(listen|include|server_name|ssl_reject|return)/.test(line))),
        ).toEqual([
            ["listen 127.0.0.1:8081 bind;"],
            [
                ...["include /tmp/listen/http;", "include /tmp/listen/https;", "listen 127.0.0.1:8444 ssl bind;"],
                ...["server_name _;", "ssl_reject_handshake on;", "return 444;"],
            ],
            ["include /tmp/listen/http;", "server_name demo.localhost www.demo.localhost;"],
            ["include /tmp/listen/https;", "listen 127.0.0.1:8444 ssl;", "server_name demo.localhost www.demo.localhost;"],
        ]);
    });

    test.each([
        [8443, "return 301 https://$host:8443$request_uri;"],
        [443, "return 301 https://$host$request_uri;"],
    ])("R69: http goes to the same host and path on port %d", (https, expected) => {
        expect(config({ ports: { http: 80, https, address: "0.0.0.0" } })).toContain(expected);
    });

    test("R72: routes by path, in the order given, the exact ones as such", () => {
        expect(
            blocks(config(), /^location /)
                .map(([first]) => first)
                .slice(5),
        ).toEqual([
            "location = /api/health {",
            "location = /health {",
            "location ^~ /api/ {",
            "location = /api/token {",
            "location = /api/ws {",
            "location ^~ /assets/ {",
            "location ^~ / {",
            "location = /api {",
            "location = /assets {",
        ]);
    });

    test("R72: /api without a slash is the API's, with its limit; redirects of nginx's own don't name an inner port", () => {
        expect(location(config(), "= /api")).toEqual(["location = /api {", ...location(config(), "^~ /api/").slice(1)]);
        expect(config()).toContain("    absolute_redirect off;");
    });

    test("R71: routes by host get servers of their own", () => {
        const text = config({
            aliases: [],
            routes: [
                { path: "/", to: API, host: "api.demo.localhost" },
                { path: "/", to: WEB, host: "admin.demo.localhost" },
                { path: "/", to: WEB },
            ],
        });
        const secure = servers(text).slice(3);
        expect(secure.map((lines) => lines.find((line) => line.startsWith("server_name")))).toEqual([
            "server_name api.demo.localhost;",
            "server_name admin.demo.localhost;",
            "server_name demo.localhost;",
        ]);
        expect(secure.map((lines) => lines.find((line) => line.startsWith("proxy_pass")))).toEqual([
            "proxy_pass http://api-api0001_8000;",
            "proxy_pass http://web-web0001_8080;",
            "proxy_pass http://web-web0001_8080;",
        ]);
    });

    test("a route to a service, whole (R74, R76, R77, R78)", () => {
        expect(location(config(), "^~ /api/")).toEqual([
            "location ^~ /api/ {",
            "limit_req zone=api burst=20 nodelay;",
            "set $release api0001;",
            "proxy_pass http://api-api0001_8000;",
            "proxy_http_version 1.1;",
            "proxy_set_header Host $http_host;",
            "proxy_set_header Upgrade $http_upgrade;",
            "proxy_set_header Connection $connection_upgrade;",
            "# Set, not added to: what a client claims about itself doesn't count (R74).",
            "proxy_set_header X-Real-IP $remote_addr;",
            "proxy_set_header X-Forwarded-For $remote_addr;",
            "proxy_set_header X-Forwarded-Proto $scheme;",
            "proxy_set_header X-Forwarded-Host $http_host;",
            'proxy_set_header Forwarded "";',
            'proxy_set_header X-Quai-Check "";',
            "proxy_connect_timeout 60s;",
            "proxy_send_timeout 60s;",
            "proxy_read_timeout 60s;",
            "# Another replica is asked when one can't be reached; a request that was sent is never sent twice.",
            "proxy_next_upstream error timeout;",
            "proxy_next_upstream_tries 3;",
            "proxy_hide_header Strict-Transport-Security;",
            "proxy_hide_header X-Content-Type-Options;",
            "proxy_hide_header X-Frame-Options;",
            "proxy_hide_header X-XSS-Protection;",
            "proxy_hide_header Referrer-Policy;",
            "}",
        ]);
    });

    test("R75: a WebSocket may be silent for an hour; nothing else may", () => {
        const text = config({ timeouts: { connect: 5, send: 6, read: 7 } });
        const timeouts = (opening: string) => location(text, opening).filter((line) => line.includes("_timeout"));
        expect(timeouts("= /api/ws")).toEqual(["proxy_connect_timeout 5s;", "proxy_send_timeout 3600s;", "proxy_read_timeout 3600s;"]);
        expect(timeouts("^~ /api/")).toEqual(["proxy_connect_timeout 5s;", "proxy_send_timeout 6s;", "proxy_read_timeout 7s;"]);
    });

    test("R76: body limits, the proxy's and a route's own", () => {
        const text = config({
            bodyLimit: 1000,
            routes: [
                { path: "/up/", to: API, bodyLimit: 2000 },
                { path: "/", to: WEB },
            ],
        });
        expect(text.match(/client_max_body_size \d+;/g)).toEqual([
            "client_max_body_size 1000;",
            "client_max_body_size 1048576;",
            "client_max_body_size 2000;",
            "client_max_body_size 2000;",
        ]);
        expect(location(text, "^~ /up/")).toContain("client_max_body_size 2000;");
    });

    test("R78, R79: zones per client address; one more than allowed is answered 429", () => {
        const text = config();
        expect(text.match(/limit_req_zone .*;/g)).toEqual([
            "limit_req_zone $binary_remote_addr zone=health:10m rate=100r/s;",
            "limit_req_zone $binary_remote_addr zone=api:10m rate=10r/s;",
            "limit_req_zone $binary_remote_addr zone=login:10m rate=5r/m;",
        ]);
        expect(text).toContain("limit_req_status 429;");
        expect(location(text, "= /api/token")[1]).toBe("limit_req zone=login burst=3 nodelay;");
        expect(location(text, "= /api/health")[1]).toBe("limit_req zone=health burst=200 nodelay;");
        expect(location(text, "^~ /").filter((line) => line.startsWith("limit_req"))).toEqual([]);
    });

    test("R82: headers stand at the server's level, once, and in no location", () => {
        const [secure = []] = servers(config()).slice(3);
        const text = config();
        expect(text.match(/add_header/g)).toHaveLength(8);
        expect(secure.filter((line) => line.startsWith("add_header"))).toEqual([
            'add_header Strict-Transport-Security "max-age=31536000; includeSubDomains" always;',
            "add_header X-Content-Type-Options nosniff always;",
            "add_header X-Frame-Options DENY always;",
            'add_header X-XSS-Protection "1; mode=block" always;',
            "add_header Referrer-Policy strict-origin-when-cross-origin always;",
            "add_header X-Quai-Release $shown_release always;",
            "add_header Cache-Control $cache;",
            "add_header Retry-After $retry_after always;",
        ]);
        expect(
            blocks(text, /^location /)
                .flat()
                .filter((line) => line.startsWith("add_header")),
        ).toEqual([]);
    });

    test.each([
        [{ maxAge: 86400, includeSubdomains: false, preload: false }, "max-age=86400"],
        [{ maxAge: 31536000, includeSubdomains: true, preload: true }, "max-age=31536000; includeSubDomains; preload"],
        [{ maxAge: 0, includeSubdomains: true, preload: false }, undefined],
    ])("R82: HSTS %j", (hsts, expected) => {
        expect(/add_header Strict-Transport-Security "(.*)" always;/.exec(config({ hsts }))?.[1]).toBe(expected);
    });

    test("R83: scripts below a folder of uploads are refused, before anything else there", () => {
        const text = config({ routes: [{ path: "/media/", to: { files: filesNamed("media") }, deny: [".php", ".py"] }] });
        expect(text).toContain("location ~* ^/media/.*\\.(php|py)$ { return 403; }");
        // A prefix location marked ^~ would win over the expression.
        expect(location(text, "/media/")).toEqual(["location /media/ {", "alias /srv/files/media/;", "}"]);
    });

    test("R84: a route's cache replaces the service's", () => {
        const text = config({
            routes: [{ path: "/media/", to: { files: filesNamed("media"), folder: "public" }, cache: { seconds: 3600 } }, ...BASE.routes],
        });
        expect(location(text, "^~ /media/")).toEqual([
            "location ^~ /media/ {",
            'set $cache "public, max-age=3600";',
            "alias /srv/files/media/public/;",
            "}",
        ]);
        expect(location(text, "^~ /assets/")).toEqual(
            expect.arrayContaining(['set $cache "public, max-age=31536000, immutable";', "proxy_hide_header Cache-Control;"]),
        );
        expect(location(text, "^~ /api/")).not.toContain("proxy_hide_header Cache-Control;");
    });

    test("R85: JSON, CSS, JavaScript, SVG and fonts are compressed, unless told otherwise", () => {
        const types = /gzip_types (.*);/.exec(config())?.[1]?.split(" ");
        expect(types).toEqual(
            expect.arrayContaining([
                "application/json",
                "text/css",
                "application/javascript",
                "text/javascript",
                "image/svg+xml",
                "font/ttf",
            ]),
        );
        expect(types).not.toContain("font/woff2");
        expect(config({ compression: false })).not.toContain("gzip");
    });

    test("R68: TLS 1.2 and 1.3 with the guides' suites, session cache of 10m for 10 minutes", () => {
        expect(
            config()
                .match(/^ +ssl_\w+ .*;/gm)
                ?.map((line) => line.trim()),
        ).toEqual([
            "ssl_protocols TLSv1.2 TLSv1.3;",
            "ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384;",
            "ssl_prefer_server_ciphers off;",
            "ssl_session_cache shared:tls:10m;",
            "ssl_session_timeout 10m;",
            "ssl_session_tickets off;",
            "ssl_certificate certificate.pem;",
            "ssl_certificate_key key.pem;",
            "ssl_reject_handshake on;",
        ]);
    });

    test("logs hold no query string: it may hold a token", () => {
        expect(config()).toContain('"path":"$uri"');
        expect(/log_format[^;]*;/.exec(config())?.[0]).not.toMatch(/\$request_uri|\$args|\$query_string|\$request\b|referer|cookie/);
    });
});

test("R64, R69: an ACME server's challenges are answered over http, everything else is redirected", () => {
    const redirects = (change: Parameters<typeof resolveProxy>[0]) => blocks(nginxConfig(resolveProxy(change), "v"), /^server \{/)[2];
    expect(redirects({ ...BASE, tls: { mode: "acme" } })).toContain(
        "location ^~ /.well-known/acme-challenge/ { root /etc/quai-acme/challenges; default_type text/plain; }",
    );
    expect(redirects(BASE)?.join()).not.toContain("acme");
});
