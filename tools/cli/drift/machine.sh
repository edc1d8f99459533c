# shellcheck shell=sh
# What runs on the machine beside Docker; reads only. One thing a line: what it is, a tab, the thing.
if [ "$(id -u)" = 0 ]; then
    as_root() { "$@"; }
elif sudo -n true 2>/dev/null; then
    as_root() { sudo -n "$@"; }
else
    as_root() { "$@"; }
    printf 'note\tnot as root: neither names of programs, nor firewall rules, nor crontabs of others were seen\n'
fi
tab=$(printf '\t')

if command -v ss >/dev/null 2>&1; then
    as_root ss -Hltnp 2>/dev/null | sed "s/^/port${tab}tcp /"
    as_root ss -Hlunp 2>/dev/null | sed "s/^/port${tab}udp /"
else
    printf 'note\tports were not looked at: ss (iproute2) is missing there\n'
fi

files=$(as_root find /etc/systemd/system /etc/cron.d /etc/cron.hourly /etc/cron.daily /etc/cron.weekly /etc/cron.monthly /etc/init.d /var/spool/cron \
    -type f ! -path '*.d/*.conf' 2>/dev/null)
printf '%s\n' "$files" | sed -n "s/^\(.\)/file${tab}\1/p"
# shellcheck disable=SC2086 # a list of paths
if command -v dpkg >/dev/null 2>&1; then
    dpkg -S $files 2>/dev/null | sed "s/^.*: /packaged${tab}/"
elif command -v rpm >/dev/null 2>&1; then
    for each in $files; do ! rpm -qf "$each" >/dev/null 2>&1 || printf 'packaged\t%s\n' "$each"; done
fi

if command -v iptables >/dev/null 2>&1; then as_root iptables -S 2>/dev/null | sed "s/^/rule${tab}/"; fi
if command -v ip6tables >/dev/null 2>&1; then as_root ip6tables -S 2>/dev/null | sed "s/^/rule${tab}/"; fi
if command -v nft >/dev/null 2>&1; then as_root nft list ruleset 2>/dev/null | sed "s/^/nft${tab}/"; fi
exit 0
