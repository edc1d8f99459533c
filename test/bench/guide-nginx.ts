/** What the proxy is measured against: nginx as deployment guides write it, and a service that costs next to nothing. */

/**
 * A guide's configuration: TLS 1.2 and 1.3 with four GCM suites, session cache, HTTP/2, one rate limit zone, the usual headers, an
 * upstream, the usual access log. `toService`: the protocol that the nginx of its time speaks to services by itself. Its limit is raised as ours is; folders and pid are where an unprivileged process may write.
 */
export function guideConfig(host: string, port: number, toService: "1.0" | "1.1"): string {
    const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((kind) => `    ${kind}_temp_path /tmp/${kind};`).join("\n");
    return `worker_processes auto;
pid /tmp/nginx.pid;
error_log /dev/stderr warn;
events { worker_connections 1024; }
http {
    include /etc/nginx/mime.types;
${temporary}
    sendfile on;
    log_format main '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" "$http_x_forwarded_for"';
    access_log /dev/stdout main;
    limit_req_zone $binary_remote_addr zone=api:10m rate=1000000r/s;
    limit_req_zone $binary_remote_addr zone=login:10m rate=1000000r/s;
    upstream backend { server service:8080; }
    server {
        listen ${port} ssl http2;
        server_name ${host};
        ssl_certificate certificate.pem;
        ssl_certificate_key key.pem;
        ssl_protocols TLSv1.2 TLSv1.3;
        ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384;
        ssl_session_cache shared:SSL:10m;
        ssl_session_timeout 10m;
        client_max_body_size 50M;
        add_header Strict-Transport-Security "max-age=31536000; includeSubDomains" always;
        add_header X-Frame-Options "DENY" always;
        add_header X-Content-Type-Options "nosniff" always;
        add_header X-XSS-Protection "1; mode=block" always;
        location /api/ {
            limit_req zone=api burst=10000 nodelay;
            proxy_pass http://backend;
            proxy_http_version ${toService};
            proxy_set_header Connection "${toService === "1.0" ? "close" : ""}";
            proxy_set_header Host $host;
            proxy_set_header X-Real-IP $remote_addr;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_connect_timeout 60s;
            proxy_send_timeout 60s;
            proxy_read_timeout 60s;
        }
        location / { proxy_pass http://backend; }
    }
}
`;
}

/** Answers everything with a kilobyte of JSON, from memory. */
export function serviceConfig(): string {
    const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((kind) => `    ${kind}_temp_path /tmp/${kind};`).join("\n");
    return `worker_processes auto;
pid /tmp/nginx.pid;
error_log /dev/stderr warn;
events { worker_connections 4096; }
http {
${temporary}
    access_log off;
    keepalive_requests 1000000;
    server {
        listen 8080;
        default_type application/json;
        location / { return 200 '{"text":"${"x".repeat(1010)}"}'; }
    }
}
`;
}
