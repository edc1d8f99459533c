# shellcheck shell=sh
# What every step uses. A step has two functions: `check` prints what isn't as it should be, a line each; `apply` puts it right.
# Capital letters are the settings, from steps.ts. ROOT stands before every path, so that tests have a folder for a machine.
umask 022
ROOT=${QUAI_ROOT:-}
STATE=$ROOT/var/lib/quai
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
export PATH LC_ALL=C DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=a
# shellcheck source=/dev/null
[ ! -r "$ROOT/etc/os-release" ] || . "$ROOT/etc/os-release"
case "${ID:-none}:${VERSION_ID:-none}" in
debian:12 | debian:13 | ubuntu:22.04 | ubuntu:24.04) FAMILY=deb ;;
rhel:[89]* | rocky:[89]* | almalinux:[89]*) FAMILY=rpm ;;
*) FAMILY=none ;;
esac
# shellcheck disable=SC2034 # the steps' files begin with it
MANAGED='# Kept by quai: what is changed here is put back.'

say() { printf '%s\n' "$*"; }
fail() {
    say "$*" >&2
    exit 1
}
is_deb() { [ "$FAMILY" = deb ]; }

has_package() {
    if is_deb; then
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
    else
        rpm -q "$1" >/dev/null 2>&1
    fi
}
# Of the RPM family another package may stand for it: iptables-nft, curl-minimal.
is_served() { has_package "$1" || { ! is_deb && rpm -q --whatprovides "$1" >/dev/null 2>&1; }; }
missing_packages() { for each; do is_served "$each" || say "package $each isn't installed"; done; }
unwanted_packages() { for each; do ! has_package "$each" || say "package $each is in the way"; done; }

apt() { apt-get -y -o DPkg::Lock::Timeout=300 -o Dpkg::Options::=--force-confold "$@"; }
install_packages() {
    if is_deb; then
        dpkg --configure -a
        apt update && apt --no-install-recommends install "$@"
    else
        dnf -y install "$@"
    fi
}
# Into apt's own cache.
download_packages() {
    dpkg --configure -a
    apt update && apt --no-install-recommends --download-only install "$@"
}
remove_packages() {
    gone=
    for each; do ! has_package "$each" || gone="$gone $each"; done
    # shellcheck disable=SC2086 # a list of names
    if [ -z "$gone" ]; then :; elif is_deb; then apt remove $gone; else dnf -y remove $gone; fi
}

# A file whose whole text is a function's output.
file_differs() { # path mode function
    if [ ! -e "$ROOT$1" ]; then
        say "file $1 is missing"
    elif ! "$3" | cmp -s - "$ROOT$1"; then
        say "file $1 has another text"
    elif [ "$(stat -c %a "$ROOT$1")" != "$2" ]; then
        say "file $1 has mode $(stat -c %a "$ROOT$1") and not $2"
    fi
}
write_file() { # path mode function
    mkdir -p "$(dirname "$ROOT$1")"
    "$3" >"$ROOT$1.quai"
    chmod "$2" "$ROOT$1.quai"
    mv -f "$ROOT$1.quai" "$ROOT$1"
}

# Where sshd listens: 22/tcp.
ssh_ports() {
    mkdir -p "$ROOT/run/sshd"
    sshd -T 2>/dev/null | sed -n 's/^port \([0-9]*\)$/\1\/tcp/p'
}

unit_differs() {
    for each; do
        systemctl is-enabled --quiet "$each" 2>/dev/null || say "$each isn't started at boot"
        systemctl is-active --quiet "$each" || say "$each doesn't run"
    done
}

# What might lock everybody out comes back by itself, unless a new connection says within half a minute that it got in.
guard() { # name command-that-loads-it file...
    kept=$STATE/undo/$1
    rm -rf "$kept"
    mkdir -p "$kept"
    {
        say "set -u"
        n=0
        for each in "$@"; do
            n=$((n + 1))
            [ "$n" -gt 2 ] || continue
            if [ -e "$ROOT$each" ]; then
                cp -p "$ROOT$each" "$kept/$n"
                say "cp -p '$kept/$n' '$ROOT$each'"
            else
                say "rm -f '$ROOT$each'"
            fi
        done
        say "$2"
        say ": >'$kept/undone'"
    } >"$kept/undo"
    systemctl stop "quai-undo-$1.timer" 2>/dev/null || :
    systemd-run --quiet --collect --unit "quai-undo-$1" --on-active=30 --timer-property=AccuracySec=1s /bin/sh "$kept/undo"
}
confirmed() { systemctl stop "quai-undo-$1.timer"; }

# One at a time: a step whose connection was lost goes on to its end first.
run_step() { # name
    mkdir -p "$STATE/log"
    exec 9>"$STATE/lock"
    flock -w 600 9 || fail "$1: another preparation of this machine has not ended within ten minutes"
    # What nobody confirmed, as the connection was lost, has half a minute from now on: it must not be undone between the look and a new connection.
    ! systemctl is-active --quiet "quai-undo-$1.timer" || systemctl restart "quai-undo-$1.timer"
    found=$(check)
    if [ -z "$found" ]; then
        rm -f "$STATE/undo/$1/undone"
        say "$1: as it should be"
        return 0
    fi
    say "$found" | sed "s/^/$1: /"
    # In a condition the shell would go on after a command that failed.
    flags=$-
    set +e
    (
        set -eu
        apply
    ) </dev/null >"$STATE/log/$1" 2>&1
    code=$?
    case $flags in *e*) set -e ;; esac
    if [ $code != 0 ]; then
        tail -n 15 "$STATE/log/$1" | sed "s/^/$1: /" >&2
        fail "$1: failed; the whole log is there in $STATE/log/$1"
    fi
    left=$(check)
    [ -z "$left" ] || fail "$1: was put right, and still isn't: $left"
    say "$1: done"
}
