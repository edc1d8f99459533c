/** Compose files of the shapes that public repositories have, in our own words, with the files beside them; compose.prod.yml is one to merge. */
export interface Example {
    readonly compose: string;
    readonly files?: Readonly<Record<string, string>>;
}

const DB =
    "db: { image: 'postgres:16-alpine', environment: { POSTGRES_DB: app, POSTGRES_USER: app, POSTGRES_PASSWORD: 'pw-0123456789' }, volumes: ['pg:/var/lib/postgresql/data'] }";
const REDIS = "redis: { image: 'redis:7-alpine', command: redis-server --maxmemory 256mb --maxmemory-policy allkeys-lru }";

export const examples: Readonly<Record<string, Example>> = {
    "django behind nginx, entrypoint in the image": {
        compose: `
services:
  web:
    build: ./app
    command: gunicorn hello.wsgi:application --bind 0.0.0.0:8000
    volumes: ['static_volume:/home/app/web/staticfiles', 'media_volume:/home/app/web/mediafiles']
    expose: [8000]
    env_file: ./.env.prod
    depends_on: [db]
  ${DB}
  nginx: { build: ./nginx, volumes: ['static_volume:/home/app/web/staticfiles'], ports: ['1337:80'], depends_on: [web] }
volumes: { pg: , static_volume: , media_volume: }`,
        files: {
            ".env.prod":
                "SECRET_KEY=abc\nDEBUG=0\nSQL_HOST=db\nSQL_PORT=5432\nSQL_USER=app\nSQL_PASSWORD=pw-0123456789\nSQL_DATABASE=app\n",
            "nginx/nginx.conf":
                "upstream hello { server web:8000; }\nserver { listen 80; location / { proxy_pass http://hello; } location /static/ { alias /home/app/web/staticfiles/; } }",
        },
    },
    "django, celery, beat, redis, mounted nginx configuration": {
        compose: `
x-app: &app
  build: .
  environment: { DATABASE_URL: 'postgres://app:pw-0123456789@db:5432/app', CELERY_BROKER_URL: 'redis://redis:6379/0', DJANGO_SECRET_KEY: dev }
  depends_on: { db: { condition: service_healthy }, redis: { condition: service_started } }
services:
  backend: { <<: *app, command: gunicorn core.wsgi, expose: ['8000'], restart: always }
  celery_worker: { <<: *app, command: celery -A core worker, restart: always }
  celery_beat: { <<: *app, command: celery -A core beat, restart: always }
  ${DB}
  ${REDIS}
  nginx: { image: 'nginx:alpine', ports: ['80:80', '443:443'], volumes: ['./nginx.conf:/etc/nginx/nginx.conf:ro'] }
  certbot: { image: certbot/certbot }`,
        files: {
            "nginx.conf":
                "http { server { location /api/ { proxy_pass http://backend:8000; } location = /health/ { proxy_pass http://backend:8000; } } }",
        },
    },
    "fastapi, traefik labels, prestart job": {
        compose: `
services:
  ${DB}
  prestart: { image: 'backend:1.0', command: bash scripts/prestart.sh, depends_on: { db: { condition: service_healthy } }, environment: [POSTGRES_SERVER=db, POSTGRES_PASSWORD=pw-0123456789] }
  backend:
    image: backend:1.0
    command: [fastapi, run, --workers, '4', app/main.py]
    depends_on: { prestart: { condition: service_completed_successfully } }
    environment: [DOMAIN=example.org, 'FRONTEND_HOST=https://dashboard.example.org', SECRET_KEY=changethis, FIRST_SUPERUSER_PASSWORD=changethis, SMTP_PASSWORD, POSTGRES_SERVER=db, POSTGRES_PASSWORD=pw-0123456789]
    healthcheck: { test: [CMD, curl, -f, 'http://localhost:8000/api/v1/utils/health-check/'], interval: 10s, timeout: 5s, retries: 5 }
    labels:
      - traefik.enable=true
      - traefik.http.services.b.loadbalancer.server.port=8000
      - traefik.http.routers.b-http.rule=Host(\`api.example.org\`)
      - traefik.http.routers.b-http.entrypoints=http
      - traefik.http.routers.b.rule=Host(\`api.example.org\`)
      - traefik.http.routers.b.entrypoints=https
  frontend:
    image: frontend:1.0
    labels: { traefik.http.services.f.loadbalancer.server.port: 80, traefik.http.routers.f.rule: 'Host(\`dashboard.example.org\`)' }
  adminer: { image: adminer }`,
    },
    "host and path by traefik, slug default": {
        compose: `
services:
  backend:
    image: registry.example.org/backend:\${TAG:-1.0.0}
    command: gunicorn config.wsgi
    user: '10001'
    labels:
      traefik.http.routers.api.rule: 'Host(\`\${APP_HOST}\`) && (PathPrefix(\`/api\`) || PathPrefix(\`/admin\`))'
      traefik.http.services.api.loadbalancer.server.port: '8000'
  frontend:
    image: frontend:1
    labels: { traefik.http.routers.front.rule: 'Host(\`\${APP_HOST}\`)', traefik.http.services.front.loadbalancer.server.port: '80' }
  traefik: { image: 'traefik:v3', ports: ['443:443'], volumes: ['/var/run/docker.sock:/var/run/docker.sock'] }`,
        files: { ".env": "APP_HOST=mdp.example.org\n" },
    },
    "nest, next, prisma, redis with a password": {
        compose: `
services:
  postgres: { image: 'postgres:18-alpine', environment: { POSTGRES_DB: orchestr_a_prod, POSTGRES_USER: postgres, POSTGRES_PASSWORD: '\${DATABASE_PASSWORD}' } }
  redis: { image: 'redis:7.4-alpine', command: 'redis-server --requirepass \${REDIS_PASSWORD} --maxmemory 256mb --maxmemory-policy allkeys-lru --appendonly yes' }
  api:
    image: api:1
    command: node dist/main.js
    user: '1001:1001'
    environment:
      DATABASE_URL: 'postgresql://postgres:\${DATABASE_PASSWORD}@postgres:5432/orchestr_a_prod?schema=public'
      REDIS_HOST: redis
      REDIS_PASSWORD: '\${REDIS_PASSWORD}'
      JWT_SECRET: '\${JWT_SECRET:?required}'
      CORS_ORIGIN: https://orchestra.example.org
    ports: ['4000:4000']
    healthcheck: { test: ['CMD-SHELL', 'wget -qO- http://localhost:4000/api/health || exit 1'], start_period: 1m30s }
    volumes: ['uploads:/app/uploads']
    logging: { driver: json-file, options: { max-size: 50m, max-file: '5' } }
    deploy: { resources: { limits: { memory: 1G, cpus: '1.5' } } }
    stop_grace_period: 45s
  web: { image: 'web:1', command: node server.js, user: '1001', ports: ['3000:3000'], depends_on: { api: { condition: service_healthy } } }
volumes: { uploads: }`,
        files: { ".env": "DATABASE_PASSWORD=db-secret-0123\nREDIS_PASSWORD=redis-secret-0123\nJWT_SECRET=jwt-secret-0123\n" },
    },
    "express with socket.io and sqlite": {
        compose: `
services:
  backend: { image: 'bot:1', command: node server.js, user: '1000', ports: ['3001:3001'], volumes: ['./data:/app/data'], environment: { PORT: 3001, OPENAI_API_KEY: '\${OPENAI_API_KEY}' } }
  frontend: { image: 'front:1', user: '101', ports: ['8080:8080'] }`,
    },
    "rails with sidekiq": {
        compose: `
services:
  web: { image: 'shop:1', command: bundle exec puma, user: '1000', ports: ['3000:3000'], environment: { RAILS_ENV: production, SECRET_KEY_BASE: x, DATABASE_URL: 'postgres://app:pw-0123456789@db/app' } }
  sidekiq: { image: 'shop:1', command: bundle exec sidekiq, user: '1000', environment: { REDIS_URL: 'redis://redis:6379/1' }, restart: always }
  migrate: { image: 'shop:1', command: bin/rails db:migrate, user: '1000', restart: 'no', environment: { DATABASE_URL: 'postgres://app:pw-0123456789@db/app' } }
  ${DB}
  ${REDIS}`,
    },
    "laravel with horizon and a scheduler": {
        compose: `
services:
  app: { image: 'laravel:1', command: php artisan octane:start --host=0.0.0.0, user: '33', ports: ['8000:8000'], environment: { APP_KEY: 'base64:xyz', DB_HOST: db, DB_PASSWORD: pw-0123456789, REDIS_HOST: redis } }
  horizon: { image: 'laravel:1', command: php artisan horizon, user: '33' }
  scheduler: { image: 'laravel:1', command: php artisan schedule:work, user: '33' }
  ${DB}
  ${REDIS}`,
    },
    "go service alone": {
        compose: "services: { api: { image: 'go:1', user: '65532', ports: ['8080:8080'], read_only: true, tmpfs: ['/tmp', '/run'] } }",
    },
    "several names by nginx-proxy": {
        compose: `
services:
  site: { image: 'site:1', user: '1000', expose: [3000], environment: { VIRTUAL_HOST: 'example.org,www.example.org', LETSENCRYPT_HOST: example.org } }
  blog: { image: 'blog:1', user: '1000', expose: [2368], environment: { VIRTUAL_HOST: blog.example.org, VIRTUAL_PORT: '2368' } }
  nginx-proxy: { image: nginxproxy/nginx-proxy, ports: ['80:80'] }
  acme: { image: nginxproxy/acme-companion }`,
    },
    "mysql and rabbitmq, which stay where they are": {
        compose: `
services:
  web: { image: 'web:1', command: run, user: '1000', ports: ['80:8080'], environment: { MYSQL_PASSWORD: hunter2hunter2, AMQP_URL: 'amqp://u:p@rabbit:5672/' } }
  mysql: { image: 'mysql:8' }
  rabbit: { image: 'rabbitmq:3-management' }`,
    },
    "backups, updates and tools around": {
        compose: `
services:
  app: { image: 'app:1', user: '1000', ports: ['8000:8000'] }
  ${DB}
  dumps: { image: prodrigestivill/postgres-backup-local }
  watchtower: { image: containrrr/watchtower }
  pgadmin: { image: dpage/pgadmin4 }
  grafana: { image: grafana/grafana }`,
    },
    "rights that nothing gets here": {
        compose: `
services:
  app: { image: 'app:1', user: root, privileged: true, cap_add: [NET_ADMIN], network_mode: host, extra_hosts: ['a:1.2.3.4'], ports: ['8000:8000'], volumes: ['/var/run/docker.sock:/var/run/docker.sock', './app.ini:/etc/app.ini'] }`,
    },
    profiles: {
        compose: `
services:
  app: { image: 'app:1', user: '1000', ports: ['8000:8000'], profiles: [web] }
  debug: { image: 'debug:1', profiles: [debug] }`,
        files: { ".env": "COMPOSE_PROFILES=web,worker\n" },
    },
    "shell commands and quotes": {
        compose: `
services:
  app: { image: 'app:1', user: '1000', ports: ['8000:8000'], command: 'sh -c "migrate && exec serve --name ''my app''"' }
  worker: { image: 'app:1', user: '1000', command: "serve --name 'two words' --flag" }`,
    },
    "images by variables without a value": {
        compose:
            "services: { app: { image: 'registry.example.org/app:${TAG}', user: '1000', ports: ['8000:8000'], environment: { LEVEL: '${LEVEL}' } } }",
    },
    "a base and what production changes": {
        compose: `
services:
  web:
    build: .
    command: serve --reload
    ports: ['3000:3000']
    environment: [LEVEL=debug, 'DATABASE_URL=postgres://app:pw-0123456789@db/app']
    volumes: ['data:/data', 'uploads:/srv/uploads']
    depends_on: [db]
  ${DB}
volumes: { pg: , data: , uploads: , large: }`,
        files: {
            "compose.prod.yml": `
services:
  web:
    build: { args: { MODE: production } }
    command: [serve]
    user: '1000'
    environment: { LEVEL: info }
    expose: [3000]
    volumes: ['large:/srv/uploads']
    depends_on: { db: { condition: service_healthy } }`,
        },
    },
    "services that extend others, and anchors": {
        compose: `
x-limits: &limits { mem_limit: 512m, restart: unless-stopped, logging: { options: { max-size: 10m } } }
services:
  web: { <<: *limits, extends: { file: common.yml, service: base }, ports: ['8000:8000'], environment: { PORT: '8000' } }
  worker: { extends: { file: common.yml, service: worker }, command: work --queue default }`,
        files: {
            "common.yml":
                "services: { base: { image: 'app:1', command: serve, user: '1000', environment: { LEVEL: info } }, worker: { extends: base, command: work, stop_grace_period: 1m } }",
        },
    },
    "an env file that uses itself": {
        compose: `
services:
  app:
    build: { context: ., args: { DATABASE_URL: '\${DATABASE_URL}', SITE: '\${SITE}' } }
    command: start
    user: '1000'
    ports: ['3000:3000']
    environment: { DATABASE_URL: '\${DATABASE_URL}', PUBLIC_URL: '\${PUBLIC_URL}', PRICE: '\${PRICE}' }
  ${DB}`,
        // In this order: what is used stands after what uses it.
        files: {
            ".env": "DATABASE_URL=postgres://${DB_USER}:${DB_PASSWORD}@db:5432/app\nDB_USER=app\nDB_PASSWORD=pw-0123456789\nPUBLIC_URL=${SITE}/app\nSITE=https://shop.example.org\nPRICE='$5 ${SITE}'\n",
        },
    },
    "names that only look like those of servers": {
        compose: `
services:
  keys: { image: 'vaultwarden/server:1', user: '1000', expose: [80], volumes: ['keys:/data'] }
  vectors: { image: 'acme/vectorize:2', user: '1000', command: run, expose: [8000] }`,
    },
    "a port by the name of its variable": {
        compose: `
services:
  backend: { build: ./flask, command: flask run, user: '1000', environment: [FLASK_SERVER_PORT=9091, DB_SERVER_PORT=5432], stop_signal: SIGINT }
  proxy: { image: nginx, ports: ['80:80'], volumes: ['./nginx.conf:/etc/nginx/nginx.conf'] }`,
    },
    "a matrix server with its own rights": {
        compose: `
services:
  app: { image: 'app:1', user: '991:991', expose: [8008], sysctls: { net.core.somaxconn: 1024 }, ulimits: { nofile: 65536 }, configs: [app], secrets: [token], environment: { TOKEN_FILE: /run/secrets/token } }
secrets: { token: { file: ./token } }
configs: { app: { content: x } }`,
    },
    "servers that let everybody in, an exporter of documents, and a catcher of mails": {
        compose: `
services:
  web: { image: 'board:1', user: '1000', command: serve, env_file: .env, ports: ['3000:3000'], volumes: ['./files:/srv/files'] }
  worker: { image: 'board:1', user: '1000', command: work, env_file: .env, volumes: ['./files:/srv/files'] }
  board-exporter: { image: 'board/exporter:1', user: '1000', environment: { BOARD_URL: 'http://web:3000' } }
  metrics: { image: 'prom/node-exporter:1' }
  mails: { image: 'sj26/mailcatcher:1', ports: ['1080:1080'] }
  db: { image: 'pgvector/pgvector:pg16', environment: [POSTGRES_HOST_AUTH_METHOD=trust] }
  redis: { image: 'redis:7' }`,
        files: {
            ".env": "DB_HOST=db\nDB_USER=board\nDB_NAME=board_production\nDB_PASS=\nBOARD_REDIS__HOST=redis\nSMTP_HOST=mails\nPUBLIC_URL=http://localhost:3000\n",
        },
    },
    "one build for three, and volumes with conditions": {
        compose: `
services:
  migrate: { build: ., command: migrate up, user: '1000', restart: 'no' }
  web: { build: { context: ., dockerfile: Dockerfile }, image: 'shop-app', command: serve, user: '1000', ports: ['8000:8000'], volumes: ['media:/srv/media:nocopy', 'static:/srv/static'] }
  worker: { image: 'shop-app', command: work, user: '1000', volumes: [{ type: volume, source: media, target: /srv/thumbs, volume: { subpath: thumbs } }] }
  docs: { build: { context: ., args: { SITE: docs } }, user: '1000', expose: [8080] }
  front: { image: 'nginx:1', ports: ['80:80'], volumes: ['static:/srv:ro', 'media:/media:ro'] }
  db: { image: 'postgres:16', ports: ['127.0.0.1:5433:5432'] }
  redis: { image: 'redis:7', ports: [{ target: 6379, published: 6380 }] }
volumes: { media: , static: }`,
        files: { Dockerfile: 'FROM scratch\nUSER 1000\nCMD ["serve"]\n' },
    },
};
