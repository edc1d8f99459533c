# shellcheck shell=sh
# What must be so before anything is touched: nothing is installed or written here.

check() {
    if [ "$FAMILY" = none ]; then
        say "quai:target.host: ${PRETTY_NAME:-this system} isn't supported; Debian 12 and 13, Ubuntu 22.04 and 24.04, and RHEL, Rocky and Alma Linux 8 and 9 are"
        return 0
    fi
    case $(uname -m) in
    x86_64 | aarch64) ;;
    *) say "quai:target.host: processors of kind $(uname -m) aren't supported; x86_64 and aarch64 are" ;;
    esac
    [ -d "$ROOT/run/systemd/system" ] || say "quai:target.host: systemd doesn't run there, and services are started by it"
    shortages
    for port in $PROXY_PORTS; do busy "$port"; done
    docker_faults
    [ "$FAMILY" = deb ] || rpm_faults
}

shortages() {
    cpus=$(nproc)
    [ "$cpus" -ge "$MIN_CPUS" ] || say "${SHORT}quai:host.minimum.cpus: the machine has $cpus, $MIN_CPUS are needed"
    # A machine sold as 4 GiB shows a little less.
    memory=$(awk '/^MemTotal:/ { print $2 }' "$ROOT/proc/meminfo")
    [ "$((memory * 10 / 9))" -ge "$((MIN_MEMORY / 1024))" ] || say "${SHORT}quai:host.minimum.memory: the machine has $(gib "$memory"), $(gib $((MIN_MEMORY / 1024))) are needed"
    folder=/var/lib/docker
    [ -d "$ROOT$folder" ] || folder=/var
    size=$(df -Pk "$ROOT$folder" | awk 'END { print $2 }')
    [ "$((size * 10 / 9))" -ge "$((MIN_DISK / 1024))" ] || say "${SHORT}quai:host.minimum.disk: the disk of $folder has $(gib "$size"), $(gib $((MIN_DISK / 1024))) are needed"
    room $folder 2
    room / 1
}
gib() { awk -v kib="$1" 'BEGIN { printf "%.1f GiB", kib / 1048576 }'; }
# With less than this, packages or images would stop half-way.
room() { # folder GiB
    free=$(df -Pk "$ROOT$1" | awk 'END { print $4 }')
    [ "$free" -ge "$(($2 * 1048576))" ] || say "quai:target.host: the disk of $1 is full: $(gib "$free") are free, $2.0 GiB are needed to begin with; make room there"
}

# A port that something else than a stack of ours listens on.
busy() {
    hex=$(printf '%04X' "$1")
    cat "$ROOT/proc/net/tcp" "$ROOT/proc/net/tcp6" 2>/dev/null | awk -v port=":$hex" '$4 == "0A" && $2 ~ port "$" { found = 1 } END { exit !found }' || return 0
    [ -z "$(docker ps --quiet --filter label=io.quai.stack --filter "publish=$1" 2>/dev/null)" ] || return 0
    [ -z "$(docker ps --quiet --filter label=io.quai.role=port --filter "name=-port-$1-on-" 2>/dev/null)" ] || return 0
    who=$(ss -Hltnp "sport = :$1" 2>/dev/null | sed -n 's/.*users:(("\([^"]*\)".*/\1/p' | head -n 1)
    [ "$who" != docker-proxy ] || who="the container $(docker ps --filter "publish=$1" --format '{{.Names}}' | head -n 1)"
    say "quai:ports: port $1 is taken by ${who:-another program}; stop that, or set another port"
}

docker_faults() {
    if command -v docker >/dev/null && driver=$(docker info --format '{{.Driver}}' 2>/dev/null) && [ -n "$driver" ]; then
        [ -z "$STORAGE_DRIVER" ] || [ "$driver" = "$STORAGE_DRIVER" ] || [ "$(docker info --format '{{.Containers}}{{.Images}}')" = 00 ] ||
            say "quai:host.docker.storageDriver: Docker there has containers or images in $driver, which another driver wouldn't find; set $driver, or remove them (got \"$STORAGE_DRIVER\")"
    fi
}

rpm_faults() {
    [ "$DOCKER_PACKAGES" = official ] || say "quai:host.docker.packages: ${PRETTY_NAME:-this system} has no Docker of its own; set official (got \"$DOCKER_PACKAGES\")"
    [ -z "$REBOOT_AT" ] || say "quai:host.rebootAt: works on Debian and Ubuntu only; remove it, and restart the machine yourself when it says so"
    [ "$(getenforce 2>/dev/null)" != Disabled ] || say "quai:target.host: SELinux is disabled there; enable it, restart the machine so that its files are labelled, and run this again"
    [ "$FAIL2BAN" = no ] || has_package epel-release || say "quai:host.fail2ban: is a package of EPEL, which isn't set up there; do that first, or set false"
}

apply() { :; }
