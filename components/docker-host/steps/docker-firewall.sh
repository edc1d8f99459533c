#!/bin/sh
# Kept by quai: what is changed here is put back.
# What Docker publishes obeys the firewall: only these ports, and answers, reach containers from outside. `check` prints what differs.
ports='@PORTS@'
metadata='@METADATA@'

# Where providers tell a machine its start-up script and the credentials of its role, to whoever asks. Names are looked up there, too: only
# HTTP is refused.
metadata_services() { # iptables or ip6tables
    [ "$metadata" = open ] || case $1 in
    iptables) echo 169.254.169.254/32 168.63.129.16/32 100.100.100.200/32 ;;
    ip6tables) echo fd00:ec2::254/128 ;;
    esac
}

rules() { # iptables or ip6tables
    echo "-m conntrack --ctstate RELATED,ESTABLISHED -j RETURN"
    for address in $(metadata_services "$1"); do
        echo "-d $address -p tcp -m tcp --dport 80 -j REJECT --reject-with tcp-reset"
    done
    for bridge in docker0 br-+ lo; do echo "-i $bridge -j RETURN"; done
    for each in $ports; do
        echo "-p ${each#*/} -m conntrack --ctstate DNAT --ctorigdstport ${each%/*} -j RETURN"
    done
    echo "-j DROP"
}

# shellcheck disable=SC2086 # a rule's words
differs() { # iptables or ip6tables
    first=$($1 -w -S DOCKER-USER 2>/dev/null | grep '^-A' | head -n 1)
    [ "$first" = "-A DOCKER-USER -j QUAI-DOCKER" ] || echo "$1: the chain DOCKER-USER doesn't begin with our rules"
    rules "$1" | while read -r rule; do
        # iptables 1.8.7 prints what it finds.
        $1 -w -C QUAI-DOCKER $rule >/dev/null 2>&1 || echo "$1: is without the rule $rule"
    done
    [ "$($1 -w -S QUAI-DOCKER 2>/dev/null | grep -c '^-A')" -le "$(rules "$1" | wc -l)" ] || echo "$1: the chain QUAI-DOCKER has rules that are not ours"
}

# All of it at once: nothing gets through between two rules.
load() {
    $1 -w -N DOCKER-USER 2>/dev/null
    {
        printf '*filter\n:QUAI-DOCKER - [0:0]\n'
        rules "$1" | sed 's/^/-A QUAI-DOCKER /'
        echo COMMIT
    } | "$1-restore" -w --noflush || exit 1
    while $1 -w -D DOCKER-USER -j QUAI-DOCKER 2>/dev/null; do :; done
    $1 -w -I DOCKER-USER 1 -j QUAI-DOCKER || exit 1
}

for tables in iptables ip6tables; do
    # A machine without IPv6 has no tables for it.
    $tables -w -nL INPUT >/dev/null 2>&1 || continue
    if [ "${1:-load}" = check ]; then differs $tables; else load $tables; fi
done
