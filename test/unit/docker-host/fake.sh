#!/bin/sh
# One stand-in for every program that changes a machine: it writes down how it was called, and remembers enough for a second look to find
# what the first has done. FAKE is the folder of its memory, QUAI_ROOT the machine.
name=${0##*/}
remember() { for each; do echo "$each" >>"$FAKE/$kind"; done; }
forget() { for each; do grep -vxF "$each" "$FAKE/$kind" >"$FAKE/rest"; mv "$FAKE/rest" "$FAKE/$kind"; done; }
knows() { grep -qxF "$1" "$FAKE/$kind"; }
changes() { echo "$name $*" | sed "s#$QUAI_ROOT##g" >>"$FAKE/calls"; }
words() { for each; do case $each in -*) ;; *) echo "$each" ;; esac; done; }

case $name in
rpm) kind=packages; for last; do :; done; knows "$last" ;;
dpkg-query) kind=packages; for last; do :; done; knows "$last" && printf installed ;;
dpkg) changes "$@" ;;
dnf | apt-get)
    changes "$@"
    kind=packages
    # shellcheck disable=SC2046 # names of packages
    case " $* " in
    *" install "*) remember $(words "$@" | grep -vx install | grep -v =) ;;
    *" remove "*) forget $(words "$@" | grep -vx remove | grep -v =) ;;
    esac
    ;;
systemctl)
    case $1 in
    is-enabled) kind=enabled; for last; do :; done; knows "$last" ;;
    is-active) kind=active; for last; do :; done; knows "$last" ;;
    enable) changes "$@"; shift; kind=enabled; for each in $(words "$@"); do remember "$each"; done; case "$*" in *--now*) kind=active; for each in $(words "$@"); do remember "$each"; done ;; esac ;;
    restart) changes "$@"; kind=active; remember "$2" ;;
    stop) case $2 in quai-undo*) exit 5 ;; esac; changes "$@" ;;
    *) changes "$@" ;;
    esac
    ;;
systemd-run) changes "$@" ;;
systemd-detect-virt) exit 1 ;;
firewall-offline-cmd | firewall-cmd)
    for last; do :; done
    case $last in
    --get-default-zone) echo public ;;
    --add-port=*) changes "$@"; kind=ports; knows "${last#*=}" || remember "${last#*=}" ;;
    --remove-port=*) changes "$@"; kind=ports; forget "${last#*=}" ;;
    --remove-service=*) changes "$@"; kind=services; forget "${last#*=}" ;;
    --list-ports) tr '\n' ' ' <"$FAKE/ports" | sed 's/ $//'; echo ;;
    --list-services) tr '\n' ' ' <"$FAKE/services"; echo ;;
    --list-rich-rules) ;;
    *) changes "$@" ;;
    esac
    ;;
getenforce) cat "$FAKE/selinux" ;;
setenforce) changes "$@"; echo Enforcing >"$FAKE/selinux" ;;
getsebool) kind=booleans; if knows "$1"; then echo "$1 --> on"; else echo "$1 --> off"; fi ;;
setsebool) changes "$@"; kind=booleans; remember "$2" ;;
semanage)
    case " $* " in
    *" --list "*) cat "$FAKE/labels" ;;
    *) changes "$@"; kind=labels; for last; do :; done; remember "$last" ;;
    esac
    ;;
sshd)
    case $1 in
    -T) echo "port 22"; cat "$QUAI_ROOT/etc/ssh/sshd_config" "$QUAI_ROOT/etc/ssh/sshd_config.d/"* 2>/dev/null | tr '[:upper:]' '[:lower:]' | sed 's/prohibit-password/without-password/' ;;
    *) changes "$@" ;;
    esac
    ;;
getent) kind=users; knows "$2" && echo "$2:x:1001:1001::/home/$2:/bin/bash" ;;
useradd) changes "$@"; kind=users; for last; do :; done; remember "$last" ;;
id) case $1 in -nG) echo "deploy docker" ;; -un) echo root ;; *) echo 0 ;; esac ;;
passwd) echo "deploy LK 2026-11-01 0 99999 7 -1" ;;
stat) case $2 in %U) echo deploy ;; *) exec /usr/bin/stat "$@" ;; esac ;;
gpg) echo "fpr:::::::::9DC858229FC7DD38854AE2D88D81803C0EBFCD88:"; echo "fpr:::::::::060A61C51B558A7F742B77AAC52FEB6B621E9F35:" ;;
curl) changes "$@"; [ ! -e "$FAKE/unreachable" ] || { echo "curl: (6) Could not resolve host" >&2; exit 6; }; for last; do :; done; echo key >"$last" ;;
docker) case $* in *Driver*) echo overlay2 ;; *) echo true ;; esac ;;
# A machine without tables: this one's own aren't looked at.
iptables | ip6tables) exit 1 ;;
hostnamectl) changes "$@"; echo "$2" >"$QUAI_ROOT/etc/hostname" ;;
swapon) changes "$@"; echo "/var/quai.swap file 2097148 0 -2" >>"$QUAI_ROOT/proc/swaps" ;;
fallocate) changes "$@"; truncate -s "$2" "$3" ;;
quai-firewall) ;;
*) changes "$@" ;;
esac
