#!/bin/sh
# Makes /stand/site, the repository's files; keys and certificates beside it. Run once, while the image is built.
set -eu
. /etc/os-release
site=/stand/site/linux/$ID
pool=dists/$VERSION_CODENAME/pool/stable
mkdir -p "$site/$pool" /stand/from /stand/own
cd /stand/from
cli=docker.io compose=docker-compose
! apt-cache show docker-cli 2>/dev/null | grep -q '^Package: docker-cli$' || cli=docker-cli
! apt-cache show docker-compose-v2 >/dev/null 2>&1 || compose=docker-compose-v2
apt-get download docker.io containerd runc docker-buildx $compose
[ $cli = docker.io ] || apt-get download $cli

unpack() { for each; do dpkg-deb -x "$each"_*.deb all; done; }
# What the distribution's packages need of libraries; nothing of each other.
libraries() {
    for each; do dpkg-deb -f "$each"_*.deb Depends; done | tr ',' '\n' | sed 's/^ *//' | grep -E '^lib' | sort -u | paste -s -d ,
}
# As debhelper writes them: a unit that doesn't start is not the package's fault.
scripts() { # folder units
    root=$1
    shift
    {
        printf '#!/bin/sh\nset -e\ngetent group docker >/dev/null || groupadd --system docker\n'
        for each; do printf 'deb-systemd-helper unmask %s >/dev/null || true\ndeb-systemd-helper enable %s >/dev/null || true\n' "$each" "$each"; done
        printf 'systemctl --system daemon-reload >/dev/null || true\n'
        printf 'deb-systemd-invoke start %s >/dev/null || true\n' "$*"
    } >"$root/DEBIAN/postinst"
    printf '#!/bin/sh\nset -e\n[ "$1" != remove ] || deb-systemd-invoke stop %s >/dev/null || true\n' "$*" >"$root/DEBIAN/prerm"
    chmod 755 "$root/DEBIAN/postinst" "$root/DEBIAN/prerm"
}
package() { # name version libraries-of fields, then paths below all/ on standard input
    root=/stand/own/$1
    mkdir -p "$root/DEBIAN"
    while read -r path; do (cd all && find . -path "./$path" ! -type d -print0) | (cd all && xargs -0 -r cp --parents -a -t "$root"); done
    depends=$(libraries $3)
    own=$(printf '%s' "$4" | sed -n 's/^Depends: //p')
    {
        printf 'Package: %s\nVersion: %s\nArchitecture: %s\nMaintainer: a stand <nobody@localhost>\n' "$1" "$2" "$(dpkg --print-architecture)"
        printf 'Depends: %s\n' "$(printf '%s,%s' "$own" "$depends" | sed 's/^,//; s/,$//')"
        printf '%s' "$4" | grep -v '^Depends: ' || :
        printf 'Description: stands for %s of Docker\n' "$1"
    } >"$root/DEBIAN/control"
    case $1 in
    docker-ce) scripts "$root" docker.service docker.socket ;;
    containerd.io) scripts "$root" containerd.service ;;
    esac
    dpkg-deb -Znone --build --root-owner-group "$root" "$site/$pool/"
}

mkdir all
unpack docker.io containerd runc docker-buildx $compose
[ $cli = docker.io ] || unpack $cli
rm -rf all/usr/share/doc all/usr/share/lintian all/etc
# Fields as in Docker's own deb/common/control, of docker-ce-packaging and containerd-packaging.
package docker-ce 5:99.0.0-1 docker.io 'Depends: containerd.io, docker-ce-cli, iptables
Conflicts: docker.io
' <<'PATHS'
usr/*bin/dockerd
usr/*bin/docker-proxy
usr/*bin/docker-init
usr/lib/systemd/system/docker.*
lib/systemd/system/docker.*
PATHS
package docker-ce-cli 5:99.0.0-1 $cli 'Conflicts: docker.io, docker-cli
' <<'PATHS'
usr/bin/docker
PATHS
package containerd.io 99.0.0-1 'containerd runc' 'Provides: containerd, runc
Conflicts: containerd, runc
Replaces: containerd, runc
' <<'PATHS'
usr/*bin/containerd*
usr/bin/ctr
usr/*bin/runc
usr/lib/systemd/system/containerd.service
lib/systemd/system/containerd.service
PATHS
package docker-buildx-plugin 99.0.0-1 docker-buildx 'Enhances: docker-ce-cli
' <<'PATHS'
usr/lib*/docker/cli-plugins/docker-buildx
PATHS
package docker-compose-plugin 99.0.0-1 $compose 'Enhances: docker-ce-cli
' <<'PATHS'
usr/lib*/docker/cli-plugins/docker-compose
PATHS

cd "$site"
binary=dists/$VERSION_CODENAME/stable/binary-$(dpkg --print-architecture)
mkdir -p "$binary"
apt-ftparchive packages "$pool" >"$binary/Packages"
gzip -k "$binary/Packages"
apt-ftparchive -o APT::FTPArchive::Release::Suite="$VERSION_CODENAME" -o APT::FTPArchive::Release::Codename="$VERSION_CODENAME" \
    -o APT::FTPArchive::Release::Components=stable -o APT::FTPArchive::Release::Architectures="$(dpkg --print-architecture)" \
    release "dists/$VERSION_CODENAME" >/stand/Release
mv /stand/Release "dists/$VERSION_CODENAME/Release"
export GNUPGHOME=/stand/keys
mkdir -m 700 $GNUPGHOME
gpg --batch --quiet --passphrase '' --quick-generate-key 'A stand for Docker' rsa4096 sign 1d
gpg --batch --armor --export >gpg
gpg --batch --with-colons --list-keys | sed -n 's/^fpr:*\([0-9A-F]*\):.*/\1/p' | head -n 1 >/stand/fingerprint
gpg --batch --clearsign -o "dists/$VERSION_CODENAME/InRelease" "dists/$VERSION_CODENAME/Release"

cd /stand
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj '/CN=A stand' -keyout ca.key -out ca.crt
openssl req -newkey rsa:2048 -nodes -subj /CN=download.docker.com -keyout server.key -out server.csr
printf 'subjectAltName=DNS:download.docker.com\n' >names
openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile names -out server.crt
rm -r ca.key keys from
