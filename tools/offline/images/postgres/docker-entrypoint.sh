#!/bin/bash
# Starts PostgreSQL; on an empty data folder it makes the cluster first. Understands the same variables and the same
# /docker-entrypoint-initdb.d as Docker's official image, so that one configuration serves both.
set -euo pipefail

say() { printf 'docker-entrypoint: %s\n' "$*" >&2; }
fail() {
    say "$@"
    exit 1
}

# setting NAME [DEFAULT]: the value of NAME, or of the file that NAME_FILE names.
setting() {
    local name=$1 file="${1}_FILE"
    if [ -n "${!name:-}" ] && [ -n "${!file:-}" ]; then
        fail "$name: set either $name or $file, not both"
    elif [ -n "${!file:-}" ]; then
        [ -r "${!file}" ] || fail "$file: cannot read \"${!file}\" as uid $(id -u): check the mount and the file's mode"
        printf -v "$name" '%s' "$(cat "${!file}")"
    else
        printf -v "$name" '%s' "${!name:-${2:-}}"
    fi
    export "${name?}"
    unset "$file"
}

only_asks_for_information() {
    local arg
    for arg in "$@"; do
        case "$arg" in -'?' | --help | --describe-config | -V | --version) return 0 ;; esac
    done
    return 1
}

# Owns the folders as root, then goes on as the server's user.
prepare_as_root() {
    mkdir -p "$PGDATA" /var/run/postgresql
    chmod 3775 /var/run/postgresql || true
    find "$PGDATA" /var/run/postgresql \! -user postgres -exec chown postgres '{}' +
    if [ -n "${POSTGRES_INITDB_WALDIR:-}" ]; then
        mkdir -p "$POSTGRES_INITDB_WALDIR"
        find "$POSTGRES_INITDB_WALDIR" \! -user postgres -exec chown postgres '{}' +
    fi
    exec setpriv --reuid=postgres --regid=postgres --init-groups -- "$0" "$@"
}

check_data_folder() {
    local uid owner
    uid=$(id -u)
    mkdir -p "$PGDATA" 2>/dev/null || fail "PGDATA: uid $uid cannot make \"$PGDATA\": give the volume's folder to uid $uid, or start the container as root once"
    owner=$(stat -c %u "$PGDATA")
    if [ "$owner" != "$uid" ] && { [ -s "$PGDATA/PG_VERSION" ] || [ ! -w "$PGDATA" ]; }; then
        fail "PGDATA: \"$PGDATA\" belongs to uid $owner, but the server runs as uid $uid: chown -R $uid the volume, or start the container as root once"
    fi
    [ -w "$PGDATA" ] || fail "PGDATA: \"$PGDATA\" cannot be written by uid $uid: check the volume and its mode"
    chmod 0700 "$PGDATA" 2>/dev/null || true
}

check_password() {
    if [ -z "$POSTGRES_PASSWORD" ] && [ "$POSTGRES_HOST_AUTH_METHOD" != trust ]; then
        fail "POSTGRES_PASSWORD: needed to make a new cluster: set POSTGRES_PASSWORD_FILE (better) or POSTGRES_PASSWORD"
    fi
    if [ "$POSTGRES_HOST_AUTH_METHOD" = trust ]; then
        say "warning: POSTGRES_HOST_AUTH_METHOD=trust lets anyone in who reaches the port, as any user, without a password"
    fi
}

make_cluster() {
    getent passwd "$(id -u)" >/dev/null || fail "user: uid $(id -u) has no name in this image: run as 999:999 (postgres) or as root"
    local args=()
    # The arguments are a shell text, as with the official image: quotes in it keep words together.
    eval "args=($POSTGRES_INITDB_ARGS)"
    if [ -n "${POSTGRES_INITDB_WALDIR:-}" ]; then args+=(--waldir "$POSTGRES_INITDB_WALDIR"); fi
    # The password travels by a pipe.
    initdb --username="$POSTGRES_USER" --pwfile=<(printf '%s\n' "$POSTGRES_PASSWORD") ${args[@]+"${args[@]}"}
    local method=$POSTGRES_HOST_AUTH_METHOD
    if [ -z "$method" ]; then method=$(postgres -C password_encryption "$@"); fi
    printf '\nhost all all all %s\n' "$method" >>"$PGDATA/pg_hba.conf"
}

# While the cluster is prepared the server listens on its socket only: nobody can come in before the scripts have run.
start_privately() {
    set -- "$@" -c listen_addresses='' -p "${PGPORT:-5432}"
    NOTIFY_SOCKET='' PGUSER="$POSTGRES_USER" pg_ctl -D "$PGDATA" -o "$(printf '%q ' "$@")" -w start
}

stop_private_server() { PGUSER="$POSTGRES_USER" pg_ctl -D "$PGDATA" -m fast -w stop; }

# sql DATABASE [ARGUMENT...]: what comes on standard input, over the socket.
sql() {
    local database=$1
    shift
    PGHOST='' PGHOSTADDR='' psql -v ON_ERROR_STOP=1 --no-psqlrc --no-password --username "$POSTGRES_USER" --dbname "$database" "$@"
}

make_database() {
    local found
    found=$(sql postgres -v name="$POSTGRES_DB" --tuples-only --no-align <<<"SELECT 1 FROM pg_database WHERE datname = :'name'")
    if [ -z "$found" ]; then sql postgres -v name="$POSTGRES_DB" <<<'CREATE DATABASE :"name"'; fi
}

run_init_files() {
    local file
    for file in /docker-entrypoint-initdb.d/*; do
        case "$file" in
        *.sh)
            if [ -x "$file" ]; then
                say "running $file"
                "$file"
            else
                say "sourcing $file"
                # shellcheck disable=SC1090
                . "$file"
            fi
            ;;
        *.sql) say "running $file" && sql "$POSTGRES_DB" -f "$file" ;;
        *.sql.gz) say "running $file" && gunzip -c "$file" | sql "$POSTGRES_DB" ;;
        *.sql.xz) say "running $file" && xz -dc "$file" | sql "$POSTGRES_DB" ;;
        *.sql.zst) say "running $file" && zstd -dc "$file" | sql "$POSTGRES_DB" ;;
        '/docker-entrypoint-initdb.d/*') ;;
        *) say "ignoring $file" ;;
        esac
    done
}

initialise() {
    setting POSTGRES_PASSWORD
    setting POSTGRES_USER postgres
    setting POSTGRES_DB "$POSTGRES_USER"
    setting POSTGRES_INITDB_ARGS
    : "${POSTGRES_HOST_AUTH_METHOD:=}"
    check_password
    ls /docker-entrypoint-initdb.d/ >/dev/null || fail "/docker-entrypoint-initdb.d: cannot be read by uid $(id -u)"
    make_cluster "${@:2}"
    export PGPASSWORD="${PGPASSWORD-$POSTGRES_PASSWORD}"
    start_privately "${@:2}"
    make_database
    run_init_files
    stop_private_server
    unset PGPASSWORD POSTGRES_PASSWORD
    say "the new cluster is ready"
}

if [ "${1:0:1}" = - ]; then set -- postgres "$@"; fi
if [ "${1:-}" = postgres ] && ! only_asks_for_information "$@"; then
    if [ "$(id -u)" = 0 ]; then prepare_as_root "$@"; fi
    check_data_folder
    if [ ! -s "$PGDATA/PG_VERSION" ]; then initialise "$@"; fi
fi
exec "$@"
