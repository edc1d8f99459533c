#!/bin/sh
# Makes the root file system of a small Debian-like image and packs it.
#   bootstrap.sh SUITE ROOT MIRROR SCRIPT KEYRING COMPONENTS SOURCES OUT
# SOURCES is the text of /etc/apt/sources.list inside the image. Needs root; runs in a mount and process namespace of
# its own, so that nothing stays mounted or running when it's killed.
set -eu
suite=$1 root=$2 mirror=$3 script=$4 keyring=$5 components=$6 sources=$7 out=$8

debootstrap --variant=minbase --include=ca-certificates --components="$components" --keyring="$keyring" \
    "$suite" "$root" "$mirror" "$script"

# Later installations leave these out too. Licences stay, because one may hand an image on.
cat >"$root/etc/dpkg/dpkg.cfg.d/quai-slim" <<'CONF'
path-exclude=/usr/share/doc/*
path-include=/usr/share/doc/*/copyright
path-exclude=/usr/share/man/*
path-exclude=/usr/share/info/*
path-exclude=/usr/share/lintian/*
path-exclude=/usr/share/locale/*
path-include=/usr/share/locale/locale.alias
CONF
# apt's options for images: no translations, no package caches, no recommended extras.
cat >"$root/etc/apt/apt.conf.d/quai-slim" <<'CONF'
Acquire::Languages "none";
Acquire::Retries "3";
APT::Install-Recommends "false";
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/archives/partial/*.deb || true"; };
CONF
# Services must not start while packages are installed into an image.
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod 0755 "$root/usr/sbin/policy-rc.d"
printf '%s\n' "$sources" >"$root/etc/apt/sources.list"

# The fixes since the release. debootstrap has copied the machine's resolv.conf, which is what names are found by here.
mount -t proc proc "$root/proc"
DEBIAN_FRONTEND=noninteractive chroot "$root" sh -euc 'apt-get update && apt-get dist-upgrade -y && apt-get autoremove -y --purge'
umount "$root/proc"

find "$root/usr/share/doc" -mindepth 1 -not -type d -not -name copyright -delete
find "$root/usr/share/doc" -mindepth 1 -type d -empty -delete
find "$root/usr/share/locale" -mindepth 1 -maxdepth 1 -type d -exec rm -rf {} +
rm -rf "$root/usr/share/man" "$root/usr/share/info" "$root/usr/share/lintian" "$root/debootstrap"
mkdir -p "$root/usr/share/man"
rm -rf "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/* "$root"/var/cache/debconf/*-old "$root"/var/log/*.log \
    "$root"/var/log/apt/* "$root"/var/cache/ldconfig/aux-cache "$root"/tmp/* "$root"/etc/hostname "$root"/etc/resolv.conf
: >"$root/etc/machine-id"

tar -C "$root" --numeric-owner --one-file-system --exclude='./proc/*' --exclude='./sys/*' --exclude='./dev/*' --use-compress-program='gzip -1' -cf "$out" .
