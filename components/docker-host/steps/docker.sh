# shellcheck shell=sh
# Docker Engine, from Docker's repository or the distribution's, started at boot; daemon.json has our keys, and keeps the others.
DAEMON=/etc/docker/daemon.json
FINGERPRINT=9DC858229FC7DD38854AE2D88D81803C0EBFCD88
RPM_FINGERPRINT=060A61C51B558A7F742B77AAC52FEB6B621E9F35
OFFICIAL="docker-ce docker-ce-cli containerd.io docker-buildx-plugin docker-compose-plugin"
DISTRIBUTION="docker.io docker-cli docker-buildx docker-compose docker-compose-v2 docker-doc"
# Docker's plugins and the distribution's are the same files, and their packages don't say so.
case "$DOCKER_PACKAGES:${ID:-}:${VERSION_ID:-}" in
official:*) PACKAGES=$OFFICIAL OTHERS=$DISTRIBUTION ;;
distribution:debian:12) PACKAGES="docker.io" OTHERS=$OFFICIAL ;;
distribution:debian:*) PACKAGES="docker.io docker-cli docker-buildx docker-compose" OTHERS=$OFFICIAL ;;
*) PACKAGES="docker.io docker-buildx docker-compose-v2" OTHERS=$OFFICIAL ;;
esac
is_deb || OTHERS="docker docker-client docker-common docker-engine"

# shellcheck disable=SC2086 # lists of names
check() {
    unwanted_packages $OTHERS
    missing_packages $PACKAGES
    unit_differs docker
    if [ ! -e "$ROOT$DAEMON" ]; then
        say "file $DAEMON is missing"
    elif ! jq -e type "$ROOT$DAEMON" >/dev/null 2>&1; then
        say "file $DAEMON isn't valid JSON"
    else
        jq -r --argjson wanted "$DAEMON_JSON" '. as $now | $wanted | keys[] | select(($now[.] // null) as $is | $wanted[.] as $must
            | if ($must | type) == "object" then (($is // {}) * $must) != ($is // {}) else $is != $must end)
            | "\(.) in daemon.json is \($now[.] | tojson) and not \($wanted[.] | tojson)"' "$ROOT$DAEMON"
        live=$(docker info --format '{{.LiveRestoreEnabled}}' 2>/dev/null)
        [ "$live" != false ] || say "Docker runs without what daemon.json says"
    fi
}

# shellcheck disable=SC2046,SC2086 # lists of names
apply() {
    if [ -e "$ROOT$DAEMON" ] && ! jq -e type "$ROOT$DAEMON" >/dev/null; then
        fail "$DAEMON isn't valid JSON: mend it or move it away, and run this again; nothing was changed"
    fi
    [ "$DOCKER_PACKAGES" = distribution ] || repository
    # Nothing is taken away before all that takes its place is there (a name with a minus is one that goes). dnf can't look past what is still in the way.
    ! is_deb || download_packages $PACKAGES $(for each in $OTHERS; do ! has_package "$each" || say "$each-"; done)
    mkdir -p "$ROOT/etc/docker"
    [ -e "$ROOT$DAEMON" ] || say "{}" >"$ROOT$DAEMON"
    jq --argjson wanted "$DAEMON_JSON" '. * $wanted' "$ROOT$DAEMON" >"$ROOT$DAEMON.quai"
    if cmp -s "$ROOT$DAEMON" "$ROOT$DAEMON.quai"; then rm "$ROOT$DAEMON.quai"; else mv "$ROOT$DAEMON.quai" "$ROOT$DAEMON"; fi
    if [ -n "$(unwanted_packages $OTHERS)" ]; then
        # Ubuntu's package leaves its socket unit running without a socket, and no other engine could start with that.
        systemctl stop docker.service docker.socket || :
        remove_packages $OTHERS
    fi
    install_packages $PACKAGES
    systemctl enable docker
    if systemctl is-active --quiet docker; then
        # live-restore is taken up by a reload; the restart, for all the rest, then leaves containers running.
        systemctl reload docker
        sleep 1
    fi
    # Several starts within a minute, as packages that change places make them, would else be refused.
    systemctl reset-failed docker || :
    systemctl restart docker
}

repository() {
    if is_deb; then
        install_packages gpg
        mkdir -p "$ROOT/etc/apt/keyrings" "$ROOT/etc/apt/sources.list.d"
        curl -fsSL --retry 3 "https://download.docker.com/linux/$ID/gpg" -o "$ROOT/etc/apt/keyrings/docker.asc.quai"
        known_key "$ROOT/etc/apt/keyrings/docker.asc.quai" "$FINGERPRINT"
        mv "$ROOT/etc/apt/keyrings/docker.asc.quai" "$ROOT/etc/apt/keyrings/docker.asc"
        write_file /etc/apt/sources.list.d/docker.sources 644 apt_source
    else
        curl -fsSL --retry 3 "https://download.docker.com/linux/$(rpm_flavour)/gpg" -o "$ROOT/etc/pki/rpm-gpg/docker.asc"
        known_key "$ROOT/etc/pki/rpm-gpg/docker.asc" "$RPM_FINGERPRINT"
        write_file /etc/yum.repos.d/docker-ce.repo 644 rpm_source
    fi
}
known_key() {
    gpg --show-keys --with-colons "$1" | grep -q "^fpr:*$2:" || fail "download.docker.com gave another key than Docker's; nothing of it was used"
}
apt_source() {
    say "$MANAGED"
    printf 'Types: deb\nURIs: https://download.docker.com/linux/%s\nSuites: %s\nComponents: stable\nSigned-By: /etc/apt/keyrings/docker.asc\n' "$ID" "$VERSION_CODENAME"
}
rpm_flavour() { if [ "$ID" = rhel ]; then say rhel; else say centos; fi; }
rpm_source() {
    say "$MANAGED"
    # shellcheck disable=SC2016 # dnf's own variables
    printf '[docker-ce-stable]\nname=Docker CE\nbaseurl=https://download.docker.com/linux/%s/$releasever/$basearch/stable\nenabled=1\ngpgcheck=1\ngpgkey=file:///etc/pki/rpm-gpg/docker.asc\n' "$(rpm_flavour)"
}
