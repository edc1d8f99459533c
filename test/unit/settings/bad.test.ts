import { problems, type Raw } from "./base";

/** One change to a stack file with nothing wrong in it, and the one line that it must give. */
const BAD: readonly (readonly [Raw, string])[] = [
    // What is deployed, where
    [{ application: undefined }, "quai:application: is required: custom, or the name of a file of stacks/ without its ending"],
    [{ application: "viatiqe" }, 'quai:application: there is no such application; did you mean viatique? (got "viatiqe")'],
    [{ application: "chat" }, 'quai:application: there is no such application; known: demo, viatique (got "chat")'],
    [
        { application: "stacks/demo.ts" },
        'quai:application: must be custom, or the name of a file of stacks/ without its ending (got "stacks/demo.ts")',
    ],
    [{ environment: undefined }, "quai:environment: is required: development, staging or production"],
    [{ environment: "prod" }, 'quai:environment: must be development, staging or production (got "prod")'],
    [{ environment: "stagging" }, 'quai:environment: must be development, staging or production; did you mean staging? (got "stagging")'],
    [{ target: {} }, "quai:target.kind: is required: docker or aws"],
    [{ target: { kind: "kubernetes" } }, 'quai:target.kind: must be docker or aws (got "kubernetes")'],
    [
        { target: { kind: "docker", belongs: [9100] } },
        "quai:target.belongs[0]: must be a port such as 9100/tcp, a unit such as node_exporter.service, or the path of a file (got 9100)",
    ],
    [{ target: "docker" }, 'quai:target: must be a mapping (got "docker")'],
    [{ target: { kind: "aws" } }, "quai:target.region: is required: a region such as eu-west-3"],
    [{ target: { kind: "aws", region: "Paris" } }, 'quai:target.region: must be a region such as eu-west-3 (got "Paris")'],
    ...(
        [
            [
                { aurora: { least: 4, most: 2 } },
                "quai:target.aurora: must be halves or whole units, 0.5 or more, and least not above most (got a mapping)",
            ],
            [
                { scaleOn: { api: { requests: 500 } } },
                "quai:target.scaleOn.api: has no use without quai:target.scaleTo.api: the most tasks that there may be",
            ],
            [
                { scaleTo: { api: 4 }, scaleOn: { api: { queue: { namespace: "AWS/SQS", metric: "Length", each: 5 } } } },
                `quai:target.scaleOn.api.queue.namespace: must be the namespace of a metric, not one of AWS's own (got "AWS/SQS")`,
            ],
            [{ sites: { web: "./dist" } }, "quai:target.sites: needs quai:target.cdn: true: CloudFront is what reads a site's files"],
            [{ throughput: { uploads: 5000 } }, "quai:target.throughput.uploads: must be a whole number from 1 to 3072 (got 5000)"],
            [{ account: { trail: true } }, "quai:target.account.trail: must be none, create or existing (got true)"],
            [{ zones: 4 }, "quai:target.zones: must be a whole number from 2 to 3 (got 4)"],
            [{ cidr: "10.0.0.0/8" }, 'quai:target.cidr: must be an IPv4 block of /16 to /24 such as 10.0.0.0/16 (got "10.0.0.0/8")'],
            [
                { nat: "none" },
                'quai:target.nat: leaves containers no way to their images: set quai:target.endpoints: true, or nat: one (got "none")',
            ],
            [
                { vpc: { id: "vpc-1", public: ["subnet-1", "subnet-2"], private: ["subnet-3", "subnet-4"], isolated: ["subnet-5"] } },
                "quai:target.vpc.isolated: needs a subnet in each of at least two zones",
            ],
            [
                {
                    endpoints: true,
                    vpc: {
                        id: "vpc-1",
                        public: ["subnet-1", "subnet-2"],
                        private: ["subnet-3", "subnet-4"],
                        isolated: ["subnet-5", "subnet-6"],
                    },
                },
                "quai:target.endpoints: makes ways in a network of the stack's own; in an existing one (quai:target.vpc) they are its owner's to make (got true)",
            ],
            [
                { storedKey: "alias/mine" },
                'quai:target.storedKey: must be the ARN of a key such as arn:aws:kms:eu-west-3:123456789012:key/0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f (got "alias/mine")',
            ],
            [{ monthlyBudget: 100 }, "quai:target.alarmEmail: is required with quai:target.monthlyBudget: the address that is told"],
            [{ backupCopy: "eu-west-3" }, 'quai:target.backupCopy: must be another region than quai:target.region (got "eu-west-3")'],
            [{ logDays: 45 }, "quai:target.logDays: must be 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545 or 731 (got 45)"],
        ] as const
    ).map(([more, message]): [Raw, string] => [{ target: { kind: "aws", region: "eu-west-3", ...more } }, message]),
    [{ target: { kind: "aws", region: "eu-west-3", accountId: 123 } }, "quai:target.accountId: must be 12 digits, in quotes (got 123)"],
    [
        { target: { kind: "docker", region: "eu-west-3" } },
        "quai:target.region: unknown setting; known here: kind, host, hostKey, identityFile, belongs",
    ],
    [{ host: { keepImages: 0 } }, "quai:host.keepImages: must be a whole number from 1 to 1000 (got 0)"],
    [{ host: { rootLogin: "no" } }, 'quai:host.rootLogin: must be true or false (got "no")'],
    [
        { host: {}, target: { kind: "docker" } },
        "quai:host: has no use without quai:target.host: only another machine is prepared; add that or remove this",
    ],
    [
        { host: {}, target: { kind: "docker", host: "ssh://root@192.168.7.9", hostKey: `ssh-ed25519 ${"A".repeat(68)}` } },
        'quai:target.host: must name a user of its own with quai:host, such as ssh://deploy@…: it\'s made there, and until then quai:host.firstUser logs in (got "…@192.168.7.9")',
    ],
    [
        { host: { authorizedKeys: ["AAAA"] } },
        'quai:host.authorizedKeys[0]: must be a line of authorized_keys such as ssh-ed25519 AAAA… (got "AAAA")',
    ],
    [{ host: { docker: { packages: "snap" } } }, 'quai:host.docker.packages: must be official or distribution (got "snap")'],
    [{ host: { firewall: { open: [8080] } } }, "quai:host.firewall.open[0]: must be a port with its protocol such as 51820/udp (got 8080)"],
    [{ host: { firewall: { metadata: "yes" } } }, 'quai:host.firewall.metadata: must be true or false (got "yes")'],
    [{ host: { firewall: true } }, "quai:host.firewall: must be a mapping, or false (got true)"],
    [{ host: { rebootAt: "4:00" } }, 'quai:host.rebootAt: must be a time of day such as 04:00, in quotes (got "4:00")'],
    [
        { host: { port: 22 } },
        "quai:host.port: unknown setting; known here: firstUser, authorizedKeys, rootLogin, hostname, docker, firewall, swap, fail2ban, rebootAt, keepImages, minimum",
    ],
    [
        { target: { kind: "docker", host: "ssh://deploy@192.168.7.9:2222" } },
        "quai:target.hostKey: is required with quai:target.host: `ssh-keyscan -t ed25519 -p 2222 192.168.7.9` prints it; compare it on the machine's console",
    ],
    [
        { target: { kind: "docker", identityFile: "~/.ssh/deploy" } },
        'quai:target.identityFile: has no use without quai:target.host; add that or remove this (got "~/.ssh/deploy")',
    ],
    [
        { target: { kind: "docker", host: "deploy@192.168.7.9", hostKey: `ssh-ed25519 ${"A".repeat(68)}` } },
        'quai:target.host: must be an address such as ssh://deploy@203.0.113.7 or ssh://deploy@host:2222 (got "deploy@192.168.7.9")',
    ],
    [
        { target: { kind: "docker", host: "ssh://192.168.7.9", hostKey: `ssh-ed25519 ${"A".repeat(68)}` } },
        'quai:target.host: must name the user to log in as, such as ssh://deploy@203.0.113.7 (got "ssh://192.168.7.9")',
    ],
    [
        { target: { kind: "docker", host: "ssh://deploy:hunter2@192.168.7.9", hostKey: `ssh-ed25519 ${"A".repeat(68)}` } },
        'quai:target.host: must not carry a password: log in with a key (identityFile, or the SSH agent) (got "ssh://…@192.168.7.9")',
    ],
    [
        { target: { kind: "docker", host: "ssh://deploy@192.168.7.9", hostKey: "192.168.7.9 ssh-ed25519 AAAA" } },
        'quai:target.hostKey: must be a key alone, without the host before it, such as ssh-ed25519 AAAA… (got "192.168.7.9 ssh-ed25519 AAAA")',
    ],
    [
        { target: { kind: "docker", host: "ssh://deploy@192.168.7.9", hostKey: "SHA256:abc" } },
        'quai:target.hostKey: must be one line of ssh-keyscan without the host, such as ssh-ed25519 AAAA… (got "SHA256:abc")',
    ],
    // Names and certificates
    [{ domain: undefined }, "quai:domain: is required in production: a host name such as app.example.com"],
    [{ domain: "https://app.quay.eu" }, 'quai:domain: must be a host name, without https:// (got "https://app.quay.eu")'],
    [{ domain: "app.quay.eu/shop" }, 'quai:domain: must be a host name, without a path (got "app.quay.eu/shop")'],
    [
        { domain: "app.quay.eu:8443" },
        'quai:domain: must be a host name, without a port (ports are set by quai:ports) (got "app.quay.eu:8443")',
    ],
    [{ domain: "192.168.7.9" }, 'quai:domain: must be a host name, not an IP address (got "192.168.7.9")'],
    [{ domain: "App.quay.eu" }, 'quai:domain: must be a host name in lower case (got "App.quay.eu")'],
    [{ domain: "app_1.quay.eu" }, 'quai:domain: must be a host name in lower case (got "app_1.quay.eu")'],
    [{ domain: "" }, "quai:domain: has no value; write one, or remove the line"],
    [
        { domain: "app.corp" },
        `quai:domain: must be a public name for Let's Encrypt (quai:tls.mode: acme); use mode local or files for a private one (got "app.corp")`,
    ],
    [{ aliases: "www.quay.eu" }, 'quai:aliases: must be a list (got "www.quay.eu")'],
    [
        { aliases: ["www.quay.eu", "*.quay.eu"] },
        'quai:aliases[1]: must be a host name, without * (list each name under quai:aliases) (got "*.quay.eu")',
    ],
    [{ aliases: ["www.quay.eu", "www.quay.eu"] }, 'quai:aliases[1]: is in the list twice; remove one (got "www.quay.eu")'],
    [{ aliases: ["app.quay.eu"] }, 'quai:aliases[0]: is the main name already (quai:domain); remove it (got "app.quay.eu")'],
    [{ tls: { mode: "letsencrypt" } }, 'quai:tls.mode: must be local, acme or files (got "letsencrypt")'],
    [{ tls: { mode: "acme" } }, "quai:tls.email: is required with mode acme: the address that is warned before the certificate ends"],
    [{ tls: undefined }, "quai:tls.email: is required with mode acme: the address that is warned before the certificate ends"],
    [{ tls: { email: "ops" } }, 'quai:tls.email: must be an e-mail address (got "ops")'],
    [
        { tls: { email: "ops@quay.eu", domains: ["a.eu"] } },
        "quai:tls.domains: unknown setting; known here: mode, email, server, authority, certificate, key",
    ],
    [{ tls: { mode: "files", certificate: "a.crt" } }, "quai:tls.key: is required with mode files: the path of a PEM file"],
    [
        { tls: { email: "ops@quay.eu", key: "a.key" } },
        'quai:tls.key: has no use with mode acme; remove it, or set quai:tls.mode: files (got "a.key")',
    ],
    [
        { tls: { mode: "files", certificate: "a", key: "-----BEGIN PRIVATE KEY-----\nMIIE\n" } },
        "quai:tls.key: must be the path of a private key (PEM) (got the text of a key or certificate)",
    ],
    [
        { tls: { email: "ops@quay.eu", server: "acme.quay.eu" } },
        'quai:tls.server: must be the https:// address of an ACME directory (got "acme.quay.eu")',
    ],
    [
        { target: { kind: "aws", region: "eu-west-3" }, tls: { mode: "local" } },
        'quai:tls.mode: must be acme or files on AWS: a certificate authority of our own is for a Docker host (got "local")',
    ],
    [{ ports: { http: 0 } }, "quai:ports.http: must be a whole number from 1 to 65535 (got 0)"],
    [{ ports: { https: "443/tcp" } }, 'quai:ports.https: must be a whole number from 1 to 65535 (got "443/tcp")'],
    [{ ports: { http: 8080, https: 8080 } }, "quai:ports.https: must differ from the http port (got 8080)"],
    [{ ports: { http: 443 } }, "quai:ports.http: must differ from the https port (got 443)"],
    [{ ports: { address: "localhost" } }, 'quai:ports.address: must be an IP address such as 127.0.0.1 (got "localhost")'],
    // Images and services
    [
        { images: { api: "https://ghcr.io/quay/api" } },
        'quai:images.api: must be an image reference, without https:// (got "https://ghcr.io/quay/api")',
    ],
    [
        { images: { api: "quay/Api:1" } },
        'quai:images.api: must be an image reference such as registry.example.com/name:tag@sha256:…, or a mapping with build: <folder> (got "quay/Api:1")',
    ],
    [{ images: { api: { build: "api", arg: {} } } }, "quai:images.api.arg: unknown setting; did you mean args?"],
    [
        { images: { api: { build: "api", args: { "VITE-URL": "x" } } } },
        "quai:images.api.args.VITE-URL: is no good as a name here: must be letters, digits and underscores, such as LOG_LEVEL",
    ],
    [
        { images: { Api: "quay/api" } },
        "quai:images.Api: is no good as a name here: must be lower-case letters, digits and hyphens, such as celery-worker",
    ],
    [
        { imageMirror: "https://mirror.quay.eu" },
        'quai:imageMirror: must be the prefix of a mirror such as mirror.example.com/dockerhub, without https:// and without / at the end, or a mapping (got "https://mirror.quay.eu")',
    ],
    [
        { imageMirror: { "postgres:17": "A B" } },
        'quai:imageMirror["postgres:17"]: must be an image reference such as registry.example.com/name:tag@sha256:… (got "A B")',
    ],
    [
        { registries: { "ghcr.io": { username: "quay", passwordSecret: "ghcrPassword" } } },
        'quai:registries["ghcr.io"].passwordSecret: names no entry of quai:secrets (there: smtpPassword); add it with `./quai secrets set <name> --stack prod` (value not shown)',
    ],
    [
        { registries: { "https://ghcr.io": { username: "quay", passwordSecret: "smtpPassword" } } },
        'quai:registries["https://ghcr.io"]: is no good as a name here: must be a registry\'s host, with its port if it has one, without https://',
    ],
    [
        { services: { api: { replicas: 0 } } },
        "quai:services.api.replicas: must be a whole number from 1 to 100; to stop the whole application, set quai:running: false (got 0)",
    ],
    [{ services: { api: { cpus: "half" } } }, 'quai:services.api.cpus: must be a number greater than 0, at most 256 (got "half")'],
    [{ services: { api: { memory: 512 } } }, "quai:services.api.memory: must be a size with its unit, such as 512m or 1g (got 512)"],
    [{ services: { api: { memory: "512 MB" } } }, 'quai:services.api.memory: must be a size such as 512m or 1g (got "512 MB")'],
    [{ services: { api: { memory: "1m" } } }, 'quai:services.api.memory: must be a size of at least 6m (got "1m")'],
    [
        { services: { api: { command: "gunicorn app" } } },
        'quai:services.api.command: must be a list, such as ["gunicorn", "core.wsgi:application"] (got "gunicorn app")',
    ],
    [{ services: { api: { command: [] } } }, "quai:services.api.command: must name a command, or be left out (got a list)"],
    [
        { services: { api: { env: { HOSTS: ["a", "b"] } } } },
        "quai:services.api.env.HOSTS: must be text, a number, true or false (value not shown)",
    ],
    [
        { services: { api: { stopGrace: 30 } } },
        "quai:services.api.stopGrace: must be a duration with its unit, such as 30s, 5m or 26h (got 30)",
    ],
    [{ services: { api: { stopGrace: "soon" } } }, 'quai:services.api.stopGrace: must be a duration such as 30s, 5m or 26h (got "soon")'],
    [{ services: { api: { health: { retrys: 3 } } } }, "quai:services.api.health.retrys: unknown setting; did you mean retries?"],
    [{ services: { api: { logs: { maxFiles: 0 } } } }, "quai:services.api.logs.maxFiles: must be a whole number from 1 to 100 (got 0)"],
    [{ services: null }, "quai:services: has no value; write one, or remove the line"],
    // Data
    [{ postgres: { version: 14 } }, "quai:postgres.version: must be 15, 16, 17 or 18 (got 14)"],
    [
        { postgres: { database: "my-db" } },
        'quai:postgres.database: must be lower-case letters, digits and underscores, beginning with a letter, at most 40 characters (got "my-db")',
    ],
    [{ postgres: { maxConnections: 5 } }, "quai:postgres.maxConnections: must be a whole number from 10 to 10000 (got 5)"],
    [
        { postgres: { memory: "1g", sharedBuffers: "800m" } },
        'quai:postgres.sharedBuffers: must be at most half of quai:postgres.memory; the rest is for connections and the file cache (got "800m")',
    ],
    [
        { postgres: { localPort: 5432 } },
        "quai:postgres.localPort: is for development alone; remove it in production, and use `docker exec` there (got 5432)",
    ],
    [
        { environment: "development", postgres: { localPort: 8443 } },
        "quai:postgres.localPort: must differ from the proxy's ports (quai:ports) (got 8443)",
    ],
    [{ postgres: { extensions: ["Uuid"] } }, 'quai:postgres.extensions[0]: must be the name of an extension such as pgcrypto (got "Uuid")'],
    [{ redis: { version: 6 } }, "quai:redis.version: must be 7 or 7.4 (got 6)"],
    [{ redis: { appendOnly: "maybe" } }, 'quai:redis.appendOnly: must be true or false (got "maybe")'],
    [
        { redis: { eviction: "lru" } },
        'quai:redis.eviction: must be noeviction, allkeys-lru, allkeys-lfu, allkeys-random, volatile-lru, volatile-lfu, volatile-random or volatile-ttl (got "lru")',
    ],
    [{ backup: true }, "quai:backup: must be a mapping, or false (got true)"],
    [{ backup: { at: "2am" } }, 'quai:backup.at: must be a time of day such as 02:00, in quotes (got "2am")'],
    [{ backup: { at: "24:00" } }, 'quai:backup.at: must be a time of day such as 02:00, in quotes (got "24:00")'],
    [{ backup: { timeZone: "Europe/Pari" } }, 'quai:backup.timeZone: must be a time zone such as Europe/Paris or UTC (got "Europe/Pari")'],
    [{ backup: { keep: { daily: -1 } } }, "quai:backup.keep.daily: must be a whole number from 0 to 3660 (got -1)"],
    [
        { backup: { keep: { daily: 0, weekly: 0, monthly: 0 } } },
        "quai:backup.keep: must keep at least one backup: set daily, weekly, monthly or days above 0, or quai:backup: false (got a mapping)",
    ],
    [
        { backup: { offsite: {} } },
        "quai:backup.offsite.repository: is required: a restic repository (s3:, sftp:, rest:, b2:, azure:, gs:) or the absolute path of a mounted disk",
    ],
    [
        { backup: { offsite: { repository: "https://s3.quay.eu/b" } } },
        'quai:backup.offsite.repository: must begin with the kind of repository: s3:https://s3.quay.eu/… or rest:https://s3.quay.eu/… (got "https://s3.quay.eu/b")',
    ],
    [
        { backup: { offsite: { repository: "backups/demo" } } },
        'quai:backup.offsite.repository: must be a restic repository (s3:, sftp:, rest:, b2:, azure:, gs:) or the absolute path of a mounted disk (got "backups/demo")',
    ],
    [
        { backup: { offsite: { repository: "rest:https://u:hunter2@b.quay.eu/" } } },
        'quai:backup.offsite.repository: must not carry a password: put it into quai:secrets and name it under environment (RESTIC_REST_PASSWORD and the like) (got "rest:https://…@b.quay.eu/")',
    ],
    [
        { backup: { offsite: { repository: "/mnt/nas", environment: { RESTIC_X: "hunter2" } } } },
        "quai:backup.offsite.environment.RESTIC_X: names no entry of quai:secrets (there: smtpPassword); add it with `./quai secrets set <name> --stack prod` (value not shown)",
    ],
    [{ backup: { drill: "yearly" } }, 'quai:backup.drill: must be never, daily, weekly or monthly (got "yearly")'],
    [{ backup: { drill: "montly" } }, 'quai:backup.drill: must be never, daily, weekly or monthly; did you mean monthly? (got "montly")'],
    [{ backup: { maxAge: "12h" } }, 'quai:backup.maxAge: must be a duration from 1d to 366d (got "12h")'],
    // Secrets
    [{ rotation: { database: "01/11/2026" } }, 'quai:rotation.database: must be a date, written YYYY-MM-DD (got "01/11/2026")'],
    [{ rotation: { jwt: "2026-11-20.1" } }, 'quai:rotation.jwt: must be a date, written YYYY-MM-DD (got "2026-11-20.1")'],
    [{ rotation: { jwt: ["2026-11-20", "last"] } }, 'quai:rotation.jwt[1]: must be a date, written YYYY-MM-DD (got "last")'],
    [{ rotation: { jwt: [] } }, "quai:rotation.jwt: must name a date (got a list)"],
    [
        { rotation: { jwt: ["2026-11-01", "2026-10-01", "2026-11-20"] } },
        "quai:rotation.jwt: must name each renewal once, the newest first, and first (the value from before any) at the end (got a list)",
    ],
    [{ overlap: { jwt: 24 } }, "quai:overlap.jwt: must be a duration with its unit, such as 30s, 5m or 26h (got 24)"],
    [{ rotation: { database: "2026-02-30" } }, 'quai:rotation.database: must be a day that exists, written YYYY-MM-DD (got "2026-02-30")'],
    [
        { rotation: { database: "2026-11-22" } },
        `quai:rotation.database: must not be in the future: it's the day on which the secret was renewed; write today's (got "2026-11-22")`,
    ],
    [{ secrets: { pin: 1234 } }, "quai:secrets.pin: must be text that is not empty (value not shown)"],
    [
        { secrets: { pin: { secure: "v1:x" } } },
        "quai:secrets.pin.secure: unknown setting; known here: environment, command, timeout, value, former",
    ],
    [{ secrets: { pin: {} } }, "quai:secrets.pin: must have one of value, environment, command (got none)"],
    [
        { secrets: { pin: { environment: "PIN", command: ["op"] } } },
        "quai:secrets.pin: must have one of value, environment, command (got environment and command)",
    ],
    [
        { secrets: { pin: { environment: "not a name" } } },
        "quai:secrets.pin.environment: must be the name of a variable such as OPENAI_API_KEY (value not shown)",
    ],
    [
        { secrets: { pin: { command: "op read op://prod/pin" } } },
        'quai:secrets.pin.command: must be a list of words, which no shell reads, such as ["op", "read", "op://prod/stripe/key"] (value not shown)',
    ],
    [{ secrets: { pin: { command: [] } } }, "quai:secrets.pin.command: must name a command (value not shown)"],
    [
        { secrets: { pin: { command: ["op"], timeout: "1h" } } },
        "quai:secrets.pin.timeout: must be a duration from 1s to 5m (value not shown)",
    ],
    [{ secrets: { pin: { environment: "PIN", timeout: "5s" } } }, "quai:secrets.pin.timeout: has no use without command; remove it"],
    [{ secrets: { pin: { environment: "PIN", former: {} } } }, "quai:secrets.pin.former: must have one of environment, command (got none)"],
    [
        { secrets: { "smtp password": "x" } },
        'quai:secrets["smtp password"]: is no good as a name here: must be a letter, then letters and digits, such as smtpPassword',
    ],
    [{ secrets: "hunter2" }, "quai:secrets: must be a mapping (value not shown)"],
    // Proxy, logs, the rest
    [{ proxy: { bodyLimit: 50 } }, "quai:proxy.bodyLimit: must be a size with its unit, such as 512m or 1g (got 50)"],
    [{ proxy: { timeouts: { read: "0s" } } }, 'quai:proxy.timeouts.read: must be a duration from 1s to 1d (got "0s")'],
    [{ proxy: { requestsPerSecond: 2.5 } }, "quai:proxy.requestsPerSecond: must be a whole number from 1 to 1000000 (got 2.5)"],
    [
        { proxy: { trusted: ["10.0.0.0/8", "0.0.0.0/0"] } },
        'quai:proxy.trusted[1]: must be an IP address or a network such as 10.0.0.0/16, and not everybody (got "0.0.0.0/0")',
    ],
    [{ proxy: { login: { burst: -1 } } }, "quai:proxy.login.burst: must be a whole number from 0 to 1000000 (got -1)"],
    [
        { proxy: { hsts: { maxAge: "1y" } } },
        'quai:proxy.hsts.maxAge: must be a whole number from 0 to 63072000; it counts seconds, and 0 leaves the header out (got "1y")',
    ],
    [
        { proxy: { hsts: { maxAge: 300, preload: true } } },
        "quai:proxy.hsts.maxAge: must be 31536000 (a year) or more with preload: true (got 300)",
    ],
    [
        { proxy: { hsts: { preload: true, includeSubdomains: false } } },
        "quai:proxy.hsts.includeSubdomains: must be true with preload: true (got false)",
    ],
    [{ logs: { maxSize: "lots" } }, 'quai:logs.maxSize: must be a size such as 512m or 1g (got "lots")'],
    [{ maintenance: "on" }, 'quai:maintenance: must be true or false (got "on")'],
    [{ running: "no" }, 'quai:running: must be true or false (got "no")'],
    [{ secretGrace: "91d" }, 'quai:secretGrace: must be a duration from 0s to 90d (got "91d")'],
    [{ secretGrace: 14 }, "quai:secretGrace: must be a duration with its unit, such as 30s, 5m or 26h (got 14)"],
    [
        { retired: { "postgres-data": "2026-12-31" } },
        `quai:retired.postgres-data: must be within 14 days from now: it's a door that shouldn't stay open (got "2026-12-31")`,
    ],
    [
        { waive: { "pinned-images": { until: "2027-01-01" } } },
        "quai:waive.pinned-images.reason: is required: a reason of at least 10 characters",
    ],
    [
        { waive: { "pinned-images": { reason: "The vendor has none", until: "2029-01-01" } } },
        'quai:waive.pinned-images.until: must be within a year from now: nothing is waived for ever (got "2029-01-01")',
    ],
    [{ protet: true }, "quai:protet: unknown setting; did you mean quai:protect?"],
    [{ domains: ["a.eu"] }, "quai:domains: unknown setting; did you mean quai:domain?"],
    [{ kubernetes: "hunter2" }, "quai:kubernetes: unknown setting; docs/settings.md lists them all"],
];

