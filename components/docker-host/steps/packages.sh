# shellcheck shell=sh
# Brought up to date once; what the other steps need is there, and what stands in Docker's way is not.
if is_deb; then
    NEEDED="ca-certificates curl iptables jq openssh-server sudo"
    UNWANTED="podman-docker"
else
    NEEDED="ca-certificates curl iptables jq openssh-server sudo policycoreutils-python-utils"
    UNWANTED="podman podman-docker buildah skopeo containers-common runc"
fi

# shellcheck disable=SC2086 # lists of names
check() {
    [ -e "$STATE/upgraded" ] || say "packages were never brought up to date"
    missing_packages $NEEDED
    unwanted_packages $UNWANTED
}

# shellcheck disable=SC2086 # lists of names
apply() {
    remove_packages $UNWANTED
    install_packages $NEEDED
    if [ ! -e "$STATE/upgraded" ]; then
        if is_deb; then apt upgrade; else dnf -y upgrade; fi
        date -u +%FT%TZ >"$STATE/upgraded"
    fi
}
