# shellcheck shell=sh
# Who keeps trying to log in is not answered for a while. Nobody is locked out by that: whoever got in during the last day is never banned.
JAIL=/etc/fail2ban/jail.d/quai.conf
LET_IN=/usr/local/sbin/quai-was-let-in
if is_deb; then PACKAGES="fail2ban python3-systemd"; else PACKAGES=fail2ban; fi

# Not on the RPM family: whether SELinux would let fail2ban read the journal by a program was not seen.
was_let_in() {
    say '#!/bin/sh'
    say "$MANAGED"
    say '# Whether a key from this address was accepted during the last day.'
    say 'journalctl --quiet --since=-1d --output=cat --identifier=sshd --identifier=sshd-session |'
    say "    grep '^Accepted publickey for ' | grep -qF \" from \$1 port \""
}

jail() {
    say "$MANAGED"
    printf '[sshd]\nenabled = true\nbackend = systemd\nmaxretry = 5\nfindtime = 10m\nbantime = 1h\n'
    say "port = $(ssh_ports | cut -d / -f 1 | paste -s -d , -)"
    if is_deb; then
        # Users who are there count, too; otherwise only unknown ones do, as no password is ever asked for.
        say "mode = aggressive"
        say "ignorecommand = $LET_IN <ip>"
        # nftables, which newer ones would take, need not be there.
        say "banaction = iptables-multiport"
    fi
}

# shellcheck disable=SC2086 # a list of names
check() {
    missing_packages $PACKAGES
    ! is_deb || file_differs $LET_IN 755 was_let_in
    file_differs $JAIL 644 jail
    unit_differs fail2ban
}

# shellcheck disable=SC2086 # a list of names
apply() {
    install_packages $PACKAGES
    ! is_deb || write_file $LET_IN 755 was_let_in
    write_file $JAIL 644 jail
    systemctl enable fail2ban
    systemctl restart fail2ban
    ! is_deb || return 0
    # It begins with what the journal has of the last minutes. In those, whoever prepares the machine tried to get in as a user who wasn't there yet.
    for _ in 1 2 3 4 5 6 7 8 9 10; do ! fail2ban-client status sshd || break; sleep 1; done
    sleep 2
    fail2ban-client unban --all
}