describe("R26, R37, R66: a wrong setting is refused with its path, its value and the remedy", () => {
    test.each(BAD)("%j", (change, line) => expect(problems(change)).toEqual([line]));

    test("there are plenty of them, each with its own message", () => {
        expect(BAD.length).toBeGreaterThanOrEqual(100);
        const lines = BAD.map(([, line]) => line);
        // tls left out and tls without e-mail address.
        expect(new Set(lines).size).toBe(BAD.length - 1);
    });
});

describe("what the file alone doesn't show", () => {
    test("a stack's name that can't be part of other names", () => {
        expect(problems({}, { stack: "Prod_1" })).toEqual([
            'stack: the name must be lower-case letters, digits and hyphens, at most 40, as it becomes part of every name (got "Prod_1")',
        ]);
    });

    test("R27: secrets in clear", () => {
        expect(problems({}, { secretKeys: [] })).toEqual([
            "quai:secrets: is written in clear: set each entry anew with `./quai secrets set <name> --stack prod`, and renew what was in Git",
        ]);
        expect(problems({}, { secretKeys: ["secrets"] })).toEqual([]);
    });

    test("R27: what looks like a secret, in whatever place, isn't shown", () => {
        for (const value of ["kX8-vPz2Lq0-wN7yT", "q1Yw/8Zx+Lm3=", "6c3c624b".repeat(8)]) {
            expect(problems({ postgres: { version: value }, environment: value, tls: { email: value } }).join("\n")).not.toContain(value);
        }
        expect(problems({ environment: "kX8-vPz2Lq0-wN7yT" })).toEqual([
            "quai:environment: must be development, staging or production (value not shown, it looks like a secret)",
        ]);
        for (const value of ["Shop1.Quay.EU", "2026-11-20T10:00:00Z", "/srv/Tls1/app.pem", "my-long-name-2026"]) {
            expect(problems({ environment: value })[0]).toContain(value);
        }
    });

    test("an encrypted value in a place of its own, which isn't shown", () => {
        const change = { services: { api: { replicas: "hunter2", env: { TOKEN: "hunter2" } } } };
        expect(problems(change, { secretKeys: ["secrets", "services"] })).toEqual([
            "quai:services: must not be encrypted: put the secret part into quai:secrets, and keep the rest readable in reviews",
            "quai:services.api.replicas: must be a whole number from 1 to 100; to stop the whole application, set quai:running: false (value not shown)",
        ]);
    });
});
